"""A sharps bin that fills up, and its switches."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Contact, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart


class Body(KeptPart):
    """A bin with one or two marks."""

    accepts = frozenset({Fault.BIN_FULL})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._level = 0.0
        marks = ((100.0, self.options.full_pin), (75.0, self.options.three_quarters_pin))
        self._marks = [
            (percent, Contact(cabinet, pin, self.options.full_low, self.level() >= percent))
            for percent, pin in marks
            if pin is not None
        ]

    def level(self) -> float:
        """Return how full it is, in percent."""
        return 100.0 if Fault.BIN_FULL in self.faults else self._level

    def set_level(self, percent: float) -> None:
        """Fill it up to `percent`, or empty it."""
        with self.cabinet.timeline.lock:
            self._level = percent
            self.changed()

    def changed(self) -> None:
        for percent, contact in self._marks:
            contact.set(self.level() >= percent, self.cabinet.timeline.now())
