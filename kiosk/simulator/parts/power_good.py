"""A UPS with a signal wire."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Contact, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart


class Body(KeptPart):
    """The signal of a UPS whose battery never ends."""

    accepts = frozenset({Fault.MAINS_OUT})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._contact = Contact(cabinet, self.options.pin, self.options.lost_low, Fault.MAINS_OUT in self.faults)

    def changed(self) -> None:
        self._contact.set(Fault.MAINS_OUT in self.faults, self.cabinet.timeline.now())
