"""`kiosk outputs-off`: all is off that can be reached, the rest is named, and never beside a kiosk that runs."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gpiozero import OutputDevice

from kiosk.cli.outputs import switch_off
from kiosk.config import Config, load
from kiosk.hardware import registry
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.faults import Fault
from kiosk.simulator.world import World
from tests.cli.other_machines import CONTROLLED, LANES
from tests.kiosk_process import KioskProcess


def outputs_off(process: KioskProcess) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", "outputs-off", "--config", str(process.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("extra", ["", CONTROLLED, LANES], ids=["pins", "relays", "machine"])
def test_it_works_while_the_daemon_is_away(tmp_path: Path, extra: str) -> None:
    done = outputs_off(KioskProcess(tmp_path, extra=extra))
    assert (done.returncode, done.stdout, done.stderr) == (0, "Every output that could be reached is off.\n", "")


def test_beside_a_kiosk_that_runs_nothing_is_switched(fresh: KioskProcess) -> None:
    done = outputs_off(fresh)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The kiosk is running and holds the outputs, so nothing was switched. "
        "Stop it first: sudo systemctl stop kiosk\n"
    )


def test_a_socket_that_a_dead_kiosk_left_behind_is_no_kiosk(tmp_path: Path) -> None:
    process = KioskProcess(tmp_path)
    process.socket.parent.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(process.socket))
    assert process.socket.exists()
    assert outputs_off(process).returncode == 0


def test_a_board_that_is_off_is_named_and_the_exit_status_is_1(tmp_path: Path) -> None:
    process = KioskProcess(tmp_path, extra=CONTROLLED)
    world = World.from_config(load(process.config, registry))
    world.set_fault(Fault.BOARD_OFF, True)
    world.close()
    done = outputs_off(process)
    assert (done.returncode, done.stdout) == (1, "")
    named, ending = done.stderr.splitlines()
    assert named.startswith("Relay board relays (address 1) does not answer at usb-relays")
    assert ending == "What could be reached is off; what is named above may still be on."


class Watched(SimulatorBoard):
    """Notes which pins were claimed as each controller was found."""

    def __init__(self, config: Config) -> None:
        super().__init__(config.hardware, World.from_config(config))
        self.claimed: dict[str, set[str]] = {}

    def add(self, name: str, controller: Any) -> None:
        self.claimed[name] = {pin.info.name for pin in self.pin_factory.pins.values()}
        super().add(name, controller)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(configured(tmp_path))
    yield made
    made.close()


def configured(folder: Path) -> Config:
    return load(KioskProcess(folder, extra=CONTROLLED).config, registry)


@pytest.mark.parametrize("fault", [Fault.BOARD_OFF, Fault.CABLE_OUT])
def test_a_silent_board_is_named_and_makes_nothing_else_wait(board: Watched, tmp_path: Path, fault: Fault) -> None:
    board.world.set_fault(fault, True)
    begun = time.monotonic()
    told = switch_off(configured(tmp_path), board)
    assert list(told) == ["relays"]
    assert "does not answer" in told["relays"]
    assert time.monotonic() - begun < 30
    assert {"GPIO2", "GPIO4", "GPIO6"} <= board.claimed["relays"], "the motors at the pins come first"


def test_relays_that_were_left_on_are_off_afterwards(board: Watched, tmp_path: Path) -> None:
    relays = board.world.part("relays").relays
    relays[0] = relays[5] = True
    assert switch_off(configured(tmp_path), board) == {}
    assert relays == [False] * 8


def test_a_part_that_cannot_be_opened_is_named(board: Watched, tmp_path: Path) -> None:
    """Another program holds the pin of A2's motor; the relays are reached all the same."""
    relays = board.world.part("relays").relays
    relays[0] = True
    with OutputDevice(4, pin_factory=board.pin_factory):
        told = switch_off(configured(tmp_path), board)
    assert list(told) == ["A2"]
    assert told["A2"].startswith("A2 cannot be used: ")
    assert relays == [False] * 8
