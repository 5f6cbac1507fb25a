"""Two coils for one item: each stops at its own home, and neither turns on alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from kiosk.simulator.world import World
from tests.contract.case import Bench, Tried, cases_of

CASE = cases_of("gpio_pair")[0]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Tried("motor", "gpio_pair", CASE), tmp_path)
    yield made
    made.close()


def coils(bench: Bench) -> tuple[Any, Any]:
    body = bench.world.part("A1")
    return body.left, body.right


def angles(bench: Bench) -> list[float]:
    bench.pass_s(0.5)
    with bench.world._cabinet.timeline.lock:
        now = bench.board.clock.monotonic()
        return [coil.seen(now).angle for coil in coils(bench)]


def test_both_stand_at_home_after_each_turn(pair: Bench) -> None:
    for left in reversed(range(8)):
        assert pair.motor.turn(lambda: None) is Turn.COMPLETED
        pair.pass_s(1.0)
        assert pair.world.inside("A1") == left
        assert max(angles(pair)) < 0.08


def test_the_faster_one_stops_at_its_home_and_waits_for_the_other(pair: Bench) -> None:
    _, right = coils(pair)
    right._turns_per_s = 0.3
    assert pair.motor.turn(lambda: None) is Turn.COMPLETED
    left, slower = (coil.ran_s for coil in coils(pair))
    assert left == pytest.approx(2.5, abs=0.1)
    assert slower == pytest.approx(3.4, abs=0.1)
    assert max(angles(pair)) < 0.08


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("fault", "seconds", "said"),
    [
        (Fault.MOTOR_MISSING, 1.0, "did not leave home within 1.0 s"),
        (Fault.HOME_STUCK, 1.0, "did not leave home within 1.0 s"),
    ],
)
def test_when_one_does_not_start_the_other_is_stopped_at_once(
    pair: Bench, which: int, fault: Fault, seconds: float, said: str
) -> None:
    failing = coils(pair)[which]
    with pair.world._cabinet.timeline.lock:
        failing.set_fault(fault, True)
    assert pair.motor.turn(lambda: None) is Turn.NOT_RETURNED
    assert [coil.ran_s for coil in coils(pair)] == [pytest.approx(seconds, abs=0.01)] * 2
    assert pair.motor.advice().startswith(f"A1 {('left', 'right')[which]}: {said}")
    assert pair.world.inside("A1") == 8
    with pair.world._cabinet.timeline.lock:
        failing.set_fault(fault, False)
    assert pair.motor.turn(lambda: None) is Turn.HOMED
    assert max(angles(pair)) < 0.08


def test_when_one_stalls_the_other_does_not_turn_on_and_the_item_stays(pair: Bench) -> None:
    pair.world.set_fault(Fault.STALL, True, "A1")
    assert pair.motor.turn(lambda: None) is Turn.NOT_RETURNED
    assert angles(pair) == [pytest.approx(0.5), pytest.approx(0.0, abs=0.08)]
    assert pair.world.inside("A1") == 8
    assert pair.motor.advice() == (
        "A1 left: did not come home within 4.0 s: look for a wedged item, then check the home switch (GPIO 6)."
    )


def test_only_if_neither_moved_it_did_not_start(pair: Bench) -> None:
    for coil in coils(pair):
        with pair.world._cabinet.timeline.lock:
            coil.set_fault(Fault.MOTOR_MISSING, True)
    assert pair.motor.turn(lambda: None) is Turn.NOT_STARTED
    assert "A1 left" in pair.motor.advice()
    assert "A1 right" in pair.motor.advice()
    assert pair.motor.nudge() is Turn.NOT_STARTED


def test_a_nudge_moves_both_and_tells_which_did_not(pair: Bench) -> None:
    assert pair.motor.nudge() is Turn.COMPLETED
    assert min(angles(pair)) > 0.15
    pair.motor.turn(lambda: None)
    with pair.world._cabinet.timeline.lock:
        coils(pair)[1].set_fault(Fault.MOTOR_MISSING, True)
    assert pair.motor.nudge() is Turn.NOT_RETURNED
    assert pair.motor.advice().startswith("A1 right")


def test_one_that_runs_on_is_told(pair: Bench) -> None:
    with pair.world._cabinet.timeline.lock:
        coils(pair)[1].set_fault(Fault.MOTOR_RUNS_ON, True)
    pair.motor.turn(lambda: None)
    pair.pass_s(6.0)
    assert pair.motor.runs_on()
    with pair.world._cabinet.timeline.lock:
        coils(pair)[1].set_fault(Fault.MOTOR_RUNS_ON, False)


def test_both_currents_are_asked_of_the_supply(tmp_path: Path) -> None:
    first, second = (slot.replace("}", ", current_a = 1.5 }") for slot in CASE.slots)
    weak = CASE._replace(supply_a=1.5, slots=(first, second))
    bench = Bench(Tried("motor", "gpio_pair", weak), tmp_path)
    try:
        with bench.board.supply.draw("A2", 0.1):
            assert bench.motor.turn(lambda: pytest.fail("it was driven")) is Turn.ABSENT
        assert "A1 needs 1.5 A" in bench.motor.advice()
        assert bench.motor.turn(lambda: None) is Turn.COMPLETED
    finally:
        bench.close()


def test_it_is_as_it_was_left_after_a_restart(pair: Bench) -> None:
    pair.world.set_fault(Fault.STALL, True, "A1")
    pair.motor.turn(lambda: None)
    pair.world.take_out("A1", 3)
    pair.motor.close()
    pair.world.close()
    again = World.from_config(pair.config)
    try:
        assert again.inside("A1") == 5
        assert again.motions("A1") == 1
        assert again.snapshot().coils[0].angle == pytest.approx(0.5)
        assert again.snapshot().coils[0].faults == ("stall",)
        again.put_in("A1", 2)
        assert again.inside("A1") == 7
        with pytest.raises(ValueError, match="7 are inside"):
            again.put_in("A1", 2)
        with pytest.raises(ValueError, match="only 7"):
            again.take_out("A1", 8)
    finally:
        again.close()
