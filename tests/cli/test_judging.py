"""What a test turn is taken for: by the machine alone, and with a person beside it."""

from __future__ import annotations

import pytest

from kiosk.cli.verdict import (
    CLEAR,
    GAVE_UNASKED,
    NEVER_ASKED,
    NOT_TRIED,
    OPENS_UNSEEN,
    SEE_MACHINE,
    SEES_TOO_LITTLE,
    SEES_TOO_MUCH,
    STAYED_SHUT,
    TURNS_UNSEEN,
    Seen,
    heard,
    judge,
    sort,
)
from kiosk.model import Event, EventKind, Fault, FaultKind, MachinePart, Outcome, SlotStock, Stock, Vend, VendState

GIVEN, UNSEEN, JAMMED, STILL, CUT = (
    Outcome.DISPENSED,
    Outcome.PRESUMED,
    Outcome.JAMMED,
    Outcome.NOT_STARTED,
    Outcome.UNKNOWN,
)
ADVICE = "did not leave home within 1.0 s: check the motor plug and row wire R1"


def slot(on_hand: int = 5, jams: int = 0, faults: tuple[Fault, ...] = ()) -> SlotStock:
    return SlotStock(
        slot="A3",
        sku="NAL",
        product="Naloxone",
        pictogram="naloxone",
        essential=True,
        capacity=9,
        par=3,
        on_hand=on_hand,
        unresolved=0,
        jams=jams,
        version=1,
        faults=faults,
    )


def vend(outcome: Outcome | None, advice: str | None = None) -> Vend:
    return Vend(
        id="request-1", state=VendState.DONE, message="A3: it failed.", advice=advice, outcome=outcome, slot="A3"
    )


@pytest.mark.parametrize(
    ("outcome", "told", "seen", "advice"),
    [
        (GIVEN, None, None, ""),
        (UNSEEN, None, None, ""),
        (JAMMED, None, None, CLEAR),
        (JAMMED, f"A3: {ADVICE}", None, ADVICE),
        (STILL, f"A3: {ADVICE}", None, ADVICE),
        (STILL, None, None, "it failed."),
        (CUT, None, None, "it failed."),
        (None, None, None, "it failed."),
        (GIVEN, None, Seen.YES, ""),
        (GIVEN, None, Seen.NO, SEES_TOO_MUCH),
        (GIVEN, None, Seen.SKIP, ""),
        (UNSEEN, None, Seen.YES, ""),
        (UNSEEN, None, Seen.NO, CLEAR),
        (JAMMED, None, Seen.YES, SEES_TOO_LITTLE),
        (JAMMED, None, Seen.NO, CLEAR),
        (STILL, f"A3: {ADVICE}", Seen.NO, ADVICE),
        (STILL, f"A3: {ADVICE}", Seen.YES, TURNS_UNSEEN),
        (STILL, f"A3: {ADVICE}", Seen.SKIP, ADVICE),
    ],
)
def test_each_ending_with_each_answer(
    outcome: Outcome | None, told: str | None, seen: Seen | None, advice: str
) -> None:
    result = judge(slot(), vend(outcome, told), seen)
    assert (result.advice, result.passed, result.seen) == (advice, not advice, seen)


LOCK = MachinePart(kind="lock", driver="gpio_solenoid", name="A3")
LANE = MachinePart(kind="motor", driver="mdb_item", name="A3", visitor_only=True)


@pytest.mark.parametrize(
    ("outcome", "seen", "result", "advice"),
    [
        (UNSEEN, None, "it opened", ""),
        (UNSEEN, Seen.YES, "it opened", ""),
        (UNSEEN, Seen.NO, "it opened", STAYED_SHUT),
        (STILL, Seen.NO, "it did not open", ADVICE),
        (STILL, Seen.YES, "it did not open", OPENS_UNSEEN),
    ],
)
def test_a_locker_is_told_in_the_words_of_doors(outcome: Outcome, seen: Seen | None, result: str, advice: str) -> None:
    judged = judge(slot(), vend(outcome, None if outcome is UNSEEN else f"A3: {ADVICE}"), seen, LOCK)
    assert (judged.result, judged.advice, judged.passed) == (result, advice, not advice)
    assert "coil" not in judged.advice


@pytest.mark.parametrize(
    ("outcome", "seen", "passed", "advice"),
    [
        (STILL, None, None, "choose it at the machine"),
        (STILL, Seen.SKIP, None, "choose it at the machine"),
        (STILL, Seen.YES, False, GAVE_UNASKED),
        (STILL, Seen.NO, False, NEVER_ASKED),
        (GIVEN, None, True, ""),
        (GIVEN, Seen.YES, True, ""),
        (UNSEEN, Seen.YES, True, ""),
        (GIVEN, Seen.NO, False, SEE_MACHINE),
        (JAMMED, Seen.NO, False, SEE_MACHINE),
        (CUT, Seen.YES, False, SEE_MACHINE),
    ],
)
def test_what_only_a_visitor_can_choose_is_judged_once_somebody_did(
    outcome: Outcome, seen: Seen | None, passed: bool | None, advice: str
) -> None:
    judged = judge(slot(), vend(outcome, "A3: choose it at the machine"), seen, LANE)
    assert (judged.passed, judged.advice) == (passed, advice)
    assert (judged.result == NOT_TRIED) is (passed is None)


def test_only_what_came_after_the_test_turn_counts() -> None:
    def event(seq: int, kind: EventKind) -> Event:
        return Event(seq=seq, kind=kind, hour="2026-11-22T05:00Z", clock_ok=True, quantity=1, text="", slot="A3")

    turned = vend(STILL, "A3: choose it at the machine")
    assert heard(turned, (event(7, EventKind.TESTED), event(6, EventKind.DISPENSED)), 6) == turned
    told = heard(turned, (event(9, EventKind.SOLD_OUT), event(8, EventKind.JAMMED), event(7, EventKind.DISPENSED)), 6)
    assert (told.outcome, told.advice) == (JAMMED, None)


def test_an_empty_coil_that_turns_is_sound() -> None:
    assert judge(slot(on_hand=0), vend(JAMMED)).result == "it turned, empty"
    assert judge(slot(on_hand=0), vend(JAMMED)).passed
    assert not judge(slot(on_hand=0), vend(JAMMED, f"A3: {ADVICE}")).passed
    assert not judge(slot(on_hand=0), vend(STILL, f"A3: {ADVICE}")).passed


def test_what_is_to_be_counted_is_no_failure_of_the_machine() -> None:
    count, failed, door = (
        Fault(where="A3", kind=FaultKind.UNRESOLVED, text="Count this slot."),
        Fault(where="A3", kind=FaultKind.FAILED, text="A3 failed once."),
        Fault(where="door", kind=FaultKind.DOOR_OPEN, text="The door is open."),
    )
    inside = Stock(slots=(slot(faults=(count,)),))
    assert sort((count, door), inside) == ((door,), (count,))
    jammed = Stock(slots=(slot(jams=1, faults=(failed, count)),))
    assert sort((failed, count), jammed) == ((failed, count), ())
