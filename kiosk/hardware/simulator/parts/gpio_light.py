"""A status light."""

from __future__ import annotations

from typing import Any

from kiosk.hardware.simulator.cabinet import Cabinet, Part
from kiosk.hardware.simulator.snapshot import LightSeen


class Body(Part):
    """A light."""

    def __init__(self, name: str, entry: Any, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._on = False
        cabinet.wiring.connect(self.options.pin, self._driven)

    def seen(self) -> LightSeen:
        """Return what can be seen of it."""
        return LightSeen(name=self.name, on=self._on)

    def _driven(self, level: bool | None) -> None:
        self._on = level is not None and level != self.options.active_low
