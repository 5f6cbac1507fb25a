"""Two daemons on one state folder: the second ends with a sentence, and the first has lost nothing by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import RunningError
from kiosk.sole import hold
from tests.kiosk_process import KioskProcess


@pytest.fixture
def first(tmp_path: Path) -> Iterator[KioskProcess]:
    kiosk = KioskProcess(tmp_path, speed=50.0)
    kiosk.start()
    kiosk.fill()
    yield kiosk
    if kiosk.running:
        kiosk.kill()


def second(kiosk: KioskProcess) -> subprocess.CompletedProcess[str]:
    """Start one more on the same configuration, and wait for its end."""
    command = [sys.executable, "-m", "kiosk", "run", "--config", str(kiosk.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_second_daemon_is_refused_in_a_sentence(first: KioskProcess) -> None:
    """The first keeps its control socket, its outputs and its ledger, and gives out as ever."""
    socket = first.socket.stat().st_ino
    ended = second(first)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f"Another kiosk works with {first.state} already, and two would fight for the motors. Stop that one first."
    )
    assert first.socket.stat().st_ino == socket
    assert first.vend(sku="NAL").outcome == "dispensed"
    assert sum(slot.on_hand for slot in first.client.stock().slots) == 3 * 9 - 1


def test_nor_does_one_with_another_state_folder_take_the_control_socket(first: KioskProcess) -> None:
    """It would take it for good: nobody could restock the first one, nor see what it says."""
    config = first.config.read_text()
    first.config.write_text(config.replace(str(first.state), str(first.folder / "another")))
    ended = second(first)
    assert ended.returncode == 1
    assert f"Another kiosk works with {first.socket.parent} already" in ended.stderr.splitlines()[-1]
    assert first.vend(sku="NAL").outcome == "dispensed"


def test_what_a_killed_daemon_left_behind_is_no_daemon(first: KioskProcess) -> None:
    """Its socket is still there; the next start takes it over, and the count goes on."""
    first.kill()
    assert first.socket.exists()
    first.start()
    assert sum(slot.on_hand for slot in first.client.stock().slots) == 3 * 9
    assert first.stop() == 0


def test_a_folder_is_held_by_one_and_given_back(tmp_path: Path) -> None:
    """Nothing is written for it, so that it works on a disk that is full or read-only."""
    release = hold(tmp_path)
    with pytest.raises(RunningError, match=str(tmp_path)):
        hold(tmp_path)
    release()
    hold(tmp_path)()
    assert list(tmp_path.iterdir()) == []
