"""A locker: a bolt, a door on a spring, the switch that tells it open, what lies inside, and who takes it.

How it is wired is the business of a `Body`: a pin that pulls the bolt itself, or a board that does it on request.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.faults import LOCKER_FAULTS, Fault
from kiosk.simulator.slot_body import Driven, kept_as
from kiosk.simulator.snapshot import LockerSeen

PULL_S = 0.06
"""So long a solenoid pulls until the bolt lets go and the spring throws the door open."""
PULSE_S = 0.4
"""So long a lock board pulls a bolt each time."""
TAKES_S = (1.5, 3.0)
"""A visitor takes the item so long after the door opened."""
CLOSES_S = (0.8, 1.5)
"""And closes the door so long after that."""


class LockerKept(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives the process. `items` has one entry for each item; `visitor` is whether somebody stands there."""

    items: tuple[int, ...]
    motions: int
    opened: bool = False
    visitor: bool = False
    faults: tuple[Fault, ...] = ()


class Locker(Driven):
    """A locker.

    A subclass calls `energise` when its bolt's pin is switched, or `unlock` when its board pulls the bolt for a moment,
    and gives `feedback`, which is told of the switch on the door.
    """

    accepts = LOCKER_FAULTS

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet, feedback: Callable[[bool, float], None]) -> None:
        """Build it as it was left, or full. `feedback` is told whether the switch says open, and when; at once, too."""
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(kept_as(name), LockerKept) or LockerKept(items=(1,) * entry.capacity, motions=0)
        now = cabinet.timeline.now()
        self.motions = kept.motions
        self.faults = set(kept.faults)
        self.opened = kept.opened
        self._items = len(kept.items)
        self._visitor = kept.visitor
        self._left = Fault.DOOR_LEFT_OPEN in self.faults
        self._pull = self._pulse = self._visit = 0
        self._feedback = feedback
        self._told: bool | None = None
        cabinet.on_power.append(self._go)
        self._changed(now)
        if self._visitor:
            self._welcome(now)

    # -- what people do -------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        return self._items

    def put_in(self, number: int) -> None:
        """Put items in, through the open door or with the staff's key. Raises ValueError if there is no room."""
        if number < 0 or self._items + number > self.entry.capacity:
            raise ValueError(f"Locker {self.name} holds {self.entry.capacity}; {self._items} are inside.")
        self._items += number
        self._keep()

    def take_out(self, number: int) -> None:
        """Take items out, through the open door or with the staff's key. Raises ValueError if there are fewer."""
        if not 0 <= number <= self._items:
            raise ValueError(f"Locker {self.name} holds only {self._items} items.")
        self._items -= number
        self._keep()

    def set_open(self, opened: bool) -> None:
        """Open the door with the staff's key, or close it. Nobody takes anything meanwhile."""
        with self.cabinet.timeline.lock:
            self._set_door(opened, self.cabinet.timeline.now(), visitor=False)

    def fault_changed(self) -> None:
        at = self.cabinet.timeline.now()
        was_left, self._left = self._left, Fault.DOOR_LEFT_OPEN in self.faults
        if was_left and not self._left and self.opened and not self._visitor:
            self._set_door(False, at, visitor=False)
        self._changed(at)
        self._go(at)

    def seen(self, at: float) -> LockerSeen:  # noqa: ARG002 - a door stands open or not, at any time
        return LockerSeen(
            slot=self.name,
            product=self.entry.product,
            capacity=self.entry.capacity,
            opened=self.opened,
            count=self._items,
            motions=self.motions,
            faults=self.ordered_faults(),
        )

    # -- what the lock does ---------------------------------------------------------------------------------------

    def unlock(self, at: float) -> None:
        """Pull the bolt for PULSE_S, as a board does that waits for nobody. Each call counts as a motion."""
        self.energise(False)
        self.energise(True, held=False)
        self._pulse += 1
        pulse = self._pulse
        self.cabinet.timeline.at(at + PULSE_S, lambda _: self._end_pulse(pulse))

    def says_open(self) -> bool:
        """Say what the switch on the door tells."""
        return self.opened and Fault.LOCK_SWITCH_STUCK not in self.faults

    def _end_pulse(self, pulse: int) -> None:
        if pulse == self._pulse:
            self.energise(False)

    def _go(self, at: float) -> None:
        """Take up that the solenoid, the power or the bolt changed: a closed door may be about to open."""
        self._keep()
        self._pull += 1
        pulls = self._energised and self.cabinet.powered and Fault.BOLT_STUCK not in self.faults
        if pulls and not self.opened:
            pull = self._pull
            self.cabinet.timeline.at(at + PULL_S, lambda when: self._let_go(pull, when))

    def _let_go(self, pull: int, at: float) -> None:
        if pull == self._pull:
            self._set_door(True, at, visitor=True)

    # -- the door, and who stands before it -----------------------------------------------------------------------

    def _set_door(self, opened: bool, at: float, *, visitor: bool) -> None:
        self._visit += 1
        self.opened, self._visitor = opened, visitor
        self._changed(at)
        if visitor:
            self._welcome(at)
        if not opened:
            self._go(at)  # a bolt that is still pulled back does not catch

    def _welcome(self, at: float) -> None:
        visit = self._visit
        self.cabinet.timeline.at(at + self.cabinet.chance.uniform(*TAKES_S), lambda when: self._take(visit, when))

    def _take(self, visit: int, at: float) -> None:
        if visit != self._visit:
            return
        if self._items and Fault.ITEM_LEFT not in self.faults:
            self._items -= 1
        self._keep()
        self.cabinet.timeline.at(at + self.cabinet.chance.uniform(*CLOSES_S), lambda when: self._leave(visit, when))

    def _leave(self, visit: int, at: float) -> None:
        if visit == self._visit:
            self._set_door(Fault.DOOR_LEFT_OPEN in self.faults, at, visitor=False)

    def _changed(self, at: float) -> None:
        """Keep what is true now, before the switch can tell it."""
        self._keep()
        if self._told != self.says_open():
            self._told = self.says_open()
            self._feedback(self._told, at)

    def _keep(self) -> None:
        kept = LockerKept(
            items=(1,) * self._items,
            motions=self.motions,
            opened=self.opened,
            visitor=self._visitor,
            faults=tuple(self.faults),
        )
        self.cabinet.store.put(kept_as(self.name), kept)
