"""What a self-test found, and whether that is good: for the table, for JSON, and for the exit status. Pure."""

from __future__ import annotations

import enum

from kiosk.model import Fact, Fault, Outcome, Reading, SlotStock, Stock, Vend


class Seen(enum.StrEnum):
    """What a person at the machine answered."""

    YES = "y"
    NO = "n"
    SKIP = "skip"


class SlotResult(Fact, frozen=True, kw_only=True):
    """How one slot's test turn ended. `result` is in words, `advice` what to check; `seen` whether an item fell."""

    slot: str
    product: str
    passed: bool
    outcome: Outcome | None
    result: str
    advice: str = ""
    seen: Seen | None = None


class Answer(Fact, frozen=True, kw_only=True):
    """What a person was asked beside the slots, and whether it is as it should be; None was skipped."""

    question: str
    passed: bool | None
    advice: str = ""


class Report(Fact, frozen=True, kw_only=True):
    """A whole self-test. `faults` are what the machine itself says; `to_do` is work that the test left, no failure."""

    passed: bool
    slots: tuple[SlotResult, ...]
    sensors: tuple[Reading, ...]
    answers: tuple[Answer, ...]
    faults: tuple[Fault, ...]
    to_do: tuple[Fault, ...]


RESULTS = {
    Outcome.DISPENSED: "an item fell",
    Outcome.PRESUMED: "it gave out, unseen",
    Outcome.JAMMED: "nothing fell",
    Outcome.NOT_STARTED: "it did not move",
    Outcome.UNKNOWN: "it did not answer",
    None: "it was not tried",
}

CLEAR = "clear the coil, then test it again"
SEES_TOO_MUCH = "the drop sensor saw something that nobody else did: clean and align it"
SEES_TOO_LITTLE = "the drop sensor did not see the item: clean and align it"
"""What to check when a driver has no advice of its own."""


def judge(slot: SlotStock, vend: Vend, seen: Seen | None = None) -> SlotResult:
    """Return how a test turn of `slot`, as it was before, is to be taken. `seen`: whether a person saw an item fall."""
    empty = slot.on_hand + slot.unresolved == 0
    advice = _doubt(vend.outcome, seen) or _failure(vend, empty=empty)
    result = "it turned, empty" if empty and vend.outcome is Outcome.JAMMED else RESULTS[vend.outcome]
    return SlotResult(
        slot=slot.slot,
        product=slot.product,
        passed=not advice,
        outcome=vend.outcome,
        result=result,
        advice=advice,
        seen=seen,
    )


def _doubt(outcome: Outcome | None, seen: Seen | None) -> str:
    """Return what to check when a person saw something else than the machine did."""
    if outcome is Outcome.DISPENSED and seen is Seen.NO:
        return SEES_TOO_MUCH
    if outcome is Outcome.JAMMED and seen is Seen.YES:
        return SEES_TOO_LITTLE
    return CLEAR if outcome is Outcome.PRESUMED and seen is Seen.NO else ""


def _failure(vend: Vend, *, empty: bool) -> str:
    """Return what to check after a turn that went wrong; nothing after one that went well."""
    if vend.outcome in (Outcome.DISPENSED, Outcome.PRESUMED):
        return ""
    if vend.outcome is Outcome.JAMMED and not vend.advice:
        return "" if empty else CLEAR
    return (vend.advice or vend.message).removeprefix(f"{vend.slot}: ")


def sort(faults: tuple[Fault, ...], stock: Stock) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Return the faults of the machine, and those that only say what to do with what is in a slot, such as to count."""
    inside = {(slot.slot, text) for slot in stock.slots if not slot.jams for text in slot.faults}
    of_machine = tuple(fault for fault in faults if (fault.where, fault.text) not in inside)
    return of_machine, tuple(fault for fault in faults if (fault.where, fault.text) in inside)
