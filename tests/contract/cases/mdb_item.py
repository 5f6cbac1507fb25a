"""An item of a vending machine whose cashless device we are: a visitor chooses it at the machine before each turn.

An answer that arrives with an error is left out here: which byte is hit decides whether the request was heard at all,
and tests/serial/test_mdb_noise.py tries them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Case, Ending

if TYPE_CHECKING:
    from tests.contract.case import Bench

MACHINE = """
[[controllers]]
name = "machine"
driver = "qibixx_mdb"
options = {{ port = "serial/by-id/usb-Qibixx_MDB", drop_sensor = {drop_sensor}{more} }}
"""

ITEMS = {"A1": 11, "A2": 12}
SLOTS = (
    '{ controller = "machine", item = 11, price = "0.11" }',
    '{ controller = "machine", item = 12, price = "0.12" }',
)

FAULTS: dict[Fault, Ending] = {
    Fault.MOTOR_MISSING: Turn.NOT_RETURNED,
    Fault.HOME_STUCK: Turn.NOT_RETURNED,
    Fault.STALL: Turn.NOT_RETURNED,
    Fault.JAM: Turn.NOT_RETURNED,
    Fault.HANG: Turn.NOT_RETURNED,
    Fault.CABLE_OUT: Turn.ABSENT,
    Fault.BOARD_OFF: Turn.ABSENT,
    Fault.LINE_DROPS: Turn.ABSENT,
    Fault.LINE_STALLS: Turn.ABSENT,
    Fault.LINE_LATE: Turn.DELIVERED,
    Fault.LINE_TWICE: Turn.DELIVERED,
}

HEARD_S = 20.0
"""By then the kiosk has heard of a choice, however late its lines are."""


def choose(bench: Bench, slot: str) -> None:
    """Press the item's number on the machine's keypad, unless it is busy, and wait until the kiosk has heard of it."""
    machine, clock = bench.world.part("machine"), bench.board.clock
    if machine.machine.vending is not None or machine.machine.open not in {None, ITEMS[slot]}:
        return
    machine.cancel()
    end, chosen = clock.monotonic() + HEARD_S, False
    while clock.monotonic() < end and bench.board.controller("machine").asked() != ITEMS[slot]:
        chosen = chosen or machine.choose(ITEMS[slot])
        clock.sleep(0.1)


def machine(name: str, gives: Turn, faults: dict[Fault, Ending], drop_sensor: str = "true", more: str = "") -> Case:
    """Return a case of the same two items in a machine of another kind."""
    return Case(
        name=name,
        slots=SLOTS,
        faults=faults,
        controllers=MACHINE.format(drop_sensor=drop_sensor, more=more),
        gives=gives,
        nudges=Turn.ABSENT,
        homes=False,
        tells_run_on=False,
        on_at_start=False,
        settles_s=6.5,
        found_after_s=80.0,
        before_turn=choose,
    )


CASES = (
    machine("", Turn.DELIVERED, FAULTS),
    machine("blind", Turn.COMPLETED, {Fault.JAM: Turn.COMPLETED, Fault.STALL: Turn.NOT_RETURNED}, "false"),
    machine("credit-first", Turn.DELIVERED, {Fault.JAM: Turn.NOT_RETURNED}, more=', credit = "9.99"'),
)
