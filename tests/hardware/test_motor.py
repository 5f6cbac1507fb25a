"""The spiral driver where it matters most: how fast it starts and stops, and what its home switch cannot fool."""

from __future__ import annotations

import statistics
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kiosk.clock import Clock
from kiosk.hardware.api import Turn
from kiosk.hardware.registry import open_driver
from kiosk.hardware.supply import Supply
from kiosk.simulator.faults import Fault
from tests.hardware.machine import Machine, machine, options

MOTOR, HOME = 5, 6


def test_the_pin_is_high_right_after_turn_was_called(rig: Machine) -> None:
    motor, waits = rig.motor(), []
    for _ in range(8):
        rig.board.clock.sleep(1)
        began = time.perf_counter()
        motor.turn(lambda began=began: waits.append(time.perf_counter() - began))
    assert statistics.median(waits) < 300e-6


def test_home_to_off_takes_less_than_two_milliseconds(tmp_path: Path) -> None:
    """On the wall, with the edge coming from another thread, as it does from a real pin."""
    with machine(tmp_path, speed=1.0) as real:
        real.board.clock = Clock()
        real.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
        motor, waits = real.motor(), list[float]()
        home_at: list[float] = []

        def turn_by_hand() -> None:
            for level in (True, False):
                time.sleep(0.07)
                home_at.append(time.perf_counter())
                real.pin(HOME).report(real.board.clock.monotonic(), level)

        for _ in range(9):
            hand = threading.Thread(target=turn_by_hand)
            assert motor.turn(hand.start) is Turn.COMPLETED
            waits.append(time.perf_counter() - home_at[-1])
            hand.join()
        assert min(waits) < 0.002


class ByHand:
    """A motor whose home switch a test moves, edge by edge, at chosen moments after the start."""

    def __init__(self, rig: Machine, edges: list[tuple[float, bool]], at_home: bool = True) -> None:
        rig.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
        self.rig = rig
        self.motor: Any = rig.motor()
        self.edges = edges
        rig.pin(HOME).report(0.0, not at_home)

    def turn(self) -> tuple[Turn, float]:
        clock = self.rig.board.clock
        began: list[float] = []

        def started() -> None:
            began.append(clock.monotonic())
            for after, home in self.edges:
                self.rig.world._cabinet.timeline.at(began[0] + after, partial(self.edge, home))

        return self.motor.turn(started), self.rig.world.ran_s("A1")

    def edge(self, home: bool, at: float) -> None:
        self.rig.pin(HOME).report(at, not home)


@pytest.mark.parametrize(
    ("edges", "expected", "seconds"),
    [
        pytest.param([(0.2, False), (2.5, True)], Turn.COMPLETED, 2.5, id="a clean turn"),
        pytest.param(
            [(0.2, False), (0.201, True), (0.202, False), (0.21, True), (0.211, False), (2.5, True)],
            Turn.COMPLETED,
            2.5,
            id="bounces as it leaves",
        ),
        pytest.param([(0.2, False), (2.5, True), (2.501, False), (2.502, True)], Turn.COMPLETED, 2.5, id="as it comes"),
        pytest.param(
            [(0.2, False), (1.0, True), (1.0, False), (2.5, True)], Turn.COMPLETED, 2.5, id="a spike on the way"
        ),
        pytest.param([], Turn.NOT_STARTED, 1.0, id="never leaves"),
        pytest.param([(0.5, False), (0.51, True)], Turn.NOT_STARTED, 1.0, id="only trembles"),
        pytest.param([(0.9, False)], Turn.NOT_RETURNED, 4.9, id="leaves late and never returns"),
        pytest.param([(0.9, False), (4.8, True)], Turn.COMPLETED, 4.8, id="slow but within its limits"),
    ],
)
def test_what_the_home_switch_tells(
    rig: Machine, edges: list[tuple[float, bool]], expected: Turn, seconds: float
) -> None:
    ended, took = ByHand(rig, edges).turn()
    assert ended is expected
    assert took == pytest.approx(seconds, abs=0.001)


def test_a_coil_away_from_home_runs_to_it(rig: Machine) -> None:
    assert ByHand(rig, [(1.0, True)], at_home=False).turn()[0] is Turn.HOMED


def test_a_coil_away_from_home_has_both_limits_together(rig: Machine) -> None:
    ended, took = ByHand(rig, [], at_home=False).turn()
    assert ended is Turn.NOT_RETURNED
    assert took == pytest.approx(5.0, abs=0.001)


def test_a_quarter_turn_is_learned_from_a_full_one(rig: Machine) -> None:
    motor = rig.motor()
    motor.turn(lambda: None)
    whole_s = rig.world.ran_s("A1")
    motor.nudge()
    assert rig.world.ran_s("A1") == pytest.approx(whole_s / 4, abs=0.001)


def test_a_hanging_item_falls_with_a_nudge(rig: Machine) -> None:
    rig.world.set_fault(Fault.HANG, True, "A1")
    motor, beam = rig.motor(), rig.sensor("beam")
    for inside in (7, 6, 5):
        beam.watch()
        motor.turn(lambda: None)
        assert beam.wait(3.0) == 0
        assert rig.world.inside("A1") == inside + 1
        motor.nudge()
        assert beam.wait(3.0) == 1
        assert rig.world.inside("A1") == inside


