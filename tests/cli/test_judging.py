"""What a test turn is taken for: by the machine alone, and with a person beside it."""

from __future__ import annotations

import pytest

from kiosk.cli.judging import CLEAR, SEES_TOO_LITTLE, SEES_TOO_MUCH, Seen, judge, sort
from kiosk.model import Fault, Outcome, SlotStock, Stock, Vend, VendState

GIVEN, UNSEEN, JAMMED, STILL, CUT = (
    Outcome.DISPENSED,
    Outcome.PRESUMED,
    Outcome.JAMMED,
    Outcome.NOT_STARTED,
    Outcome.UNKNOWN,
)
ADVICE = "did not leave home within 1.0 s: check the motor plug and row wire R1"


def slot(on_hand: int = 5, jams: int = 0, faults: tuple[str, ...] = ()) -> SlotStock:
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
    ],
)
def test_each_ending_with_each_answer(
    outcome: Outcome | None, told: str | None, seen: Seen | None, advice: str
) -> None:
    result = judge(slot(), vend(outcome, told), seen)
    assert (result.advice, result.passed, result.seen) == (advice, not advice, seen)


def test_an_empty_coil_that_turns_is_sound() -> None:
    assert judge(slot(on_hand=0), vend(JAMMED)).result == "it turned, empty"
    assert judge(slot(on_hand=0), vend(JAMMED)).passed
    assert not judge(slot(on_hand=0), vend(JAMMED, f"A3: {ADVICE}")).passed
    assert not judge(slot(on_hand=0), vend(STILL, f"A3: {ADVICE}")).passed


def test_what_is_to_be_counted_is_no_failure_of_the_machine() -> None:
    count, failed, door = (
        Fault(where="A3", text="Count this slot."),
        Fault(where="A3", text="A3 failed once."),
        Fault(where="door", text="The door is open."),
    )
    inside = Stock(slots=(slot(faults=(count.text,)),))
    assert sort((count, door), inside) == ((door,), (count,))
    jammed = Stock(slots=(slot(jams=1, faults=(failed.text, count.text)),))
    assert sort((failed, count), jammed) == ((failed, count), ())
