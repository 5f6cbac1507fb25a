"""A coil turned by a continuous rotation servo, with a cam switch or without."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact
from kiosk.simulator.coil import Coil

STILL_S = 0.0015
"""A servo stands still at pulses of this length."""
DEAD_BAND_S = 0.0001


class Body(Coil):
    """A coil on a servo. It turns one way only: a coil that winds the other way is bought for the other direction."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        options = entry.options
        contact = None if options.home_pin is None else Contact(cabinet, options.home_pin, options.home_active_low)
        super().__init__(name, entry, cabinet, contact.set if contact else lambda _home, _at: None)
        cabinet.wiring.connect(self.options.pin, self._driven)

    def _driven(self, level: bool | None) -> None:
        pulse_s = self.cabinet.wiring.pulses.get(self.options.pin, 0.0)
        self.energise(bool(level) and pulse_s > 0 and abs(pulse_s - STILL_S) > DEAD_BAND_S)
