"""What every driver of a motor or a lock promises, whatever it drives. A new driver needs only a file in `cases/`."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import HardwareError
from kiosk.hardware.api import Motor, Turn
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.contract.case import TRIED, Bench, Ending, Tried, cases_of, drivers

GOOD = (Turn.COMPLETED, Turn.HOMED, Turn.DELIVERED, Turn.UNLOCKED)
"""After these there is nothing to advise."""


def only(*tried: Tried) -> pytest.MarkDecorator:
    """Try these only, as the promise means nothing to the others."""
    return pytest.mark.parametrize("bench", tried, ids=lambda one: one.id, indirect=True)


@pytest.fixture(params=TRIED, ids=lambda tried: tried.id)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(request.param, tmp_path)
    yield made
    made.close()


def started_nothing() -> None:
    """Take note of the start of a motor by doing nothing."""


def turn(bench: Bench) -> Ending:
    """Turn A1 within its limit, and return how it ended."""
    began = bench.board.clock.monotonic()
    try:
        ended: Ending = bench.motor.turn(started_nothing)
    except HardwareError:
        ended = HardwareError
    assert bench.board.clock.monotonic() - began <= bench.motor.limit_s
    return ended


@pytest.mark.parametrize(("kind", "driver"), drivers(), ids=lambda name: name)
def test_every_driver_stands_here(kind: str, driver: str, tmp_path: Path, evidence: Evidence) -> None:
    cases = cases_of(driver)
    assert cases, f"tests/contract/cases/{driver}.py is missing: say there how the driver is wired and what can fail"
    bench = Bench(Tried(kind, driver, cases[0]), tmp_path)
    try:
        assert isinstance(bench.motor, Motor)
        assert turn(bench) is cases[0].gives
    finally:
        bench.close()
    evidence.count("drivers_under_contract")


def test_it_is_off_once_it_is_made(bench: Bench) -> None:
    assert bench.at_rest()
    assert bench.world.motions("A1") == 0


def test_one_turn_gives_one_item(bench: Bench) -> None:
    for left in reversed(range(bench.case.capacity)):
        assert turn(bench) is bench.case.gives
        assert bench.motor.advice() is None
        bench.pass_s(bench.case.gone_after_s)
        assert bench.at_rest()
        assert bench.world.inside("A1") == left
        if bench.case.homes:
            assert bench.angle() < 0.08
    assert bench.world.motions("A1") == bench.case.capacity
    assert bench.world.inside("A2") == bench.case.capacity
    assert bench.motor.fault() is None


def test_started_is_called_once_while_it_is_on(bench: Bench) -> None:
    seen: list[bool] = []
    bench.motor.turn(lambda: seen.append(bench.world.part("A1").energised))
    assert len(seen) == 1
    assert seen[0] or not bench.case.on_at_start


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_off_after_started_raised(bench: Bench, error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(error):
        bench.motor.turn(fail)
    assert bench.at_rest()


FAULTS = [
    pytest.param(tried, fault, ending, id=f"{tried.id}-{fault}")
    for tried in TRIED
    for fault, ending in tried.case.faults.items()
]


@pytest.mark.parametrize(("tried", "fault", "ending"), FAULTS)
def test_it_is_off_after_every_fault_and_says_what_to_check(
    tried: Tried, fault: Fault, ending: Ending, tmp_path: Path
) -> None:
    bench = Bench(tried, tmp_path)
    try:
        bench.world.set_fault(fault, True, *_where(bench, fault))
        assert turn(bench) is ending
        assert bench.world.ran_s("A1") <= bench.motor.limit_s
        assert bench.at_rest()
        if ending not in GOOD:
            assert "A1" in (bench.motor.advice() or "")
    finally:
        bench.close()


@pytest.mark.parametrize(("tried", "fault", "ending"), FAULTS)
def test_it_works_again_after_every_fault(tried: Tried, fault: Fault, ending: Ending, tmp_path: Path) -> None:
    bench = Bench(tried, tmp_path)
    try:
        bench.world.set_fault(fault, True, *_where(bench, fault))
        turn(bench)
        assert bench.at_rest()
        turn(bench)
        bench.world.set_fault(fault, False, *_where(bench, fault))
        bench.pass_s(bench.case.found_after_s)
        assert turn(bench) in (bench.case.gives, Turn.HOMED)
        assert bench.motor.advice() is None
        assert bench.motor.fault() is None
    finally:
        bench.close()


def _where(bench: Bench, fault: Fault) -> tuple[str, ...]:
    """Say where a fault is ordered: at A1, or at whatever board it hangs on."""
    return ("A1",) if fault in bench.world.part("A1").accepts else ()


def test_a_nudge_is_a_quarter_turn_or_nothing_and_ends_off(bench: Bench) -> None:
    bench.motor.turn(started_nothing)
    bench.pass_s(bench.case.gone_after_s)
    before = bench.world.motions("A1")
    began = bench.board.clock.monotonic()
    assert bench.motor.nudge() is bench.case.nudges
    assert bench.board.clock.monotonic() - began <= bench.motor.limit_s
    assert bench.at_rest()
    if bench.case.nudges is Turn.ABSENT:
        assert bench.world.motions("A1") == before
    elif bench.case.homes:
        assert 0.15 < bench.angle() < 0.35


NUDGED = [tried for tried in TRIED if tried.case.nudges is not Turn.ABSENT and tried.case.homes]


@only(*(tried for tried in NUDGED if Fault.MOTOR_MISSING in tried.case.faults))
def test_a_nudge_of_a_missing_motor_did_not_complete(bench: Bench) -> None:
    bench.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert bench.motor.nudge() in (Turn.NOT_STARTED, Turn.NOT_RETURNED, Turn.ABSENT)
    assert "A1" in bench.motor.advice()


@only(*NUDGED)
def test_after_nudges_a_turn_ends_at_home_again(bench: Bench) -> None:
    bench.motor.nudge()
    assert bench.at_rest()
    assert bench.motor.turn(started_nothing) is Turn.HOMED
    assert bench.at_rest()
    assert bench.angle() < 0.08


@only(*(tried for tried in TRIED if tried.case.tells_run_on))
def test_a_motor_that_will_not_stop_is_told(bench: Bench) -> None:
    bench.world.set_fault(Fault.MOTOR_RUNS_ON, True, "A1")
    bench.motor.turn(started_nothing)
    bench.pass_s(6.0)
    assert bench.motor.runs_on()
    assert "A1 does not stop" in bench.motor.fault()
    bench.world.set_fault(Fault.MOTOR_RUNS_ON, False, "A1")
    assert bench.at_rest()


def test_two_motors_never_run_at_once(bench: Bench) -> None:
    """The supply, the board or the machine is good for one; what came second moved nothing, or waited."""
    other = bench.open("A2")
    seen: list[bool] = []

    def second() -> None:
        ended: Ending
        try:
            ended = other.turn(lambda: seen.append(both_on()))
        except HardwareError:
            ended = HardwareError
        seen.append(both_on())
        if bench.world.part("A1").energised:
            assert ended in (Turn.ABSENT, HardwareError)
            assert bench.world.motions("A2") == 0

    def both_on() -> bool:
        return all(bench.world.part(slot).energised for slot in ("A1", "A2"))

    assert bench.motor.turn(second) is bench.case.gives
    assert not any(seen)
    bench.pass_s(bench.case.found_after_s)
    assert other.turn(started_nothing) is bench.case.gives


def test_closing_while_it_turns_switches_it_off(bench: Bench) -> None:
    on: queue.SimpleQueue[None] = queue.SimpleQueue()
    closed: queue.SimpleQueue[None] = queue.SimpleQueue()
    ended: list[object] = []

    def wait_for_close() -> None:
        on.put(None)
        closed.get(timeout=5)

    def turn_it() -> None:
        try:
            ended.append(bench.motor.turn(wait_for_close))
        except HardwareError as error:
            ended.append(error)

    thread = threading.Thread(target=turn_it)
    thread.start()
    on.get(timeout=5)
    bench.motor.close()
    closed.put(None)
    thread.join(timeout=5)
    if bench.case.homes:
        assert isinstance(ended[0], HardwareError)
    else:  # what a machine or a lock board does after one order, it does to the end
        assert isinstance(ended[0], HardwareError) or ended[0] is bench.case.gives
    assert bench.at_rest()


def test_close_may_be_called_twice_and_gives_all_back(bench: Bench) -> None:
    bench.motor.close()
    bench.motor.close()
    assert bench.at_rest()
    bench.motor = bench.open("A1")
    assert bench.motor.turn(started_nothing) is bench.case.gives


def test_what_is_closed_cannot_be_turned(bench: Bench) -> None:
    bench.motor.close()
    with pytest.raises(HardwareError):
        bench.motor.turn(started_nothing)
    if bench.case.nudges is not Turn.ABSENT:
        with pytest.raises(HardwareError):
            bench.motor.nudge()
    assert bench.world.motions("A1") == 0
