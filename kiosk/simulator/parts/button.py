"""A button that somebody presses."""

from __future__ import annotations

import msgspec

from kiosk.simulator.cabinet import Cabinet, Contact, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.snapshot import ButtonSeen


class ButtonKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    faults: tuple[Fault, ...] = ()


class Body(Part):
    """A button. It is down while a finger is on it, or while it is stuck."""

    accepts = frozenset({Fault.BUTTON_STUCK})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"button {name}", ButtonKept)
        self.faults = set(kept.faults if kept else ())
        self._fingers = 0
        self._contact = Contact(cabinet, self.options.pin, self.options.active_low, self.is_down())

    def press(self, seconds: float, at: float) -> None:
        """Press it now and let go after `seconds`."""
        self._finger(1, at)
        self.cabinet.timeline.at(at + seconds, lambda when: self._finger(-1, when))

    def is_down(self) -> bool:
        """Say whether it is down."""
        return self._fingers > 0 or Fault.BUTTON_STUCK in self.faults

    def fault_changed(self) -> None:
        self.cabinet.store.put(f"button {self.name}", ButtonKept(tuple(self.faults)))
        self._contact.set(self.is_down(), self.cabinet.timeline.now())

    def seen(self) -> ButtonSeen:
        """Return what can be seen of it."""
        return ButtonSeen(name=self.name, pressed=self.is_down(), stuck=Fault.BUTTON_STUCK in self.faults)

    def _finger(self, change: int, at: float) -> None:
        self._fingers += change
        self._contact.set(self.is_down(), at)
