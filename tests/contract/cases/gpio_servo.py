"""A servo with a home switch, and one that turns by time: it can tell nothing of what became of its turn."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case

CASES = (
    Case(
        slots=("{ pin = 5, home_pin = 6 }", "{ pin = 12, home_pin = 13 }"),
        faults={
            Fault.MOTOR_MISSING: Turn.NOT_STARTED,
            Fault.HOME_STUCK: Turn.NOT_STARTED,
            Fault.STALL: Turn.NOT_RETURNED,
            Fault.JAM: Turn.COMPLETED,
        },
    ),
    Case(
        name="by-time",
        slots=("{ pin = 5, pulse_ms = 1.0 }", "{ pin = 12, pulse_ms = 1.0 }"),
        faults=dict.fromkeys((Fault.MOTOR_MISSING, Fault.STALL, Fault.JAM), Turn.COMPLETED),
        homes=False,
        tells_run_on=False,
    ),
)
