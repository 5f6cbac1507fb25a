"""A coil whose motor hangs on a relay and whose cam switch hangs on an input of a Modbus board."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.coil import Coil


class Body(Coil):
    """A coil on a relay and an input. The board waits for nobody, so time passes while it turns."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        board, wired = cabinet.parts[entry.options.controller], entry.options
        super().__init__(name, entry, cabinet, lambda home, _: board.set_input(wired.input, home == wired.home_closed))
        board.wire(wired.relay, lambda on: self.energise(on, held=False))
