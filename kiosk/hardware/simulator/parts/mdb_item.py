"""A lane of a simulated MDB machine: a coil that the machine itself turns."""

from __future__ import annotations

from typing import Any

from kiosk.hardware.simulator.cabinet import Cabinet
from kiosk.hardware.simulator.coil import Coil
from kiosk.hardware.simulator.mdb_machine import MdbMachine


class Body(Coil):
    """A coil whose motor and cam switch are wired to the machine that the controller of its slot talks to."""

    def __init__(self, name: str, entry: Any, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet, lambda _home, _at: None)
        machine: MdbMachine = cabinet.parts[entry.options.controller].machine
        machine.lanes[entry.options.item] = self
        self.price = entry.options.price
