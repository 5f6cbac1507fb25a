"""What the machine showed and sounded, in words, and the signals that make it."""

from __future__ import annotations

from itertools import chain, islice

import pytest

from kiosk.hardware.api import Signal
from kiosk.hardware.drivers.signal import buzzer, gpio_light
from kiosk.hardware.shared.pattern import Pattern
from kiosk.simulator.glass import told
from kiosk.simulator.snapshot import LightSeen, Switched

LATE_S = 0.02
"""How much later than it should a busy machine switches, at each second edge."""


def switched(*patterns: Pattern, began: float = 100.0) -> tuple[tuple[Switched, ...], float]:
    """Return what is seen of an output that plays patterns one after the other, and when that is over."""
    changes, at, before = list[Switched](), began, False
    for pattern in patterns:
        for on, for_s in islice(chain(pattern.once(), pattern.onward()), 24):
            if on != before:
                changes.append(Switched(at + (not on) * LATE_S, on))
            at, before = at + (for_s or 1.0), on
    return tuple(changes), at


def heard(changes: tuple[Switched, ...], wall_s: float) -> list[str]:
    seen = LightSeen(name="buzzer", driver="buzzer", on=False, changes=changes)
    return [one.text for one in told.heard((seen,), wall_s)]


SOUNDS = {
    Signal.READY: [],
    Signal.WORKING: ["a tick: it is coming"],
    Signal.TAKE: ["one beep: take it"],
    Signal.SORRY: ["two long beeps: nothing came out"],
    Signal.HANDS_OUT: ["beeps without a pause: hands out, something turns"],
    Signal.NOTED: ["two short beeps: yours comes next"],
    Signal.WAIT: ["three short beeps: press again in a while"],
    Signal.NOT_NOW: ["one long beep: not now"],
}


@pytest.mark.parametrize("signal", Signal)
def test_each_sound_of_the_buzzer_is_told_with_its_meaning(signal: Signal) -> None:
    assert heard(*switched(buzzer.SOUNDS[signal])) == SOUNDS[signal]


def test_what_follows_at_once_is_told_apart() -> None:
    """An answer to a press between the ticks of a vend, and the beep at its end."""
    ticks = Pattern((0.02, 0.3))
    changes, over = switched(ticks, buzzer.SOUNDS[Signal.WAIT], ticks, buzzer.SOUNDS[Signal.TAKE])
    assert heard(changes, over) == [
        *SOUNDS[Signal.WORKING],
        *SOUNDS[Signal.WAIT],
        *SOUNDS[Signal.WORKING],
        *SOUNDS[Signal.TAKE],
    ]


def test_an_alarm_is_told_while_it_sounds_and_all_else_when_it_is_over() -> None:
    changes, _ = switched(buzzer.SOUNDS[Signal.HANDS_OUT])
    assert heard(changes[:12], changes[11].at) == SOUNDS[Signal.HANDS_OUT]
    changes, _ = switched(buzzer.SOUNDS[Signal.NOTED])
    assert heard(changes[:3], changes[2].at) == []
    assert heard((Switched(1.0, True), Switched(1.3, False), Switched(1.5, True), Switched(1.8, False)), 9.0) == [
        "2 beeps"
    ]


LOOKS = {
    Signal.READY: "lit",
    Signal.WORKING: "blinks",
    Signal.TAKE: "blinks fast",
    Signal.SORRY: "blinks",
    Signal.HANDS_OUT: "blinks fast",
    Signal.NOTED: "blinks",
    Signal.WAIT: "blinks",
}


@pytest.mark.parametrize("signal", LOOKS)
def test_how_a_light_looks_is_told(signal: Signal) -> None:
    changes, over = switched(gpio_light.PATTERNS[signal])
    light = LightSeen(name="light", driver="gpio_light", on=changes[-1].on, changes=changes)
    brief = 0.0 if signal.lasts else 1.0
    assert told.looks(light, over - brief) == LOOKS[signal]


def test_a_light_that_is_off_is_dark() -> None:
    assert told.looks(LightSeen(name="light", driver="gpio_light", on=False, changes=()), 1.0) == "dark"
