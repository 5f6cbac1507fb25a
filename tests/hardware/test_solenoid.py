"""The solenoid lock: never on for longer than it may be, never twice without rest, and open only if the door is."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.dispense.service.attempt import attempt
from kiosk.errors import ConfigError, HardwareError
from kiosk.hardware.api import Turn
from kiosk.model import Outcome
from kiosk.simulator.faults import Fault
from tests.contract.case import Bench, Tried, cases_of

SWITCHED, _, BLIND = cases_of("gpio_solenoid")
only_blind = pytest.mark.parametrize("lock", [BLIND], ids=["no-feedback"], indirect=True)


@pytest.fixture
def lock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Tried("lock", "gpio_solenoid", getattr(request, "param", SWITCHED)), tmp_path)
    yield made
    made.close()


def nothing() -> None:
    """Take note of the start by doing nothing."""


def test_it_pulls_no_longer_than_until_the_door_opens(lock: Bench) -> None:
    assert lock.motor.turn(nothing) is Turn.UNLOCKED
    assert lock.world.ran_s("A1") == pytest.approx(0.06, abs=0.01)


@only_blind
def test_without_feedback_it_pulls_a_whole_pulse_and_is_believed(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    assert lock.motor.turn(nothing) is Turn.UNLOCKED
    assert lock.world.ran_s("A1") == pytest.approx(0.3, abs=0.001)
    ended = attempt(lock.motor, None, lock.board.clock, nudges=3, started=nothing, beat=nothing)
    assert (ended.outcome, ended.certain) == (Outcome.PRESUMED, False)


def test_a_bolt_that_sticks_is_pulled_for_one_pulse_and_told(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    began = lock.board.clock.monotonic()
    assert lock.motor.turn(nothing) is Turn.NOT_STARTED
    assert lock.world.ran_s("A1") == pytest.approx(0.3, abs=0.001)
    assert lock.board.clock.monotonic() - began == pytest.approx(2.3, abs=0.01)
    assert lock.motor.advice() == (
        "A1: the door did not open within 2.0 s: check the lock's plug and wire (GPIO 5), then the door's switch "
        "(GPIO 6)."
    )
    assert lock.motor.fault() is None
    lock.motor.turn(nothing)
    assert lock.motor.fault() == lock.motor.advice()
    lock.world.set_fault(Fault.BOLT_STUCK, False, "A1")
    assert lock.motor.turn(nothing) is Turn.UNLOCKED
    assert lock.motor.fault() is None


def test_between_two_pulses_it_rests(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    on_at: list[float] = []
    for _ in range(3):
        lock.motor.turn(lambda: on_at.append(lock.board.clock.monotonic()))
    assert [later - earlier for earlier, later in itertools.pairwise(on_at)] == [pytest.approx(3.3, abs=0.01)] * 2


def test_a_start_that_takes_long_does_not_lengthen_the_pulse(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    lock.motor.turn(lambda: lock.pass_s(0.2))
    assert lock.world.ran_s("A1") == pytest.approx(0.3, abs=0.001)


def test_a_thread_that_is_held_up_does_not_burn_it(lock: Bench) -> None:
    """After a second on the wall it is off, whatever became of the thread that switched it on."""
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    seen: list[bool] = []

    def held_up() -> None:
        for seconds in (0.5, 0.8):
            time.sleep(seconds)
            seen.append(lock.world.part("A1").energised)

    lock.motor.turn(held_up)
    assert seen == [True, False]


def test_a_switch_that_says_open_is_not_believed_to_the_harm_of_whoever_waits(lock: Bench) -> None:
    lock.world.part("A1").set_open(True)
    assert lock.motor.turn(nothing) is Turn.UNLOCKED
    assert "the door stood open: close it" in lock.motor.advice()
    assert lock.world.motions("A1") == 1
    lock.pass_s(5)
    lock.world.part("A1").set_open(False)
    assert lock.motor.turn(nothing) is Turn.UNLOCKED
    assert lock.motor.advice() is None


def test_a_door_that_opens_late_is_waited_for(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")

    def by_hand() -> None:
        at = lock.board.clock.monotonic() + 1.5
        lock.world._cabinet.timeline.at(at, lambda _: lock.world.part("A1").set_open(True))

    assert lock.motor.turn(by_hand) is Turn.UNLOCKED
    assert lock.world.ran_s("A1") == pytest.approx(0.3, abs=0.001)


def test_the_pulse_ends_though_the_feedback_trembles(lock: Bench) -> None:
    """A switch that opens and closes all the time must not keep the solenoid on."""
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    pin = lock.board.pin_factory.pin(6)

    def tremble() -> None:
        began = lock.board.clock.monotonic()
        for number in range(1, 1000):
            for level, after in ((True, 0.0005), (False, 0.00051)):
                at = began + number * 0.001 + after
                lock.world._cabinet.timeline.at(at, lambda when, level=level: pin.report(when, level))  # type: ignore[misc]

    lock.motor.turn(tremble)
    assert lock.world.ran_s("A1") <= 0.301


def test_closing_while_it_pulls_switches_it_off(lock: Bench) -> None:
    lock.world.set_fault(Fault.BOLT_STUCK, True, "A1")

    def close() -> None:
        thread = threading.Thread(target=lock.motor.close)
        thread.start()
        thread.join(timeout=5)
        assert not lock.world.part("A1").energised

    with pytest.raises(HardwareError, match="given back"):
        lock.motor.turn(close)


@pytest.mark.parametrize("option", ["pulse_s = 1.1", "pulse_s = 0", "rest_s = 0.5", "open_s = 31"])
def test_no_option_can_burn_it(option: str, tmp_path: Path) -> None:
    slots = (f"{{ pin = 5, {option} }}", "{ pin = 12 }")
    with pytest.raises(ConfigError, match=option.split(maxsplit=1)[0]):
        Bench(Tried("lock", "gpio_solenoid", BLIND._replace(slots=slots)), tmp_path)
