"""A stepper motor with a home switch, and one that turns by steps: it cannot know whether they were made."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case

STEPS = "steps_per_turn = 200, steps_per_s = 100"

CASES = (
    Case(
        slots=(
            f"{{ step_pin = 5, enable_pin = 6, direction_pin = 7, home_pin = 8, {STEPS} }}",
            f"{{ step_pin = 12, enable_pin = 13, direction_pin = 16, home_pin = 17, {STEPS} }}",
        ),
        faults={
            Fault.MOTOR_MISSING: Turn.NOT_STARTED,
            Fault.HOME_STUCK: Turn.NOT_STARTED,
            Fault.STALL: Turn.NOT_RETURNED,
            Fault.JAM: Turn.COMPLETED,
        },
        tells_run_on=False,
    ),
    Case(
        name="by-steps",
        slots=(
            f"{{ step_pin = 5, enable_pin = 6, enable_active_low = false, {STEPS} }}",
            f"{{ step_pin = 12, enable_pin = 13, enable_active_low = false, {STEPS} }}",
        ),
        faults=dict.fromkeys((Fault.MOTOR_MISSING, Fault.STALL, Fault.JAM), Turn.COMPLETED),
        homes=False,
        tells_run_on=False,
    ),
)
