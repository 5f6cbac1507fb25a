"""Coils on a Modbus relay board: one that times pulses itself, and one that only switches."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

BOARD = """
[[controllers]]
name = "relays"
driver = "modbus_relays"
options = {{ port = "serial/by-id/usb-relays", baudrate = {baudrate}, pulses = {pulses} }}
"""

SLOTS = (
    '{ controller = "relays", relay = 1, input = 1 }',
    '{ controller = "relays", relay = 8, input = 8, home_closed = false }',
)

COIL: dict[Fault, Ending] = {
    Fault.MOTOR_MISSING: Turn.NOT_STARTED,
    Fault.HOME_STUCK: Turn.NOT_STARTED,
    Fault.STALL: Turn.NOT_RETURNED,
    Fault.JAM: Turn.COMPLETED,
}
LINE: dict[Fault, Ending] = {
    Fault.CABLE_OUT: Turn.ABSENT,
    Fault.BOARD_OFF: Turn.ABSENT,
    Fault.LINE_DROPS: Turn.ABSENT,
    Fault.LINE_CORRUPTS: Turn.ABSENT,
    Fault.LINE_STALLS: Turn.ABSENT,
    Fault.LINE_LATE: Turn.ABSENT,
}

CASES = (
    Case(
        slots=SLOTS,
        faults=COIL | LINE,
        controllers=BOARD.format(baudrate=9600, pulses="true"),
        gone_after_s=1,
    ),
    Case(
        name="switched",
        slots=SLOTS,
        faults=COIL,
        controllers=BOARD.format(baudrate=115200, pulses="false"),
        gone_after_s=1,
    ),
)
