"""Two coils that turn together. What is ordered for the slot befalls the left one."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case

CASES = (
    Case(
        slots=(
            "{ left_motor_pin = 5, left_home_pin = 6, right_motor_pin = 12, right_home_pin = 13 }",
            "{ left_motor_pin = 16, left_home_pin = 17, right_motor_pin = 18, right_home_pin = 19 }",
        ),
        faults={
            Fault.MOTOR_MISSING: Turn.NOT_RETURNED,  # the other coil has moved
            Fault.HOME_STUCK: Turn.NOT_RETURNED,
            Fault.STALL: Turn.NOT_RETURNED,
            Fault.JAM: Turn.COMPLETED,
        },
        supply_a=2.0,
    ),
)
