"""A lane of a simulated MDB machine: a coil that the machine itself turns."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.coil import Coil
from kiosk.simulator.mdb_machine import MdbMachine


class Body(Coil):
    """A coil whose motor and cam switch are wired to the machine that the controller of its slot talks to."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet, lambda _home, _at: None)
        self._interface = cabinet.parts[entry.options.controller]
        machine: MdbMachine = self._interface.machine
        self.item: int = entry.options.item
        self.price: str | None = entry.options.price
        machine.lanes[self.item] = self

    def choose(self) -> bool:
        """Press its number on the machine's keypad; say whether the machine asks for it now."""
        return bool(self._interface.choose(self.item))
