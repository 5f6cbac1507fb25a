"""Motors and a drop beam that take no time and make the physical truth, and the marks by which they tell it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.clock import Clock
from kiosk.errors import HardwareError
from kiosk.hardware.api import Motor, Turn
from kiosk.hardware.machine import Machine
from tests.kit.no_board import NoBoard
from tests.kit.parts import SoundBeam, SoundMotor

BEGAN_S = 1_800_000_000.0
"""When the world begins, in seconds since 1970: the same in every run."""


class InstantClock(Clock):
    """A clock that was set, and on which waiting takes no time: only waiting makes it go on."""

    def __init__(self, waited_s: float = 0.0) -> None:
        self._waited_s = waited_s
        super().__init__(synchronized=Path(__file__), wall=lambda: BEGAN_S + self._waited_s)

    def monotonic(self) -> float:
        return self._waited_s

    def sleep(self, seconds: float) -> None:
        """Return at once, so much later."""
        self._waited_s += max(0.0, seconds)


class Marks:
    """Writes down, in order with everything else, what is true in the physical world."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def __call__(self, *words: object) -> None:
        """Write one mark in one call, so that it is there whole or not at all."""
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)


class PoweredMarks(Marks):
    """Marks of a machine whose power can be cut: `power` is a file of one byte, 1 while there is power.

    Without power nothing moves and nobody is answered: the process ends at the first mark. So a write that failed
    because the disk is gone never leads to a motion that no real machine could make.
    """

    def __init__(self, path: Path, power: Path) -> None:
        super().__init__(path)
        with power.open("r+b") as file:
            self._power = mmap.mmap(file.fileno(), 1)

    def powered(self) -> bool:
        """Say whether there is power."""
        return self._power[0] == 1

    def __call__(self, *words: object) -> None:
        """Write one mark, unless the power is off."""
        if not self.powered():
            os._exit(0)
        super().__call__(*words)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How the machine behaves: what the turn and the quarter turns let fall, and whether the beam sees."""

    turn: Turn | None = Turn.COMPLETED
    """How the turn ends; None for a board that falls silent."""
    falls: int = 1
    nudged: int = 0
    """Falls at a quarter turn, if nothing fell before."""
    blind: bool = False
    cut: bool = False
    """The power goes right after the turn."""


class PowerCut(BaseException):
    """The daemon ends here. Nothing that it could do comes after this."""


class World:
    """What is inside each coil, what falls, and what time it is: `waited_s` seconds after the world began."""

    def __init__(self, marks: Callable[..., None], waited_s: float = 0.0) -> None:
        self.mark = marks
        self.clock = InstantClock(waited_s)
        self.inside: dict[str, int] = {}
        self.request = "none"
        """Whose motion the next one is."""
        self.scene = Scene()
        self.scenes: list[Scene] = []
        """How the next attempts go; ordinary ones when there are none left."""
        self.seen = 0

    def put(self, slot: str, items: int) -> None:
        """Let so many items be in a slot."""
        self.inside[slot] = items
        self.mark("inside", slot, items)

    def fall(self, slot: str, items: int) -> None:
        """Let up to so many items fall. One more than was asked for is not known to anybody until it is recorded."""
        for number in range(min(items, self.inside.get(slot, 0))):
            self.inside[slot] -= 1
            self.mark("extra" if number else "fell", slot)
            self.seen += not self.scene.blind

    def surprise(self, slot: str) -> None:
        """Let an item fall that hung, although nobody asks for one."""
        self.inside[slot] -= 1
        self.mark("extra", slot)
        self.seen += 1


@dataclass
class CoilMotor(SoundMotor):
    """Turns in no time and lets fall what the scene says."""

    slot: str
    world: World
    nudges: int = field(default=0, init=False)

    def turn(self, started: Callable[[], None]) -> Turn:
        self.move()
        started()
        if self.world.scene.turn is None:
            raise HardwareError(f"The board of {self.slot} does not answer.")
        return self.world.scene.turn

    def move(self) -> None:
        """Energise the motor: whatever happens physically happens here."""
        self.nudges = 0
        self.world.mark("motion", self.slot, self.world.request)
        self.world.fall(self.slot, self.world.scene.falls)
        if self.world.scene.cut:
            self.world.scene = Scene()
            raise PowerCut

    def nudge(self) -> Turn:
        if not self.nudges:
            self.world.fall(self.slot, self.world.scene.nudged)
        self.nudges += 1
        return Turn.COMPLETED


@dataclass
class Beam(SoundBeam):
    """Sees what falls, unless the scene makes it blind."""

    world: World

    def watch(self) -> None:
        self.world.scene = self.world.scenes.pop(0) if self.world.scenes else Scene()
        self.world.seen = 0

    def seen(self) -> int:
        return self.world.seen

    def proven(self) -> bool:
        return not self.world.scene.blind


def parts(world: World, slots: list[str]) -> Machine:
    """Return the machine's parts in this world."""
    motors: dict[str, Motor] = {slot: CoilMotor(slot, world) for slot in slots}
    return Machine(board=NoBoard(), motors=motors, beam=Beam(world))
