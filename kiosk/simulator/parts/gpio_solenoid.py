"""A locker whose bolt is pulled by a solenoid on a pin."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact
from kiosk.simulator.locker import Locker


class Body(Locker):
    """A locker on one pin, with a switch at its door or without."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        options = entry.options
        pin = options.feedback_pin
        contact = None if pin is None else Contact(cabinet, pin, options.open_low)
        super().__init__(name, entry, cabinet, contact.set if contact else lambda _opened, _at: None)
        cabinet.wiring.connect(options.pin, self._driven)

    def _driven(self, level: bool | None) -> None:
        self.energise(level is not None and level != self.options.active_low)
