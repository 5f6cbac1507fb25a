"""Contacts whose open end is the alarm: tamper, mains, sharps bin. Knocks are not told, cut cables are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import HardwareError
from kiosk.hardware.shared.alarm_contact import AlarmContact
from kiosk.simulator.faults import Fault
from tests.hardware.bench import Bench, bench

PIN = 16


def drive(made: Bench, seconds: float, level: bool, pin: int = PIN) -> None:
    """Put a level on the pin, as no part of this machine would, and let time pass."""
    with made.world._cabinet.timeline.lock:
        made.world._cabinet.wiring.drive(pin, level, made.board.clock.monotonic())
    made.pass_s(seconds)


def knock(made: Bench, for_s: float, gap_s: float, level: bool) -> None:
    """Put a level on the pin for a short time, again and again."""
    with made.world._cabinet.timeline.lock:
        at = made.board.clock.monotonic()
        for number in range(20):
            made.world._cabinet.wiring.drive(PIN, level, at + number * (for_s + gap_s))
            made.world._cabinet.wiring.drive(PIN, not level, at + number * (for_s + gap_s) + for_s)
        made.pass_s(20 * (for_s + gap_s))


@pytest.mark.parametrize("open_low", [False, True])
def test_a_knock_is_not_told_and_forcing_it_is(tmp_path: Path, open_low: bool) -> None:
    with bench(tmp_path, "sensor", "tamper", pin=PIN, open_low=open_low, debounce_s=0.2) as made:
        tamper = made.open()
        knock(made, 0.19, 0.3, not open_low)
        made.pass_s(10)
        assert tamper.alert() is None
        drive(made, 0.3, not open_low)
        assert "is open: the cabinet was forced, or the contact's cable is cut" in tamper.alert()
        tamper.close()


def test_an_opening_that_nobody_watched_is_told_for_a_day_after_it_closed(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "tamper", pin=PIN) as made:
        tamper = made.open()
        drive(made, 1.0, True)
        drive(made, 60.0, False)
        assert "was open and is closed again" in tamper.alert()
        assert "24 hours" in tamper.alert()
        made.pass_s(23.9 * 3600 - 60)
        assert tamper.alert() is not None
        made.pass_s(0.2 * 3600)
        assert tamper.alert() is None
        tamper.close()


def test_a_restart_forgets_an_opening_but_not_an_open_contact(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "tamper", pin=PIN) as made:
        made.world.set_fault(Fault.TAMPERED, True)
        made.pass_s(1)
        tamper = made.open()
        assert "is open" in tamper.alert()
        tamper.close()
        made.world.set_fault(Fault.TAMPERED, False)
        made.pass_s(1)
        tamper = made.open()
        assert tamper.alert() is None
        tamper.close()


@pytest.mark.parametrize("driver", ["tamper", "power_good", "sharps_bin"])
@pytest.mark.parametrize("low", [False, True])
def test_a_cut_cable_raises_the_alarm(tmp_path: Path, driver: str, low: bool) -> None:
    """Nothing drives the pin: what is left is its pull resistor."""
    settings: dict[str, dict[str, Any]] = {
        "tamper": {"pin": PIN, "open_low": low},
        "power_good": {"pin": PIN, "lost_low": low},
        "sharps_bin": {"full_pin": PIN, "full_low": low},
    }
    with bench(tmp_path, "sensor", driver, **settings[driver]) as made:
        with made.world._cabinet.timeline.lock:
            made.world._cabinet.wiring._levels.pop(PIN)
        part = made.open()
        assert part.alert() is not None
        part.close()


def test_a_short_loss_of_power_is_not_told(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "power_good", pin=PIN, after_s=2.0) as made:
        mains = made.open()
        knock(made, 1.9, 0.1, False)
        made.pass_s(10)
        assert mains.alert() is None
        made.world.set_fault(Fault.MAINS_OUT, True)
        made.pass_s(2.5)
        assert "mains power is gone" in mains.alert()
        made.world.set_fault(Fault.MAINS_OUT, False)
        made.pass_s(2.5)
        assert mains.alert() is None
        mains.close()


def test_the_bin_fills_up(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "sharps_bin", full_pin=PIN, three_quarters_pin=17) as made:
        sharps = made.open()
        for percent, value, told in [
            (0, 0, None),
            (80, 75, "it is three quarters full"),
            (100, 100, "it is full"),
            (10, 0, None),
        ]:
            made.body.set_level(percent)
            made.pass_s(6)
            assert sharps.read().value == value
            assert sharps.alert() is None if told is None else sharps.alert().startswith(told)
        sharps.close()


def test_what_falls_past_the_switch_does_not_fill_the_bin(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "sharps_bin", full_pin=PIN) as made:
        sharps = made.open()
        knock(made, 4.9, 0.5, True)
        made.pass_s(60)
        assert sharps.read().value == 0
        assert sharps.alert() is None
        sharps.close()


def test_full_but_not_three_quarters_is_a_broken_switch(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "sharps_bin", full_pin=PIN, three_quarters_pin=17) as made:
        sharps = made.open()
        drive(made, 6, True)
        assert sharps.read().value is None
        assert "check both switches" in sharps.alert()
        sharps.close()


def test_a_pin_that_is_gone_is_told_and_gives_no_value(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "sharps_bin", full_pin=PIN, three_quarters_pin=17) as made:
        sharps = made.open()
        sharps._full.close()
        assert sharps.read().value is None
        assert "GPIO 16" in sharps.alert()
        sharps.close()


def test_an_edge_that_was_lost_is_seen_by_the_next_look(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "tamper", pin=PIN) as made:
        contact = AlarmContact(made.board, PIN, alarm_low=False, steady_s=1.0)
        assert contact.raised() is False
        made.board.pin_factory.pin(PIN)._change_state(True)  # no edge is told
        assert contact.raised() is False
        made.pass_s(2)
        assert contact.raised() is True
        contact.close()
        with pytest.raises(HardwareError, match="given back"):
            contact.raised()
