"""A coil turned by a stepper motor: power by the enable pin, one step at each rise of the step pin."""

from __future__ import annotations

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact
from kiosk.simulator.coil import Coil
from kiosk.simulator.faults import Fault


class Body(Coil):
    """A coil on a stepper motor, with a cam switch or without. Without steps it stands, so it cannot run on."""

    accepts = Coil.accepts - {Fault.MOTOR_RUNS_ON}

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        options = entry.options
        contact = None if options.home_pin is None else Contact(cabinet, options.home_pin, options.home_active_low)
        tell = contact.set if contact else lambda _home, _at: None
        super().__init__(name, entry, cabinet, tell, turns_per_s=0.0)
        cabinet.wiring.connect(options.enable_pin, self._enabled)
        cabinet.wiring.connect(options.step_pin, self._stepped)

    def _enabled(self, level: bool | None) -> None:
        self.energise(level is not None and level != self.options.enable_active_low)

    def _stepped(self, level: bool | None) -> None:
        if level:
            self.step(1 / self.options.steps_per_turn)
