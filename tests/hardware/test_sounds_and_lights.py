"""The buzzer and the light inside: what a visitor hears and sees, and when it ends."""

from __future__ import annotations

import datetime
import time
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.api import Signal
from kiosk.hardware.drivers.signal import gpio_light
from tests.hardware.bench import bench
from tests.hardware.machine import until


def beeps(state: Path, signal: Signal, for_s: float) -> int:
    with bench(state, "signal", "buzzer", pin=16) as made:
        buzzer = made.open()
        buzzer.show(signal)
        time.sleep(for_s)
        heard: int = made.body.times_on
        buzzer.close()
        assert not made.body.on
        return heard


def test_ready_is_silent_and_take_is_one_beep(tmp_path: Path) -> None:
    assert beeps(tmp_path, Signal.READY, 0.1) == 0
    with bench(tmp_path, "signal", "buzzer", pin=16) as made:
        buzzer = made.open()
        buzzer.show(Signal.TAKE)
        assert until(lambda: made.body.times_on == 1 and made.body.on)
        assert until(lambda: not made.body.on)
        time.sleep(0.3)
        assert made.body.times_on == 1
        buzzer.close()


def test_sorry_is_two_long_beeps(tmp_path: Path) -> None:
    with bench(tmp_path, "signal", "buzzer", pin=16, active_low=True) as made:
        buzzer = made.open()
        assert not made.body.on
        buzzer.show(Signal.SORRY)
        assert until(lambda: made.body.times_on == 2 and not made.body.on)
        time.sleep(0.7)
        assert made.body.times_on == 2
        buzzer.close()


def test_working_ticks_until_the_next_signal(tmp_path: Path) -> None:
    with bench(tmp_path, "signal", "buzzer", pin=16) as made:
        buzzer = made.open()
        buzzer.show(Signal.WORKING)
        assert until(lambda: made.body.times_on >= 2)
        buzzer.show(Signal.READY)
        time.sleep(0.05)
        ticks = made.body.times_on
        time.sleep(1.2)
        assert made.body.times_on == ticks
        assert not made.body.on
        buzzer.close()


@pytest.mark.parametrize(("signal", "times"), [(Signal.NOTED, 2), (Signal.WAIT, 3), (Signal.NOT_NOW, 1)])
def test_the_answer_to_a_press_is_sounded_once_and_then_what_lasts_again(
    tmp_path: Path, signal: Signal, times: int
) -> None:
    with bench(tmp_path, "signal", "buzzer", pin=16) as made:
        buzzer = made.open()
        buzzer.show(Signal.TAKE)
        assert until(lambda: made.body.times_on == 1 and not made.body.on)
        buzzer.show(signal)
        assert until(lambda: made.body.times_on == 1 + times and not made.body.on)
        buzzer.show(Signal.WORKING)
        assert until(lambda: made.body.times_on > 1 + times)
        before = made.body.times_on
        buzzer.show(signal)
        assert until(lambda: made.body.times_on > before + times)  # it ticks again
        buzzer.close()


def test_what_is_told_briefly_is_heard_to_its_end_and_hands_in_danger_come_first(tmp_path: Path) -> None:
    """A vend that ends meanwhile is told after it, and from its beginning."""
    with bench(tmp_path, "signal", "buzzer", pin=16) as made:
        buzzer = made.open()
        for signal in (Signal.WAIT, Signal.WORKING, Signal.TAKE):
            buzzer.show(signal)
        assert until(lambda: made.body.times_on == 4 and not made.body.on)
        buzzer.show(Signal.NOT_NOW)
        assert until(lambda: made.body.on)
        buzzer.show(Signal.HANDS_OUT)
        assert until(lambda: made.body.times_on >= 9)
        buzzer.close()
        assert not made.body.on


@pytest.mark.parametrize("signal", Signal)
def test_no_light_flashes_more_than_three_times_a_second(signal: Signal) -> None:
    """More could harm people (WCAG 2.3.1): any second of a pattern that goes on, in steps of a hundredth."""
    pattern, lit = gpio_light.PATTERNS[signal], list[bool]()
    steps = list(islice(chain(pattern.once(), pattern.onward()), 40))
    for on, for_s in steps:
        lit += [on] * round((for_s or 3.0) * 100)
    flashes = [now and not before for before, now in pairwise([False, *lit])]
    assert max(sum(flashes[at : at + 100]) for at in range(len(flashes))) <= 3


