"""A coil in a matrix of rows and columns, with a pin that senses current and without, and wired the other way round."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

MATRIX = """
[[controllers]]
name = "matrix"
driver = "gpio_matrix"
options = {{ row_pins = [5, 6], column_pins = [12, 13, 16], home_pin = 19{more} }}
"""
SLOTS = (
    '{ controller = "matrix", row = 1, column = 3 }',
    '{ controller = "matrix", row = 2, column = 1 }',
)
FAULTS: dict[Fault, Ending] = {
    Fault.MOTOR_MISSING: Turn.NOT_STARTED,
    Fault.HOME_STUCK: Turn.NOT_STARTED,
    Fault.STALL: Turn.NOT_RETURNED,
    Fault.JAM: Turn.COMPLETED,
}
LOW = ", row_active_low = true, column_active_low = true, home_active_low = false, sense_active_low = false"

CASES = (
    Case(slots=SLOTS, controllers=MATRIX.format(more=", sense_pin = 20"), faults=FAULTS),
    Case(name="no-sense", slots=SLOTS, controllers=MATRIX.format(more=""), faults=FAULTS, tells_run_on=False),
    Case(name="other-way-round", slots=SLOTS, controllers=MATRIX.format(more=", sense_pin = 20" + LOW), faults=FAULTS),
)