def test_time_does_not_pass_while_whoever_turns_the_motor_is_busy(tmp_path: Path) -> None:
    """At fifty times life a tenth of a second of other work would be five seconds; the coil must not run on."""
    with machine(tmp_path, speed=50.0) as fast:
        motor = fast.motor()
        assert motor.turn(lambda: time.sleep(0.05)) is Turn.COMPLETED
        assert fast.world.inside("A1") == 7
        assert fast.world.snapshot().coils[0].angle < 0.08


def test_a_motor_turns_on_while_whoever_switched_it_on_waits_for_something_else(rig: Machine) -> None:
    rig.pin(MOTOR).output_with_state(True)
    rig.board.clock.sleep(20)
    assert rig.world.inside("A1") == 0
    rig.pin(MOTOR).state = False


def test_two_motors_from_two_threads(tmp_path: Path) -> None:
    with machine(tmp_path, speed=50.0) as fast:
        ended: list[Turn] = []
        motors = [fast.motor("A1"), fast.motor("A2")]
        threads = [threading.Thread(target=lambda m=m: ended.append(m.turn(lambda: None))) for m in motors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ended == [Turn.COMPLETED] * 2
        assert (fast.world.inside("A1"), fast.world.inside("A2")) == (7, 7)


def test_options_have_units_and_ranges() -> None:
    chosen = options("motor", "gpio_spiral", motor_pin=1, home_pin=2)
    assert (chosen.leave_home_s, chosen.return_home_s, chosen.quarter_turn_s) == (1.0, 4.0, 0.5)


def test_without_power_left_it_does_not_move_and_says_why(rig: Machine) -> None:
    rig.board.supply = Supply(1.5)
    motor = rig.motor()
    with rig.board.supply.draw("A2", 1.0):
        assert motor.turn(lambda: pytest.fail("it was energised")) is Turn.ABSENT
        assert motor.nudge() is Turn.ABSENT
        assert "A1 needs 1 A" in motor.advice()
    assert rig.world.motions("A1") == 0
    assert motor.turn(lambda: None) is Turn.COMPLETED
    assert motor.advice() is None


def test_its_current_is_held_only_while_it_turns(rig: Machine) -> None:
    rig.board.supply = Supply(1.0)
    motor = rig.motor()

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        motor.turn(fail)
    with rig.board.supply.draw("A2", 1.0):
        pass


def test_advice_is_of_the_last_motion_and_a_fault_of_the_last_two(rig: Machine) -> None:
    motor = rig.motor()
    rig.world.set_fault(Fault.STALL, True, "A1")
    assert motor.advice() is None
    motor.turn(lambda: None)
    assert motor.advice() == (
        "A1: did not come home within 4.0 s: look for a wedged item, then check the home switch (GPIO 6)."
    )
    assert motor.fault() is None
    motor.turn(lambda: None)
    assert motor.fault() == motor.advice()
    rig.world.set_fault(Fault.STALL, False, "A1")
    motor.turn(lambda: None)
    assert (motor.advice(), motor.fault()) == (None, None)


def test_a_turn_that_was_not_driven_is_no_failure_of_the_motor(rig: Machine) -> None:
    """It ends no row of failures either, and what is told stays what the motor did."""
    rig.board.supply = Supply(1.5)
    motor = rig.motor()
    with rig.board.supply.draw("A2", 1.0):
        assert [motor.turn(lambda: None) for _ in range(3)] == [Turn.ABSENT] * 3
        assert motor.fault() is None
    rig.world.set_fault(Fault.STALL, True, "A1")
    motor.turn(lambda: None)
    with rig.board.supply.draw("A2", 1.0):
        assert motor.turn(lambda: None) is Turn.ABSENT
    assert motor.fault() is None
    motor.turn(lambda: None)
    told = motor.fault()
    assert "A1: did not come home" in told
    with rig.board.supply.draw("A2", 1.0):
        assert motor.turn(lambda: None) is Turn.ABSENT
    assert (motor.fault(), "A1 needs 1 A" in motor.advice()) == (told, True)


def test_a_home_switch_that_trembles_for_ever_does_not_keep_it_on(rig: Machine) -> None:
    """Each edge ends a wait early; the limits hold all the same."""
    edges = [(0.01 * number, number % 2 == 0) for number in range(1, 900)]
    ended, took = ByHand(rig, edges).turn()
    assert ended is Turn.NOT_STARTED
    assert took <= 1.01


@pytest.mark.parametrize(
    ("settings", "limit_s"),
    [({}, 5.5), ({"leave_home_s": 2.0, "return_home_s": 6.0}, 8.5), ({"quarter_turn_s": 9.0}, 9.5)],
)
def test_its_limit_follows_from_its_options(rig: Machine, settings: dict[str, float], limit_s: float) -> None:
    chosen = options("motor", "gpio_spiral", motor_pin=22, home_pin=23, **settings)
    motor = open_driver("motor", "gpio_spiral", "A3", chosen, rig.board)
    assert motor.limit_s == limit_s
    motor.close()
