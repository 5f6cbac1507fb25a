"""A heater or cooler that changes how warm it is around every thermometer inside."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.parts import thermometer
from kiosk.simulator.small_part import SwitchedPart

STEP_S = 60.0
POWER_C = 15.0
"""How much warmer, or colder, it gets if it is always on."""
SLOWNESS_S = 3600.0
"""After this time about two thirds of that are reached: a small insulated cabinet."""


class Body(SwitchedPart):
    """A heater, or a cooler."""

    accepts = frozenset({Fault.HEATER_DEAD})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._added_c = 0.0
        self._stepping = False

    def switched(self, at: float) -> None:
        if not self._stepping:
            self._stepping = True
            self.cabinet.timeline.at(at + STEP_S, self._step)

    def _step(self, at: float) -> None:
        works = self.on and Fault.HEATER_DEAD not in self.faults
        goal_c = works * (-POWER_C if self.options.cools else POWER_C)
        self._added_c += (goal_c - self._added_c) * STEP_S / SLOWNESS_S
        for part in self.cabinet.parts.values():
            if isinstance(part, thermometer.Body):
                part.add(self.name, self._added_c)
        self._stepping = self.on or abs(self._added_c) > 0.01
        if self._stepping:
            self.cabinet.timeline.at(at + STEP_S, self._step)
