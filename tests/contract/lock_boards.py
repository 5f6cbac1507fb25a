"""What the two makers' lock boards have in common in the contract."""

from __future__ import annotations

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

FAULTS: dict[Fault, Ending] = {
    Fault.BOLT_STUCK: Turn.NOT_STARTED,
    Fault.LOCK_SWITCH_STUCK: Turn.NOT_STARTED,
    Fault.ITEM_LEFT: Turn.UNLOCKED,
    Fault.DOOR_LEFT_OPEN: Turn.UNLOCKED,
    Fault.BOARD_OFF: Turn.ABSENT,
    Fault.CABLE_OUT: Turn.ABSENT,
    Fault.LINE_DROPS: Turn.ABSENT,
    Fault.LINE_CORRUPTS: Turn.ABSENT,
    Fault.LINE_STALLS: Turn.ABSENT,
    Fault.LINE_LATE: Turn.ABSENT,
    Fault.LINE_TWICE: Turn.UNLOCKED,
}
BLIND: dict[Fault, Ending] = {**FAULTS, Fault.BOLT_STUCK: Turn.UNLOCKED, Fault.LOCK_SWITCH_STUCK: Turn.UNLOCKED}
"""Without a contact nobody can tell whether the door opened."""

BOARD = """
[[controllers]]
name = "locks"
driver = "%s"
options = { port = "serial/by-id/locks" }
"""


def case(board: str, feedback: str, faults: dict[Fault, Ending]) -> Case:
    """Return two locks of a board, by its driver, with contacts that are made while doors are as `feedback` says."""
    first, second = (f'{{ controller = "locks", lock = {lock}, feedback = "{feedback}" }}' for lock in (1, 16))
    return Case(
        name=f"contact-{feedback}",
        slots=(first, second),
        faults=faults,
        controllers=BOARD % board,
        capacity=1,
        gives=Turn.UNLOCKED,
        nudges=Turn.ABSENT,
        homes=False,
        on_at_start=False,
        settles_s=6.0,  # a visitor has closed the door by then
        gone_after_s=6.0,
        tells_run_on=False,
        found_after_s=40.0,
    )
