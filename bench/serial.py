"""From a turn that is asked for to the first byte at the far end of a serial line, against bare pyserial."""

from __future__ import annotations

import contextlib
import os
import pty
import statistics
import tempfile
import threading
import time
import tty
from pathlib import Path

import serial

from bench.result import Result, against
from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.faults import Fault
from kiosk.simulator.world import World
from tests.kit.toml import a_part, a_product, a_slot, kiosk_toml

SAMPLES = 200
SPEED = 100
QUIET_S = 0.08
"""After a turn the board is asked for six seconds of its time whether the coil runs on; then it is quiet."""


def board_toml(folder: str) -> str:
    """Return the configuration of one coil on a board."""
    return kiosk_toml(
        a_product("NAL"),
        a_part("controllers", "relays", "modbus_relays", options={"port": "relays"}),
        a_slot("A1", "NAL", 8, driver="modbus_coil", options={"controller": "relays", "relay": 1, "input": 1}),
        simulator={"speed": SPEED},
        paths={"state": folder},
    )


class Stopwatch:
    """Tells how long after `start` the first byte came at the far end."""

    def __init__(self) -> None:
        self._heard = threading.Event()
        self._began = self._at = 0.0

    def start(self) -> None:
        self._heard.clear()
        self._began = time.perf_counter()

    def stop(self) -> None:
        """Take note of a byte; only the first one counts."""
        if not self._heard.is_set():
            self._at = time.perf_counter()
            self._heard.set()

    def ms(self) -> float:
        assert self._heard.wait(5.0), "nothing was written"
        return (self._at - self._began) * 1000


class Bare:
    """Bare pyserial on a pty: one write, one read at the other end."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._port = serial.Serial(os.ttyname(self._slave), 9600, exclusive=True)
        self._watch = Stopwatch()
        threading.Thread(target=self._run, daemon=True).start()

    def sample(self) -> float:
        self._watch.start()
        self._port.write(b"\x01\x02\x00\x00\x00\x08\x79\xcc")
        return self._watch.ms()

    def close(self) -> None:
        self._port.close()

    def _run(self) -> None:
        while True:
            os.read(self._master, 4096)
            self._watch.stop()


class Coil:
    """A coil whose motor is unplugged, on a simulated relay board: a turn is over within milliseconds."""

    def __init__(self, folder: str) -> None:
        config = parse(board_toml(folder), registry)
        world = World.from_config(config, keep=False)
        world.set_fault(Fault.MOTOR_MISSING, True)
        self._board = SimulatorBoard(config.hardware, world)
        part, slot = config.controllers[0], config.slots[0]
        self._relays = registry.open_driver("controller", part.driver, part.name, part.options, self._board)
        self._board.add(part.name, self._relays)
        self._motor = registry.open_driver("motor", slot.driver, slot.id, slot.options, self._board)
        self._watch = Stopwatch()
        world.part("relays").line.mangle_heard = self._heard

    def sample(self) -> float:
        time.sleep(QUIET_S)
        self._watch.start()
        with contextlib.suppress(HardwareError):  # the computer was busy, so the turn was not seen well
            self._motor.turn(lambda: None)
        return self._watch.ms()

    def close(self) -> None:
        for part in (self._motor, self._relays, self._board):
            part.close()

    def _heard(self, data: bytes) -> list[tuple[float, bytes]]:
        self._watch.stop()
        return [(0.0, data)]


def measure() -> dict[str, Result]:
    """Measure a turn and a bare write in turn, so that both see the same computer."""
    with tempfile.TemporaryDirectory() as folder:
        coil, bare = Coil(str(Path(folder))), Bare()
        samples = [(coil.sample(), bare.sample()) for _ in range(SAMPLES)]
        coil.close()
        bare.close()
    turned, floor = (statistics.median(column) for column in zip(*samples, strict=True))
    return {"serial_request_p50_ms": against(turned, "ms", floor)}
