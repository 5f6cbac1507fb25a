"""What systemd hears of a daemon: that a start gets on, that vends do, and nothing once they do not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.model import VendRequest, new_request_id
from tests.kiosk_process import KioskProcess

PATIENCE_S = 60.0
"""A message that does not come within so many seconds will not come at all."""

EXTENDED = "EXTEND_TIMEOUT_USEC=30000000"

HANGING = """
import threading
from kiosk.cli import main
from kiosk.hardware.drivers.motor import gpio_spiral

class Hangs(gpio_spiral.Driver):
    def _turn(self, started):
        started()
        threading.Event().wait()

gpio_spiral.Driver = Hangs
main()
"""
"""A kiosk whose driver of motors never comes back from a turn."""


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    process = KioskProcess(tmp_path)
    process.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    yield process
    if process.running:
        process.kill()


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Wait for what the daemon says next."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE_S)
        yield lambda: systemd.recv(4096).decode()


def until(heard: Callable[[], str], wanted: str) -> list[str]:
    """Return all that is heard up to what begins with `wanted`."""
    said = [heard()]
    while not said[-1].startswith(wanted):
        said.append(heard())
    return said


def test_a_start_that_gets_on_is_waited_for_until_it_is_ready(kiosk: KioskProcess, heard: Callable[[], str]) -> None:
    kiosk.start()
    assert set(until(heard, "READY=1")) == {EXTENDED, "READY=1"}
    assert kiosk.stop() == 0
    assert EXTENDED not in until(heard, "STOPPING=1")


def test_a_vend_that_hangs_starves_the_watchdog(kiosk: KioskProcess, heard: Callable[[], str], evidence: Any) -> None:
    """The main thread goes on and says at each beat that vends do not: between these, the watchdog gets nothing."""
    kiosk.program = ("-c", HANGING)
    kiosk.start()
    until(heard, "WATCHDOG=1")
    kiosk.fill()
    kiosk.client.vend(VendRequest(id=new_request_id(), slot="A1"))
    until(heard, "STATUS=Vends do not get on")
    after = [message for _ in range(3) for message in until(heard, "STATUS=")]
    assert "WATCHDOG=1" not in after
    evidence.count("hung_vends_noticed")
    # This is what systemd does then; the driver is mended meanwhile.
    kiosk.kill()
    kiosk.program = ("-m", "kiosk")
    kiosk.start()
    until(heard, "WATCHDOG=1")
    kiosk.vend(sku="NAL")
    stock = kiosk.client.stock().slots[0]
    assert (stock.slot, stock.unresolved) == ("A1", 1)
    assert kiosk.stop() == 0
