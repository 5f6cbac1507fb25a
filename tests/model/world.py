"""A small physical world: coils with items in a row, motors, a drop beam, a door, a clock. It alone knows the truth."""

from __future__ import annotations

import datetime
import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.clock import HOUR_S, Clock, Stamp
from kiosk.errors import HardwareError
from kiosk.hardware.api import Motor, Turn
from kiosk.hardware.machine import Machine
from tests.kit.no_board import NoBoard
from tests.kit.parts import SoundBeam, SoundMotor
from tests.model.power import Power


class Fate(enum.Enum):
    """What becomes of the item in front at one attempt."""

    FALLS = "falls"
    NUDGED = "falls at the first quarter turn"
    NUDGED_LATE = "falls at the last quarter turn"
    HANGS = "hangs at the edge"
    DOUBLE = "takes the next one with it"
    SHAKES = "shakes one loose that hung in another coil"


class Drive(enum.Enum):
    """How a motor is."""

    GOOD = "good"
    MISSING = "missing"
    STUCK = "never comes home"
    SILENT = "its board does not answer"


class Sight(enum.Enum):
    """How the drop beam is."""

    GOOD = "good"
    UNPROVEN = "sees, but cannot show it"
    BLIND = "blind"
    FAILING = "goes blind at the next turn"


@dataclass
class Item:
    """One item. `spoiled`: the ledger was told so by a person."""

    lot: str
    spoiled: bool = False


@dataclass
class Coil:
    """One coil and its motor, the front item first."""

    items: list[Item] = field(default_factory=list)
    drive: Drive = Drive.GOOD
    jammed: bool = False
    hanging: bool = False
    """The front item hangs at the edge, and may fall at any time."""
    away: bool = False
    """It stands away from home, because power was cut while it turned."""
    carrying: bool = False
    """The turn that was cut has not let its item fall yet."""
    falls_at: int = 0
    nudges: int = 0

    @property
    def gives(self) -> bool:
        """Whether it can give an item."""
        return bool(self.items) and self.drive is Drive.GOOD and not self.jammed

    def clear(self) -> None:
        """Put it in order, as staff do who have it open."""
        self.jammed = self.hanging = self.away = False


@dataclass(frozen=True)
class Fall:
    """An item that fell. `extra`: nobody asked for it."""

    request: str
    slot: str
    item: Item
    extra: bool


