"""A wall of lockers on a simulated lock board, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import Config, parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.simulator.locker import Locker
from tests.simulated import open_board, until

AWAY_S = 8.0
"""By then every visitor has closed the door, and nothing is under way on the line."""
LOCKERS = ("A1", "A2", "A3", "A16")
CONFIG = """
[kiosk]
id = "wall"
site = "Wall"
[hardware]
pins = "simulator"
[simulator]
speed = {speed}
[paths]
state = "{state}"
[[products]]
sku = "NAL-4"
name = "Naloxone"
essential = true
[[controllers]]
name = "locks"
driver = "{controller}"
options = {{ port = "serial/by-id/usb-locks" }}
"""
SLOT = """
[[slots]]
id = "{slot}"
product = "NAL-4"
capacity = 1
driver = "{driver}"
options = {{ controller = "locks", lock = {lock}{more} }}
"""
BOARDS = {"lock_board_8a": "lock_8a", "kerong_cu": "kerong_lock"}
"""Each board's driver and that of its locks."""


class Truth(NamedTuple):
    """What happened to a locker so far."""

    pulses: int
    openings: int
    opened: bool
    """Whether its door stands open."""


class Wall:
    """The board and the drivers of four lockers. `line` is the far end of the serial cable."""

    def __init__(self, config: Config, *, flows: bool = False) -> None:
        self.config = config
        self.board = open_board(config, keep=False, flows=flows)
        self.world = self.board.world
        part = self.config.controllers[0]
        self.locks: Any = registry.open_driver("controller", part.driver, part.name, part.options, self.board)
        self.board.add(part.name, self.locks)
        self.motors: dict[str, Any] = {
            slot.id: registry.open_driver("lock", slot.driver, slot.id, slot.options, self.board)
            for slot in self.config.slots
        }
        self._openings = dict.fromkeys(self.motors, 0)
        for slot in self.motors:
            self.locker(slot)._feedback = lambda opened, _, slot=slot: self._note(slot, opened)  # type: ignore[misc]

    @property
    def line(self) -> Any:
        return self.world.part("locks").line

    @property
    def clock(self) -> Any:
        return self.board.clock

    def until(self, true: Callable[[], bool], within_s: float = 60.0) -> bool:
        """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
        return until(self.clock, true, within_s)

    def locker(self, slot: str) -> Locker:
        locker: Locker = self.world.part(slot)
        return locker

    def truth(self, slot: str) -> Truth:
        return Truth(self.world.motions(slot), self._openings[slot], self.locker(slot).opened)

    def turn(self, slot: str = "A1") -> Turn | type[HardwareError]:
        try:
            ended: Turn = self.motors[slot].turn(lambda: None)
        except HardwareError:
            return HardwareError
        return ended

    def leave(self) -> None:
        """Let every visitor go and all that is under way arrive, then put an item into every empty locker."""
        self.clock.sleep(AWAY_S)
        for slot in self.motors:
            if not self.world.inside(slot):
                self.world.put_in(slot, 1)

    def close(self) -> None:
        for motor in self.motors.values():
            motor.close()
        self.locks.close()
        self.board.close()

    def _note(self, slot: str, opened: bool) -> None:
        self._openings[slot] += opened


@contextmanager
def wall(state: Path, controller: str, speed: float | None = None, feedback: str = "") -> Iterator[Wall]:
    """Build a wall whose time flows at `speed`; without, it passes only while somebody waits for it."""
    made = Wall(wall_config(state, controller, speed or 1.0, feedback), flows=speed is not None)
    try:
        yield made
    finally:
        made.close()


def wall_config(state: Path, controller: str, speed: float = 1.0, feedback: str = "") -> Config:
    """Return a kiosk with four lockers on one board."""
    more = f', feedback = "{feedback}"' if feedback else ""
    slots = (SLOT.format(slot=slot, driver=BOARDS[controller], lock=int(slot[1:]), more=more) for slot in LOCKERS)
    return parse(CONFIG.format(speed=speed, state=state, controller=controller) + "".join(slots), registry)
