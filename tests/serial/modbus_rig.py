"""Two coils on a simulated Modbus board, and what is true of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.simulator.coil import Coil
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Mangle
from tests.kit.toml import a_part, a_product, a_slot, kiosk_toml
from tests.simulated import open_board, until

PORT = "serial/by-id/usb-relays"


def rig_toml(state: Path) -> str:
    """Return the configuration of a board with two coils."""

    def coil(name: str, relay: int, home: int) -> str:
        wires = {"controller": "relays", "relay": relay, "input": home}
        return a_slot(name, "NAL-4", 200, driver="modbus_coil", options=wires)

    relays = a_part("controllers", "relays", "modbus_relays", options={"port": PORT, "answer_s": 0.1})
    return kiosk_toml(a_product("NAL-4"), relays, coil("A1", 3, 2), coil("A2", 4, 5), paths={"state": state})


class Truth(NamedTuple):
    """Where a coil really is."""

    turns: int
    home: bool
    angle: float
    dropped: int
    motions: int
    told: int
    """How often its board was told to switch something on."""


class Rig:
    """The board and the drivers of both coils. `line` is the far end of the serial cable."""

    def __init__(self, state: Path) -> None:
        self.config = config = parse(rig_toml(state), registry)
        self.board = open_board(config, keep=False)
        self.world = self.board.world
        part = config.controllers[0]
        self.relays: Any = registry.open_driver("controller", part.driver, part.name, part.options, self.board)
        self.board.add(part.name, self.relays)
        self.motors: dict[str, Any] = {
            slot.id: registry.open_driver("motor", slot.driver, slot.id, slot.options, self.board)
            for slot in config.slots
        }
        self.motor = self.motors["A1"]
        self.told = 0
        """How often the board was told to switch something on, in any request that was sent."""
        self.requests: Mangle | None = None
        """What becomes of the requests on their way to the board."""
        self.line.mangle_heard = self._arrive

    @property
    def line(self) -> Any:
        return self.world.part("relays").line

    @property
    def clock(self) -> Any:
        return self.board.clock

    def _arrive(self, data: bytes) -> list[tuple[float, bytes]]:
        """Count the requests that switch on, a pulse or ON for a relay, when they are sent."""
        self.told += len(re.findall(rb"\x01\x05(?:\x02.|\x00.\xff)", data, re.DOTALL))
        return self.requests(data) if self.requests else [(0.0, data)]

    def until(self, true: Callable[[], bool], within_s: float = 60.0) -> bool:
        """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
        return until(self.clock, true, within_s)

    def coil(self, slot: str = "A1") -> Coil:
        coil: Coil = self.world.part(slot)
        return coil

    def truth(self, slot: str = "A1") -> Truth:
        coil = self.coil(slot)
        with coil.cabinet.timeline.lock:
            angle = coil._motion.angle_at(coil.cabinet.timeline.now())
            return Truth(int(angle), coil.at_home, angle, coil.dropped, coil.motions, self.told)

    def on(self) -> bool:
        """Say whether any motor is on."""
        return any(self.world.part(slot).energised for slot in self.motors)

    def turn(self, slot: str = "A1") -> Turn | type[HardwareError]:
        try:
            ended: Turn = self.motors[slot].turn(lambda: None)
        except HardwareError:
            return HardwareError
        return ended

    def close(self) -> None:
        for motor in self.motors.values():
            motor.close()
        self.relays.close()
        self.board.close()


def violations(ended: object, before: Truth, after: Truth, fault: Fault | None) -> Iterator[str]:
    """Say what of a turn was believed, or done, that must not be."""
    if after.motions - before.motions > 1 or after.told - before.told > 1:
        yield "it was switched on twice"
    if after.dropped - before.dropped > 1:
        yield "a second item fell"
    if ended is Turn.ABSENT and after.motions != before.motions:
        yield "it was driven though it says it was not"
    if fault is Fault.HOME_STUCK:
        return  # what the switch tells is wrong, however well it is heard
    if ended is Turn.COMPLETED and not (after.home and after.turns == before.turns + 1):
        yield "it says that it made a turn"
    if ended is Turn.HOMED and (before.home or not after.home):
        yield "it says that it came home"
    if ended is Turn.NOT_STARTED and not (after.home and after.turns == before.turns):
        yield "it says that it did not leave home"


@contextmanager
def rig(state: Path) -> Iterator[Rig]:
    running = Rig(state)
    try:
        yield running
    finally:
        running.close()
