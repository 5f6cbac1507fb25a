"""The servo: no pulses while it stands, the right ones while it turns, and no claim that it cannot keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockPin

from kiosk.dispense.service.attempt import attempt
from kiosk.errors import HardwareError
from kiosk.hardware.api import Turn
from kiosk.hardware.pins.gpiod import NoPwmError
from kiosk.hardware.registry import open_driver, options_type
from kiosk.hardware.shared.gpio_lines import FRAME_S, PulseLine
from kiosk.model import Outcome
from kiosk.simulator.faults import Fault
from tests.contract.case import Bench, Tried, cases_of

HOMED, TIMED = cases_of("gpio_servo")
PIN = 5


@pytest.fixture
def servo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Tried("motor", "gpio_servo", getattr(request, "param", HOMED)), tmp_path)
    yield made
    made.close()


both = pytest.mark.parametrize("servo", [HOMED, TIMED], ids=["homed", "timed"], indirect=True)


@both
def test_it_has_no_pulses_while_it_stands(servo: Bench) -> None:
    pin = servo.board.pin_factory.pin(PIN)
    for move in (lambda: servo.motor.turn(lambda: None), servo.motor.nudge):
        assert (pin.frequency, pin.state) == (None, 0)
        move()
    assert (pin.frequency, pin.state) == (None, 0)


@pytest.mark.parametrize(("servo", "pulse_s"), [(HOMED, 0.002), (TIMED, 0.001)], indirect=["servo"])
def test_its_pulses_are_as_long_as_its_options_say(servo: Bench, pulse_s: float) -> None:
    seen: list[Any] = []
    pin = servo.board.pin_factory.pin(PIN)
    servo.motor.turn(lambda: seen.append((pin.frequency, servo.world._cabinet.wiring.pulses[PIN])))
    assert seen == [(50, pytest.approx(pulse_s, abs=1e-6))]


@pytest.mark.parametrize("hundredths", range(3, 13))
def test_a_pulse_is_never_rounded_to_the_next_shorter_one(servo: Bench, hundredths: int) -> None:
    """Lgpio keeps whole hundredths of the 20 ms frame, and cuts off the rest."""
    line = PulseLine(servo.board, 21)
    line.pulse(hundredths * 0.2 / 1000)
    assert int(servo.world._cabinet.wiring.pulses[21] / FRAME_S * 100) == hundredths
    line.close()


@pytest.mark.parametrize("servo", [TIMED], indirect=True)
def test_without_a_home_switch_only_a_drop_beam_proves_anything(servo: Bench) -> None:
    """A blocked coil looks like one that turned: without a beam it is presumed, never certain."""
    servo.world.set_fault(Fault.STALL, True, "A1")
    ended = attempt(servo.motor, None, servo.board.clock, nudges=3, started=lambda: None, beat=lambda: None)
    assert ended.outcome is Outcome.PRESUMED
    assert not ended.certain


@pytest.mark.parametrize("servo", [TIMED], indirect=True)
def test_a_quarter_turn_takes_a_quarter_of_the_time(servo: Bench) -> None:
    servo.motor.turn(lambda: None)
    whole_s = servo.world.ran_s("A1")
    assert servo.motor.nudge() is Turn.COMPLETED
    assert servo.world.ran_s("A1") == pytest.approx(whole_s / 4, abs=0.001)


def test_its_advice_names_both_pins(servo: Bench) -> None:
    servo.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert servo.motor.turn(lambda: None) is Turn.NOT_STARTED
    assert "GPIO 5" in servo.motor.advice()
    assert "GPIO 6" in servo.motor.advice()


def test_a_pin_in_use_is_told_and_nothing_stays_claimed(servo: Bench) -> None:
    taken = options_type("motor", "gpio_servo")(pin=21, home_pin=6)
    with pytest.raises(HardwareError, match="GPIO 6"):
        open_driver("motor", "gpio_servo", "A3", taken, servo.board)
    PulseLine(servo.board, 21).close()


class GpiodPin(MockPin):
    """A pin as gpiod has them: on and off, but no pulses."""

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise NoPwmError("GPIO 5 cannot make the pulses that a servo needs.")


def test_pins_that_make_no_pulses_say_which_do(servo: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servo.board.pin_factory, "pin_class", GpiodPin)
    with pytest.raises(HardwareError, match="the pulses that a servo needs"):
        PulseLine(servo.board, 21)


def test_options_have_units_and_ranges(servo: Bench) -> None:
    chosen = servo.config.slots[0].options
    assert (chosen.pulse_ms, chosen.turn_s, chosen.current_a) == (2.0, 2.5, 0.7)
