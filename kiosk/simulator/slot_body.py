"""What holds a slot's items: a coil, a locker, a lane of a whole machine."""

from __future__ import annotations

from abc import ABC, abstractmethod

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Part
from kiosk.simulator.snapshot import CoilSeen, LockerSeen


class Compartment(Part, ABC):
    """A slot from inside. What it keeps in the store stands under `kept_as(name)` and has `items` and `motions`."""

    entry: Slot

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self.motions = 0
        """How many times its motor or lock was ever switched on."""
        self.dropped = 0
        """How many items ever left it."""
        self.ran_s = 0.0
        """How many machine seconds its motor or lock was switched on the last time."""
        self._energised = False

    @property
    def energised(self) -> bool:
        """Whether its motor or lock is switched on now."""
        return self._energised

    @property
    @abstractmethod
    def count(self) -> int:
        """How many items are inside."""

    @abstractmethod
    def put_in(self, number: int) -> None:
        """Put items in behind the last. Raises ValueError if there is no room or `number` is negative."""

    @abstractmethod
    def take_out(self, number: int) -> None:
        """Take items out from behind. Raises ValueError if there are not that many."""

    @abstractmethod
    def seen(self, at: float) -> CoilSeen | LockerSeen:
        """Return what can be seen of it at the moment `at`."""


class Driven(Compartment):
    """A compartment with a motor or a lock of its own, that something switches on and off."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._on_at = 0.0

    def energise(self, on: bool, *, held: bool = True) -> None:
        """Switch its motor or lock now.

        With `held`, time passes only while the calling thread waits; not for a board of its own that switches it, as
        that waits for nobody.
        """
        if on == self._energised:
            return
        self._energised = on
        at = self.cabinet.timeline.now()
        if on:
            self.motions += 1
            if held:
                self.cabinet.timeline.hold(self.name)
                at = self.cabinet.timeline.now()
            self._on_at = at
            self._go(at)
            self.cabinet.motor_on(at)
        else:
            self.ran_s = at - self._on_at
            self.cabinet.timeline.release(self.name)
            self._go(at)

    @abstractmethod
    def _go(self, at: float) -> None:
        """Take up what changed at the moment `at`, keep it, and plan what happens next."""


def kept_as(slot: str) -> str:
    """Return the name under which a slot's compartment is kept in the store."""
    return f"slot {slot}"