class InstantClock(Clock):
    """A clock on which waiting takes no time, and that can be wrong."""

    def __init__(self) -> None:
        super().__init__(synchronized=Path("/nowhere/synchronized"))
        self.now_s = 1000.0
        self.began_s = datetime.datetime(2027, 1, 5, 9, tzinfo=datetime.UTC).timestamp()
        self.error_s = 0.0
        self.is_set = True

    @property
    def true_hour(self) -> int:
        """The hour that it really is, counted from 1970."""
        return int((self.began_s + self.now_s) // HOUR_S)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def stamp(self) -> Stamp:
        hour = int((self.began_s + self.now_s + self.error_s) // HOUR_S)
        return Stamp(hour, int(self.now_s // HOUR_S), self.is_set)

    def local_time(self) -> datetime.time:
        return datetime.time(12)


class World:
    """What is inside each coil, what falls, and who had asked for it."""

    def __init__(self, slots: list[str], power: Power) -> None:
        self.power = power
        self.clock = InstantClock()
        self.lot_queues = {slot: Coil() for slot in slots}
        self.sight: Sight | None = Sight.GOOD
        self.door_open = False
        self.seen = 0
        self.fates: list[Fate] = []
        """What becomes of the next attempts; everything falls when there are none left."""
        self.request = ""
        """Whose motion the next one is."""
        self.life = 0
        self.falls: list[Fall] = []
        self.motions: dict[tuple[str, str], int] = {}
        """The life in which a slot was turned for a request."""
        self.unlucky: set[str] = set()
        """Good coils whose item hung when they were tried last."""
        self.unnoticed: Counter[str] = Counter()
        """Items that fell although nobody asked, and of which the kiosk cannot know yet."""
        self.moved: Callable[[], None] = lambda: None
        """Looks at the kiosk whenever something moved."""
        self.stray: Callable[[], None] = lambda: None
        self._turning: tuple[str, str] | None = None

    def parts(self) -> Machine:
        """Return the machine's parts, as they are found at a start."""
        self._turning = None
        self.seen = 0
        self.stray = lambda: None
        motors: dict[str, Motor] = {slot: CoilMotor(slot, self) for slot in self.lot_queues}
        beam = None if self.sight is None else Beam(self)
        return Machine(board=NoBoard(InstantClock()), motors=motors, beam=beam, door=Door(self))

    def asked_by(self, request: str, fates: list[Fate]) -> None:
        """Note who asks next."""
        self.request, self.fates = request, list(fates)
        self.unlucky.clear()
        self._turning = None

    def fallen(self, request: str) -> list[Fall]:
        """Return what fell for a request."""
        return [fall for fall in self.falls if fall.request == request]

    # -- motion ----------------------------------------------------------------------------------------------------

    def turn(self, slot: str, started: Callable[[], None]) -> Turn:
        """Turn a coil from home to home, as far as its motor and its items can."""
        coil = self.lot_queues[slot]
        self.power.step()
        first = self._note_motion(slot)
        if coil.drive is Drive.MISSING:
            return Turn.NOT_STARTED
        was_away, carrying = coil.away, coil.carrying
        coil.away, coil.carrying = True, not was_away or carrying
        started()
        self.power.step()
        self.moved()
        if self.sight is Sight.FAILING:
            self.sight = Sight.BLIND
        if coil.carrying:
            self._let_fall(slot, self.fates.pop(0) if self.fates and first else Fate.FALLS)
        coil.carrying = False
        self.power.step()
        if coil.drive is Drive.SILENT:
            raise HardwareError(f"The board of {slot} does not answer.")
        if coil.drive is Drive.STUCK:
            return Turn.NOT_RETURNED
        coil.away = False
        return Turn.HOMED if was_away else Turn.COMPLETED

    def nudge(self, slot: str) -> Turn:
        """Turn a coil a quarter further."""
        coil = self.lot_queues[slot]
        self.power.step()
        coil.nudges += 1
        if coil.nudges == coil.falls_at and coil.items:
            self.fall(slot)
        return Turn.COMPLETED

    def fall(self, slot: str, *, extra: bool = False) -> None:
        """Let the front item of a coil fall."""
        coil = self.lot_queues[slot]
        item, coil.hanging = coil.items.pop(0), False
        self.unlucky.discard(slot)
        self.seen += self.sight in (Sight.GOOD, Sight.UNPROVEN)
        self.unnoticed[slot] += extra
        self.falls.append(Fall(self.request, slot, item, extra))
        self.moved()

    def _note_motion(self, slot: str) -> bool:
        """Note that a motor is about to run; return whether that begins an attempt."""
        turning = (self.request, slot)
        if turning == self._turning:
            return False
        assert turning not in self.motions, f"{slot} moves for {self.request} again"
        lives = {life for (request, _), life in self.motions.items() if request == self.request}
        assert lives <= {self.life}, f"{self.request} moves something after the power was cut"
        self.motions[turning] = self.life
        self._turning = turning
        return True

    def _let_fall(self, slot: str, fate: Fate) -> None:
        coil = self.lot_queues[slot]
        coil.nudges, coil.falls_at = 0, {Fate.NUDGED: 1, Fate.NUDGED_LATE: 3}.get(fate, 0)
        if not coil.items or coil.jammed:
            coil.falls_at = 0
            return
        if fate in (Fate.HANGS, Fate.NUDGED, Fate.NUDGED_LATE):
            coil.hanging = True
            self.unlucky.add(slot)
            return
        self.fall(slot)
        # Nobody can know of a second item that a blind beam did not see.
        sees = self.sight in (Sight.GOOD, Sight.UNPROVEN)
        if fate is Fate.DOUBLE and coil.items and sees:
            self.fall(slot, extra=True)
        if fate is Fate.SHAKES and sees:
            for other in [other for other in self.lot_queues if other != slot and self.lot_queues[other].hanging][:1]:
                self.fall(other, extra=True)


@dataclass
class CoilMotor(SoundMotor):
    """A motor in this world."""

    slot: str
    world: World

    def turn(self, started: Callable[[], None]) -> Turn:
        return self.world.turn(self.slot, started)

    def nudge(self) -> Turn:
        return self.world.nudge(self.slot)


@dataclass
class Beam(SoundBeam):
    """The drop beam in this world."""

    world: World

    def watch(self) -> None:
        self.world.power.step()
        self.world.seen = 0

    def wait(self, timeout_s: float) -> int:
        self.world.power.step()
        self.world.clock.sleep(0.0 if self.world.seen else timeout_s)
        return self.world.seen

    def seen(self) -> int:
        return self.world.seen

    def prove(self) -> bool:
        self.world.power.step()
        return self.proven()

    def proven(self) -> bool:
        return self.world.sight in (Sight.GOOD, Sight.FAILING)

    def on_stray(self, item: Callable[[], None]) -> None:
        self.world.stray = item


@dataclass
class Door:
    """The door in this world."""

    world: World

    def is_open(self) -> bool | None:
        return self.world.door_open

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...
