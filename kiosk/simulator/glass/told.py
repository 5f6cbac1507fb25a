"""What the machine showed and sounded, in words: as somebody who stands there would tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from kiosk.simulator.snapshot import LightSeen, Switched

PAUSE_S = 0.5
"""After so long a silence, in seconds, the next beep begins something else; the buzzer's pauses are 0.3 s at most."""

TICK_S, SHORT_S, LONG_S = 0.07, 0.18, 0.45
"""Up to so long a beep is a tick, or short, in seconds; from LONG_S on it is long."""

ALARM = 5
"""So many beeps without a pause are an alarm, which is told while it still goes on."""

LOOK_BACK_S = 2.4
"""How long one has to look at a light to tell how it blinks, in seconds."""

FAST = 4
"""So many flashes in that time are fast."""

MEANINGS = {
    (1, "tick"): "a tick: it is coming",
    (1, ""): "one beep: take it",
    (2, "short"): "two short beeps: yours comes next",
    (3, "short"): "three short beeps: press again in a while",
    (1, "long"): "one long beep: not now",
    (2, "long"): "two long beeps: nothing came out",
}
"""What so many beeps of a length mean; see `kiosk.hardware.drivers.signal.buzzer`."""


class Beep(NamedTuple):
    """One tone, in wall seconds."""

    began: float
    ended: float

    @property
    def length(self) -> str:
        """How long it sounded: a tick, short, long, or in between."""
        seconds = self.ended - self.began
        if seconds <= TICK_S:
            return "tick"
        return "short" if seconds <= SHORT_S else "long" if seconds >= LONG_S else ""


class Heard(NamedTuple):
    """What a buzzer sounded: since when, in wall seconds, and what that was."""

    name: str
    at: float
    text: str


def heard(lights: Sequence[LightSeen], wall_s: float) -> list[Heard]:
    """Return what was sounded lately, the latest last; what still sounds only once it can be told what it is."""
    buzzers = (light for light in lights if light.driver == "buzzer")
    return sorted((one for buzzer in buzzers for one in _heard(buzzer, wall_s)), key=lambda one: one.at)


def looks(light: LightSeen, wall_s: float) -> str:
    """Say how a light looks: lit, dark, or how it blinks."""
    flashes = sum(change.on for change in light.changes if wall_s - change.at < LOOK_BACK_S)
    darkened = sum(not change.on for change in light.changes if wall_s - change.at < LOOK_BACK_S)
    if flashes + darkened < 2:
        return "lit" if light.on else "dark"
    return "blinks fast" if flashes >= FAST else "blinks"


def _heard(buzzer: LightSeen, wall_s: float) -> Iterator[Heard]:
    """Give each sound that can be told, the latest of those that are repeated."""
    sounds = [
        Heard(buzzer.name, beeps[0].began, _meaning(beeps))
        for beeps in _together(buzzer.changes, wall_s)
        if wall_s - beeps[-1].ended > PAUSE_S or len(beeps) >= ALARM
    ]
    for one, following in zip_longest(sounds, sounds[1:]):
        if following is None or following.text != one.text:
            yield one


def _together(changes: Sequence[Switched], wall_s: float) -> list[list[Beep]]:
    """Return the beeps of each sound: what belongs together is as long, with no long pause in it."""
    sounds: list[list[Beep]] = []
    for number, change in enumerate(changes):
        if not change.on:
            continue
        beep = Beep(change.at, changes[number + 1].at if number + 1 < len(changes) else wall_s)
        before = sounds[-1][-1] if sounds else None
        if before and beep.began - before.ended <= PAUSE_S and beep.length == before.length:
            sounds[-1].append(beep)
        else:
            sounds.append([beep])
    return sounds


def _meaning(beeps: Sequence[Beep]) -> str:
    if len(beeps) >= ALARM:
        return "beeps without a pause: hands out, something turns"
    unknown = "a beep" if len(beeps) == 1 else f"{len(beeps)} beeps"
    return MEANINGS.get((len(beeps), beeps[0].length), unknown)
