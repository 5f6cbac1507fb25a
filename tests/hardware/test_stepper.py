"""The stepper: a ramp, never a step too early, no power while it stands, and by steps where there is no switch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.contract.case import Bench, Tried, cases_of

HOMED, BY_STEPS = cases_of("gpio_stepper")
STEP, ENABLE, DIRECTION = 5, 6, 7
only_by_steps = pytest.mark.parametrize("stepper", [BY_STEPS], ids=["by-steps"], indirect=True)


@pytest.fixture
def stepper(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Tried("motor", "gpio_stepper", getattr(request, "param", HOMED)), tmp_path)
    yield made
    made.close()


def steps(bench: Bench) -> list[float]:
    """Return a list that grows with the moment of each step."""
    pin: Any = bench.board.pin_factory.pin(STEP)
    write, seen = pin._set_state, list[float]()

    def watched(level: bool) -> None:
        if level:
            seen.append(bench.board.clock.monotonic())
        write(level)

    pin._set_state = watched
    return seen


@only_by_steps
def test_a_turn_is_as_many_steps_as_its_options_say(stepper: Bench) -> None:
    seen = steps(stepper)
    assert stepper.motor.turn(lambda: None) is Turn.COMPLETED
    assert len(seen) == 200
    assert stepper.angle() == pytest.approx(0.012)
    stepper.motor.nudge()
    assert len(seen) == 250
    assert stepper.angle() == pytest.approx(0.262)


@pytest.mark.parametrize(
    "stepper",
    [
        BY_STEPS._replace(
            slots=(
                BY_STEPS.slots[0].replace("steps_per_s = 100", "steps_per_s = 1000"),
                "{ step_pin = 8, enable_pin = 9 }",
            )
        )
    ],
    indirect=True,
)
def test_it_begins_slowly_and_is_never_faster_than_it_may_be(stepper: Bench) -> None:
    seen = steps(stepper)
    stepper.motor.turn(lambda: None)
    pauses = [later - earlier for earlier, later in itertools.pairwise(seen)]
    assert pauses[0] == pytest.approx(0.01, rel=0.01)
    assert all(later <= earlier * 1.001 for earlier, later in itertools.pairwise(pauses))
    assert min(pauses) >= 0.001 - 1e-9
    assert pauses[-1] == pytest.approx(0.001, rel=0.05)
    assert seen[-1] - seen[0] == pytest.approx(0.335, abs=0.02)


@only_by_steps
def test_steps_that_a_busy_computer_delayed_are_not_made_up_for(stepper: Bench) -> None:
    """Two steps at once would be lost by the motor."""
    seen = steps(stepper)
    pin: Any = stepper.board.pin_factory.pin(STEP)
    write = pin._set_state

    def busy(level: bool) -> None:
        if level and len(seen) == 50:
            stepper.board.clock.sleep(0.3)
        write(level)

    pin._set_state = busy
    assert stepper.motor.turn(lambda: None) is Turn.COMPLETED
    assert max(later - earlier for earlier, later in itertools.pairwise(seen)) >= 0.3
    assert min(later - earlier for earlier, later in itertools.pairwise(seen)) >= 0.0099


@only_by_steps
def test_a_turn_that_takes_far_too_long_is_given_up(stepper: Bench) -> None:
    pin: Any = stepper.board.pin_factory.pin(STEP)
    write = pin._set_state

    def slow(level: bool) -> None:
        stepper.board.clock.sleep(0.05)
        write(level)

    pin._set_state = slow
    assert stepper.motor.turn(lambda: None) is Turn.NOT_RETURNED
    assert stepper.world.ran_s("A1") <= stepper.motor.limit_s
    assert "too busy" in stepper.motor.advice()
    assert stepper.at_rest()


def test_it_stops_at_the_first_step_after_its_home_switch(stepper: Bench) -> None:
    seen = steps(stepper)
    assert stepper.motor.turn(lambda: None) is Turn.COMPLETED
    made = len(seen)
    assert stepper.angle() == pytest.approx(0.012 + made * 0.005 - 1)
    assert stepper.angle() < 0.01
    stepper.pass_s(1.0)
    assert len(seen) == made


def test_it_has_power_only_while_it_turns_and_turns_one_way(stepper: Bench) -> None:
    enable, direction = (stepper.board.pin_factory.pin(pin) for pin in (ENABLE, DIRECTION))
    seen: list[tuple[bool, bool]] = []
    assert (bool(enable.state), bool(direction.state)) == (True, True)  # enable is active low
    stepper.motor.turn(lambda: seen.append((bool(enable.state), bool(direction.state))))
    assert seen == [(False, True)]
    assert enable.state


def test_a_motor_without_power_leaves_no_step_behind(stepper: Bench) -> None:
    stepper.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert stepper.motor.turn(lambda: None) is Turn.NOT_STARTED
    assert stepper.world.ran_s("A1") == pytest.approx(1.0, abs=0.02)
    assert "step GPIO 5, enable GPIO 6" in stepper.motor.advice()


@pytest.mark.parametrize("speed", [20.0, 400.0])
def test_a_machine_that_hurries_does_not_outrun_its_steps(speed: float, tmp_path: Path) -> None:
    """Its pauses are then shorter than the computer can wait."""
    stepper = Bench(Tried("motor", "gpio_stepper", HOMED), tmp_path, speed)
    try:
        assert stepper.motor.turn(lambda: None) is Turn.COMPLETED
        assert stepper.world.ran_s("A1") == pytest.approx(2.0, abs=0.5)
    finally:
        stepper.close()
