"""A selection of a whole machine, which turns its motor and looks at its own drop sensor; with an elevator, too."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

FAULTS: dict[Fault, Ending] = {
    Fault.MOTOR_MISSING: Turn.NOT_STARTED,
    Fault.HOME_STUCK: Turn.NOT_RETURNED,
    Fault.STALL: Turn.NOT_RETURNED,
    Fault.JAM: Turn.NOT_RETURNED,
    Fault.HANG: Turn.NOT_RETURNED,
    Fault.CABLE_OUT: Turn.ABSENT,
    Fault.BOARD_OFF: Turn.ABSENT,
    Fault.LINE_DROPS: Turn.ABSENT,
    Fault.LINE_CORRUPTS: Turn.ABSENT,
    Fault.LINE_STALLS: Turn.ABSENT,
    Fault.LINE_LATE: Turn.ABSENT,
    Fault.LINE_TWICE: Turn.DELIVERED,
}

MACHINE = """
[[controllers]]
name = "machine"
driver = "vmc"
options = {{ port = "ttyUSB0"{more} }}
"""

SLOTS = ('{ controller = "machine", selection = 11 }', '{ controller = "machine", selection = 12 }')

CASES = (
    Case(
        slots=SLOTS,
        faults=FAULTS,
        controllers=MACHINE.format(more=""),
        gives=Turn.DELIVERED,
        nudges=Turn.ABSENT,
        homes=False,
        settles_s=6.5,
        found_after_s=80.0,
    ),
    Case(
        name="elevator",
        slots=SLOTS,
        faults={Fault.MOTOR_MISSING: Turn.NOT_STARTED, Fault.BOARD_OFF: Turn.ABSENT},
        controllers=MACHINE.format(more=", elevator = true"),
        gives=Turn.DELIVERED,
        nudges=Turn.ABSENT,
        homes=False,
        on_at_start=False,
        settles_s=15.0,
        capacity=3,
        found_after_s=15.0,
    ),
    Case(
        name="blind",
        slots=SLOTS,
        faults={Fault.JAM: Turn.COMPLETED, Fault.BOARD_OFF: Turn.ABSENT},
        controllers=MACHINE.format(more=", drop_sensor = false"),
        capacity=3,
        nudges=Turn.ABSENT,
        homes=False,
        settles_s=6.5,
        found_after_s=8.0,
    ),
)
