"""A coil whose motor and cam switch each have a pin."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact
from kiosk.simulator.coil import Coil


class Body(Coil):
    """A coil on two pins."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        contact = Contact(cabinet, entry.options.home_pin, entry.options.home_active_low)
        super().__init__(name, entry, cabinet, contact.set)
        cabinet.wiring.connect(self.options.motor_pin, self._driven)

    def _driven(self, level: bool | None) -> None:
        self.energise(level is not None and level != self.options.motor_active_low)
