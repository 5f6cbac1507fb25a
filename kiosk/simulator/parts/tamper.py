"""A cabinet that somebody may force, and the contact that notices."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Contact, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart


class Body(KeptPart):
    """A tamper contact."""

    accepts = frozenset({Fault.TAMPERED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._contact = Contact(cabinet, self.options.pin, self.options.open_low, Fault.TAMPERED in self.faults)

    def changed(self) -> None:
        self._contact.set(Fault.TAMPERED in self.faults, self.cabinet.timeline.now())