@pytest.mark.parametrize("signal", Signal)
def test_in_quiet_hours_an_emergency_is_heard_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: Signal
) -> None:
    with bench(tmp_path, "signal", "buzzer", pin=16, quiet="00:00-24:00") as made:
        clock: Any = made.board.clock
        monkeypatch.setattr(clock, "synced", lambda: True)
        buzzer = made.open()
        buzzer.show(signal)
        time.sleep(0.05)
        assert made.body.times_on == 0
        buzzer.show(signal, urgent=True)
        assert until(lambda: made.body.times_on > 0, 0.1 if signal is Signal.READY else 5.0) is (
            signal is not Signal.READY
        )
        buzzer.close()


@pytest.mark.parametrize(
    ("quiet", "now", "synced", "sounds"),
    [
        ("22:00-07:00", "23:30", True, False),
        ("22:00-07:00", "06:59", True, False),
        ("22:00-07:00", "07:00", True, True),
        ("22:00-07:00", "23:30", False, True),
        ("12:00-14:00", "13:00", True, False),
        ("12:00-14:00", "14:00", True, True),
        ("20:00-24:00", "23:59", True, False),
        (None, "03:00", True, True),
    ],
)
def test_quiet_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: str | None, now: str, synced: bool, sounds: bool
) -> None:
    with bench(tmp_path, "signal", "buzzer", pin=16, quiet=quiet) as made:
        clock: Any = made.board.clock
        monkeypatch.setattr(clock, "local_time", lambda: datetime.time.fromisoformat(now))
        monkeypatch.setattr(clock, "synced", lambda: synced)
        buzzer = made.open()
        buzzer.show(Signal.TAKE)
        assert until(lambda: made.body.times_on == 1, 2.0 if sounds else 0.1) is sounds
        buzzer.close()


def test_the_light_inside_is_on_during_a_vend_and_for_a_minute_after(tmp_path: Path) -> None:
    with bench(tmp_path, "signal", "interior_light", pin=16, after_s=60.0) as made:
        light = made.open()
        light.show(Signal.READY)
        made.pass_s(1)
        assert made.body.times_on == 0
        light.show(Signal.WORKING)
        light.show(Signal.TAKE)
        assert made.until(lambda: made.body.on)
        made.pass_s(600)
        assert made.body.on
        began = made.board.clock.monotonic()
        light.show(Signal.READY)
        assert made.until(lambda: not made.body.on, 61)
        assert made.board.clock.monotonic() - began >= 60
        assert made.body.times_on == 1
        light.close()


def test_a_vend_in_that_minute_keeps_it_on(tmp_path: Path) -> None:
    with bench(tmp_path, "signal", "interior_light", pin=16, after_s=60.0) as made:
        light = made.open()
        for signal in (Signal.WORKING, Signal.READY, Signal.WORKING):
            light.show(signal)
        made.pass_s(120)
        assert made.body.on
        light.close()
        assert not made.body.on


def test_the_answer_to_a_press_leaves_the_light_inside_as_it_is(tmp_path: Path) -> None:
    """Nothing would switch it off again: a press that is refused is no vend."""
    with bench(tmp_path, "signal", "interior_light", pin=16) as made:
        light = made.open()
        for signal in (Signal.NOTED, Signal.WAIT, Signal.NOT_NOW):
            light.show(signal)
        assert until(light._signals.empty)
        assert made.body.times_on == 0
        light.show(Signal.HANDS_OUT, urgent=True)
        assert until(lambda: made.body.on)
        light.close()


def test_one_that_is_always_on_goes_off_only_at_the_end(tmp_path: Path) -> None:
    with bench(tmp_path, "signal", "interior_light", pin=16, always=True, active_low=True) as made:
        light = made.open()
        assert made.body.on
        for signal in (Signal.READY, Signal.WORKING):
            light.show(signal)
        light.show(Signal.READY)
        made.pass_s(120)
        time.sleep(0.2)
        assert made.body.on
        assert made.body.times_on == 1
        light.close()
        assert not made.body.on
