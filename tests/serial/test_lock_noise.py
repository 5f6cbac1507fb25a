"""Ten thousand bad frames and more from each kind of lock board: never a false opening, never a second pulse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import HardwareError
from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.serial.lock_rig import LOCKERS, Truth, Wall, wall
from tests.serial.noise import Kind, Noise, Step, scripts

ENOUGH = 10_000
SOME = (*Kind, *[Kind.UNCHANGED] * 12)
LONG = (Kind.STALE, Kind.INTERLEAVED, *[Kind.UNCHANGED] * 2)
SPOILT = (Kind.FLIPPED, Kind.SUBSTITUTED, Kind.TRUNCATED, Kind.BEHEADED, Kind.PRECEDED, Kind.FOLLOWED, Kind.DROPPED)
REQUESTS = (*SPOILT, *[Kind.UNCHANGED] * 14)
"""What may happen to requests: a board that hears one twice, or late, does as it is told."""
LASTS = 6
ROUNDS = 3
ENDINGS = (Turn.UNLOCKED, Turn.NOT_STARTED, Turn.ABSENT, HardwareError)
OFTEN = 20
"""Each ending comes up at least so often, so that the noise is neither too little nor too much."""
FAULTS = (None, Fault.BOLT_STUCK, Fault.BOLT_STUCK, Fault.DOOR_LEFT_OPEN, Fault.LOCK_SWITCH_STUCK)
FOREIGN = {
    "lock_board_8a": (
        "8A 01 01 11 9B",  # lock 1 was unlocked, or so an adapter says that hears itself
        "8A 01 02 11 98",
        "80 02 01 11 92",  # lock 1 of another board is open
        "80 02 02 11 91",
        "80 01 04 11 94",  # lock 4, which is not ours, is open
        "80 01 00 00 02 33 B0",  # all locks in one answer
        "82 01 01 11 93",  # a door tells by itself that it opened
        "80 01 01 33 B3",  # the request itself
    ),
    "kerong_cu": (
        "02 10 35 00 00 00 00 03 4A",  # all of board 1 are open
        "02 F2 35 00 00 00 00 03 2C",  # all of board 15 are open
        "02 00 36 00 00 00 00 03 3B",  # an answer to another question
        "02 00 30 03 35",  # the requests themselves
        "02 00 31 03 36",
    ),
}


class OtherNoise(Noise):
    """Noise whose whole frames all answer another question.

    An earlier answer to the very same question cannot be told from a fresh one: these protocols number nothing.
    """

    def _other(self, step: Step) -> bytes:
        return self._foreign[step.byte % len(self._foreign)]


def bursts(steps: list[Step]) -> list[Step]:
    """Let each disturbance last for some messages, as a loose plug or a second device on the line does."""
    return [step for step in steps for _ in range(1 + step.place % LASTS)]


def violations(ended: object, before: Truth, after: Truth) -> Iterator[str]:
    """Say what was believed, or done, that must not be."""
    if after.pulses - before.pulses > 1:
        yield "it was unlocked twice"
    if ended is Turn.ABSENT and after.pulses != before.pulses:
        yield "it was unlocked though it says it was not"
    if ended is Turn.UNLOCKED and after.openings == before.openings and not before.opened:
        yield "it says that it opened"


def turned(running: Wall, slot: str, endings: Counter[object]) -> list[str]:
    """Unlock a locker and judge what is said of it."""
    before, began = running.truth(slot), running.clock.monotonic()
    ended = running.turn(slot)
    endings[ended] += 1
    took_s = running.clock.monotonic() - began
    found = list(violations(ended, before, running.truth(slot)))
    if took_s > running.motors[slot].limit_s:
        found.append(f"it took {took_s:.1f} s")
    return [f"{slot} {ended}: {what}" for what in found]


def disturbed(running: Wall, fault: Fault | None, slots: Sequence[str], endings: Counter[object]) -> list[str]:
    """Unlock lockers while the line is disturbed, a few times over; return what went wrong."""
    found: list[str] = []
    if fault:
        running.world.set_fault(fault, True)
    for _ in range(ROUNDS):
        found += [what for slot in slots for what in turned(running, slot, endings)]
        running.leave()
    running.line.mangle = running.line.mangle_heard = None
    if fault:
        running.world.set_fault(fault, False)
    return found


def still_working(running: Wall) -> list[str]:
    """Unlock every locker on a quiet line; return what went wrong."""
    running.leave()
    ended = {slot: running.turn(slot) for slot in LOCKERS}
    running.leave()
    return [f"{slot} does not work again: {how}" for slot, how in ended.items() if how is not Turn.UNLOCKED]


@pytest.mark.parametrize("controller", FOREIGN)
def test_bad_frames(controller: str, tmp_path: Path, evidence: Evidence) -> None:
    evidence.count("serial_violations", 0)
    foreign = [bytes.fromhex(frame) for frame in FOREIGN[controller]]
    bad, endings = 0, Counter[object]()
    with wall(tmp_path, controller) as running:

        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(
            said=st.one_of(scripts(SOME), scripts(), scripts(most=8).map(bursts), scripts(LONG, most=8).map(bursts)),
            heard=st.one_of(st.just([]), scripts(REQUESTS)),
            fault=st.sampled_from(FAULTS),
            slots=st.lists(st.sampled_from(LOCKERS), min_size=1, unique=True),
        )
        def disturb(said: list[Step], heard: list[Step], fault: Fault | None, slots: list[str]) -> None:
            nonlocal bad
            noises = [OtherNoise(evidence, controller, script, foreign) for script in (said, heard) if script]
            running.line.mangle, running.line.mangle_heard = noises[0], noises[1] if heard else None
            found = disturbed(running, fault, slots, endings)
            bad += sum(noise.bad for noise in noises)
            evidence.count("serial_violations", len(found))
            assert not found

        while bad < ENOUGH:
            disturb()
            assert not still_working(running)
    assert all(endings[ended] >= OFTEN for ended in ENDINGS), endings
