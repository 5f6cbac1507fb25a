"""The door and its contact."""

from __future__ import annotations

import msgspec

from kiosk.simulator.cabinet import Cabinet, Contact, Entry, Part
from kiosk.simulator.faults import Fault


class DoorKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    opened: bool
    faults: tuple[Fault, ...] = ()


class Body(Part):
    """A door."""

    accepts = frozenset({Fault.DOOR_OPEN})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"door {name}", DoorKept) or DoorKept(False)
        self._opened = kept.opened
        self.faults = set(kept.faults)
        self._contact = Contact(cabinet, self.options.pin, self.options.open_low, self.is_open())

    def set_open(self, opened: bool, at: float) -> None:
        """Open or close it."""
        self._opened = opened
        self._changed(at)

    def fault_changed(self) -> None:
        self._changed(self.cabinet.timeline.now())

    def is_open(self) -> bool:
        """Say whether it is open."""
        return self._opened or Fault.DOOR_OPEN in self.faults

    def _changed(self, at: float) -> None:
        self.cabinet.store.put(f"door {self.name}", DoorKept(self._opened, tuple(self.faults)))
        self._contact.set(self.is_open(), at)
