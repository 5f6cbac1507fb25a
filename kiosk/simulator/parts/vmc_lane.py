"""A lane of a whole vending machine: a coil whose motor and cam switch only the machine's own board can reach."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.coil import Coil
from kiosk.simulator.faults import Fault


class Body(Coil):
    """A lane. Its items fall past the machine's drop sensor, into the tray."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        self.watch: Callable[[bool, float], None] | None = None
        """Who is told of its cam switch, while its motor is driven."""
        super().__init__(name, entry, cabinet, self._home_changed)
        cabinet.parts[entry.options.controller].lanes[entry.options.selection] = self

    @property
    def plugged(self) -> bool:
        """Whether the machine finds a motor here."""
        return Fault.MOTOR_MISSING not in self.faults

    def _home_changed(self, home: bool, at: float) -> None:
        if self.watch is not None:
            self.watch(home, at)
