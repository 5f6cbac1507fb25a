"""A locker on a pin, with a switch at its door either way round and without one."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

FAULTS: dict[Fault, Ending] = {
    Fault.BOLT_STUCK: Turn.NOT_STARTED,
    Fault.LOCK_SWITCH_STUCK: Turn.NOT_STARTED,
    Fault.ITEM_LEFT: Turn.UNLOCKED,
    Fault.DOOR_LEFT_OPEN: Turn.UNLOCKED,
}


def case(name: str, more: str, faults: dict[Fault, Ending]) -> Case:
    """Return two lockers, of whose options `more` stands after the pins."""
    return Case(
        name=name,
        slots=(f"{{ pin = 5{more.format(pin=6)} }}", f"{{ pin = 12{more.format(pin=13)} }}"),
        faults=faults,
        supply_a=2.0,
        capacity=3,
        gives=Turn.UNLOCKED,
        nudges=Turn.ABSENT,
        homes=False,
        settles_s=6.0,  # a visitor has closed the door by then
        gone_after_s=6.0,
        tells_run_on=False,
    )


CASES = (
    case("", ", feedback_pin = {pin}", FAULTS),
    case("other-way-round", ", active_low = true, feedback_pin = {pin}, open_low = true", FAULTS),
    case("no-feedback", "", dict.fromkeys(FAULTS, Turn.UNLOCKED)),
)
