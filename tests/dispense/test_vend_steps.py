"""The steps of a vend, over every path that hardware can take it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from kiosk.dispense.rules.vend_steps import (
    NUDGES,
    Effect,
    Event,
    Finish,
    Moved,
    Nudge,
    Turn,
    Watch,
    Watched,
    advance,
    begin,
)
from kiosk.model import Outcome

ENDINGS = ("completed", "homed", "not_started", "not_returned", "lost")


def run(proven: bool, moves: list[str], watches: list[Watched], nudges: int = NUDGES) -> tuple[Finish, list[Effect]]:
    """Feed a script to the machine; return how it ended and all it asked for."""
    state, effect = begin(proven=proven, nudges=nudges)
    asked: list[Effect] = [effect]
    move, watch = iter(moves), iter(watches)
    while not isinstance(effect, Finish):
        event: Event = next(watch) if isinstance(effect, Watch) else Moved(next(move))
        state, effect = advance(state, event)
        asked.append(effect)
    return effect, asked


SAW, NOTHING, BLIND = Watched(1, True), Watched(0, True), Watched(0, False)


@pytest.mark.parametrize(
    ("proven", "moves", "watches", "outcome", "certain", "turns"),
    [
        (True, ["completed"], [SAW], Outcome.DISPENSED, True, 1),
        (True, ["completed"] * 2, [NOTHING, SAW], Outcome.DISPENSED, True, 2),
        (True, ["completed"] * 4, [NOTHING] * 4, Outcome.JAMMED, True, 4),
        (True, ["homed"], [SAW], Outcome.DISPENSED, True, 1),
        (True, ["homed", "completed"], [NOTHING, SAW], Outcome.DISPENSED, True, 2),
        (True, ["homed", "homed", *["completed"] * 3], [NOTHING] * 5, Outcome.JAMMED, True, 5),
        (False, ["homed"], [NOTHING], Outcome.PRESUMED, False, 1),
        (True, ["completed"], [BLIND], Outcome.PRESUMED, False, 1),
        (False, ["completed"], [NOTHING], Outcome.PRESUMED, False, 1),
        (False, ["completed"], [SAW], Outcome.DISPENSED, True, 1),
        (True, ["not_started"], [NOTHING], Outcome.NOT_STARTED, True, 1),
        (False, ["not_started"], [NOTHING], Outcome.NOT_STARTED, False, 1),
        (True, ["not_returned"], [NOTHING], Outcome.JAMMED, True, 1),
        (True, ["not_returned"], [SAW], Outcome.DISPENSED, True, 1),
        (False, ["not_returned"], [NOTHING], Outcome.JAMMED, False, 1),
        (True, ["lost"], [NOTHING], Outcome.UNKNOWN, False, 1),
        (True, ["lost"], [SAW], Outcome.DISPENSED, True, 1),
        (True, ["completed", "lost"], [NOTHING, NOTHING], Outcome.UNKNOWN, False, 2),
    ],
)
def test_every_ending(
    proven: bool, moves: list[str], watches: list[Watched], outcome: Outcome, certain: bool, turns: int
) -> None:
    """Each way the hardware can behave has one outcome, and says whether the item is certainly inside."""
    verdict, asked = run(proven, moves, watches)
    assert (verdict.outcome, verdict.certain) == (outcome, certain)
    assert sum(isinstance(effect, Turn | Nudge) for effect in asked) == turns


@pytest.mark.parametrize(
    ("proven", "moves", "watches", "verdict"),
    [
        (True, ["absent"], [], Finish(Outcome.NOT_STARTED, certain=True, drops=0, driven=False)),
        (False, ["absent"], [], Finish(Outcome.NOT_STARTED, certain=True, drops=0, driven=False)),
        (True, ["delivered"], [], Finish(Outcome.DISPENSED, certain=True, drops=1)),
        (False, ["unlocked"], [], Finish(Outcome.PRESUMED, certain=False, drops=0)),
        (True, ["completed", "absent"], [NOTHING], Finish(Outcome.JAMMED, certain=True, drops=0)),
        (True, ["homed", "absent"], [NOTHING], Finish(Outcome.JAMMED, certain=True, drops=0)),
    ],
)
def test_a_motor_that_tells_itself_is_believed_at_once(
    proven: bool, moves: list[str], watches: list[Watched], verdict: Finish
) -> None:
    assert run(proven, moves, watches)[0] == verdict


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("completed", Outcome.PRESUMED),
        ("not_started", Outcome.NOT_STARTED),
        ("not_returned", Outcome.JAMMED),
        ("lost", Outcome.UNKNOWN),
    ],
)
def test_where_nothing_falls_past_the_sensor_nobody_waits_and_nothing_is_certain(ending: str, outcome: Outcome) -> None:
    state, effect = begin(proven=True, watched=False)
    assert effect == Turn()
    _, effect = advance(state, Moved(ending))
    assert effect == Finish(outcome, certain=False, drops=0)


def test_a_sensor_that_fails_its_test_as_the_motor_starts_makes_nothing_certain() -> None:
    """Whatever it was before and says after: one turn, and perhaps it fell."""
    state, _ = begin(proven=True)
    state, effect = advance(state, Moved("completed", tested=False))
    assert effect == Watch(3.0)
    assert advance(state, NOTHING)[1] == Finish(Outcome.PRESUMED, certain=False, drops=0)
    assert advance(state, SAW)[1] == Finish(Outcome.DISPENSED, certain=True, drops=1)


def scripts() -> Iterator[tuple[bool, tuple[str, ...], tuple[Watched, ...]]]:
    watched = [Watched(drops, proven) for drops in (0, 1, 2) for proven in (True, False)]
    for proven, ending, first, second in product((True, False), ENDINGS, watched, watched):
        yield proven, (ending,) + ("completed",) * 4, (first,) + (second,) * 4


def test_a_count_is_certain_only_when_a_proven_sensor_says_so() -> None:
    """Without a proof before and after, nothing that did not fall is believed to be inside; and no second turn."""
    for proven, moves, watches in scripts():
        verdict, asked = run(proven, list(moves), list(watches))
        assert (verdict.outcome is Outcome.DISPENSED) == (verdict.drops > 0)
        if verdict.certain and not verdict.drops:
            assert proven
            assert verdict.outcome in (Outcome.JAMMED, Outcome.NOT_STARTED)
        if not proven:
            assert not any(isinstance(effect, Nudge) for effect in asked)


def test_a_test_turn_makes_no_extra_turns() -> None:
    """Staff who test an empty coil see one turn."""
    verdict, asked = run(True, ["completed"], [NOTHING], nudges=0)
    assert verdict.outcome is Outcome.JAMMED
    assert [type(effect) for effect in asked] == [Turn, Watch, Finish]
