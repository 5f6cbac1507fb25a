"""A coil on pins of its own, wired either way round."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

FAULTS: dict[Fault, Ending] = {
    Fault.MOTOR_MISSING: Turn.NOT_STARTED,
    Fault.HOME_STUCK: Turn.NOT_STARTED,
    Fault.STALL: Turn.NOT_RETURNED,
    Fault.JAM: Turn.COMPLETED,
}

CASES = (
    Case(slots=("{ motor_pin = 5, home_pin = 6 }", "{ motor_pin = 12, home_pin = 13 }"), faults=FAULTS),
    Case(
        name="active-low",
        slots=(
            "{ motor_pin = 5, home_pin = 6, motor_active_low = true, home_active_low = false }",
            "{ motor_pin = 12, home_pin = 13, motor_active_low = true, home_active_low = false }",
        ),
        faults=FAULTS,
    ),
)
