"""What a self-test found, and whether that is good: for the table, for JSON, and for the exit status. Pure."""

from __future__ import annotations

import enum

from msgspec.structs import replace

from kiosk.model import (
    CONTENT_FAULTS,
    Event,
    EventKind,
    Fact,
    Fault,
    MachinePart,
    Outcome,
    Reading,
    SlotStock,
    Stock,
    Vend,
)


class Seen(enum.StrEnum):
    """What a person at the machine answered."""

    YES = "y"
    NO = "n"
    SKIP = "skip"


class SlotResult(Fact, frozen=True, kw_only=True):
    """How one slot's test turn ended. `result` is in words, `advice` what to check; `seen` whether an item came out.

    `passed` is None for a slot that only a visitor at the machine's own keypad can try.
    """

    slot: str
    product: str
    passed: bool | None
    outcome: Outcome | None
    result: str
    advice: str = ""
    seen: Seen | None = None


class Answer(Fact, frozen=True, kw_only=True):
    """What a person was asked beside the slots, and whether it is as it should be; None was skipped.

    `part` is the one of which the kiosk now tells something that the person did for the test.
    """

    question: str
    passed: bool | None
    advice: str = ""
    part: str | None = None


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

LOCKER_RESULTS = {
    **RESULTS,
    Outcome.PRESUMED: "it opened",
    Outcome.NOT_STARTED: "it did not open",
}
NOT_TRIED = "not tried here"
NOT_ASKED = "nobody asked for it"

CLEAR = "clear the coil, then test it again"
STAYED_SHUT = "the door stayed shut: free it and check the lock, its contact and its wires, then test it again"
SEE_MACHINE = "see the machine's own display, and whether the lane is empty or wedged"
SEES_TOO_MUCH = "the drop sensor saw something that nobody else did: clean and align it"
SEES_TOO_LITTLE = "the drop sensor did not see the item: clean and align it"
TURNS_UNSEEN = "an item came out, so the motor turns: check the home switch and its wire"
OPENS_UNSEEN = "the door opened, so check its contact and the contact's wire"
"""What to check when a driver has no advice of its own, or a person knows better."""

GAVE_UNASKED = (
    "the machine gave it out without asking the kiosk: set a price for it in the machine's menu, and check its number"
)
NEVER_ASKED = "the machine did not ask the kiosk for it: check its number and price, here and in the machine's menu"
"""What to check when a visitor chose at the machine's own keypad and the kiosk heard nothing of it."""


def judge(slot: SlotStock, vend: Vend, seen: Seen | None = None, part: MachinePart | None = None) -> SlotResult:
    """Return how a test turn of `slot`, as it was before, is to be taken.

    `seen` says whether a person saw its item come out, `part` what works the slot, if that could be opened.
    """
    if part is not None and part.visitor_only:
        passed, result, advice = _at_keypad(vend, seen)
    else:
        empty, locker = slot.on_hand + slot.unresolved == 0, part is not None and part.kind == "lock"
        advice = _doubt(vend.outcome, seen, locker=locker) or _failure(vend, empty=empty)
        passed, result = not advice, (LOCKER_RESULTS if locker else RESULTS)[vend.outcome]
        if empty and vend.outcome is Outcome.JAMMED:
            result = "it turned, empty"
    return SlotResult(
        slot=slot.slot,
        product=slot.product,
        passed=passed,
        outcome=vend.outcome,
        result=result,
        advice=advice,
        seen=seen,
    )


def heard(vend: Vend, events: tuple[Event, ...], after: int) -> Vend:
    """Return the test turn `vend` as it went once a visitor chose: as the newest of the slot's events tells.

    Only events with a sequence above `after` count; without one, `vend` is returned as it is.
    """
    endings = {EventKind(outcome): outcome for outcome in Outcome}
    ended = [endings[event.kind] for event in events if event.seq > after and event.kind in endings]
    return replace(vend, outcome=ended[0], advice=None) if ended else vend


def _at_keypad(vend: Vend, seen: Seen | None) -> tuple[bool | None, str, str]:
    """Judge a slot that moves only for a visitor: without one it is neither good nor bad."""
    if vend.outcome is Outcome.NOT_STARTED:
        if seen is None or seen is Seen.SKIP:
            return None, NOT_TRIED, _told(vend)
        return False, NOT_ASKED, GAVE_UNASKED if seen is Seen.YES else NEVER_ASKED
    fell = vend.outcome in (Outcome.DISPENSED, Outcome.PRESUMED)
    if fell and seen is not Seen.NO:
        return True, RESULTS[vend.outcome], ""
    return False, RESULTS[vend.outcome], SEE_MACHINE


def _doubt(outcome: Outcome | None, seen: Seen | None, *, locker: bool) -> str:
    """Return what to check when a person saw something else than the machine did."""
    if seen is Seen.YES and outcome is Outcome.NOT_STARTED:
        return OPENS_UNSEEN if locker else TURNS_UNSEEN
    if seen is Seen.YES and outcome is Outcome.JAMMED:
        return SEES_TOO_LITTLE
    if seen is Seen.NO and outcome is Outcome.DISPENSED:
        return SEES_TOO_MUCH
    if seen is Seen.NO and outcome is Outcome.PRESUMED:
        return STAYED_SHUT if locker else CLEAR
    return ""


def _failure(vend: Vend, *, empty: bool) -> str:
    """Return what to check after a turn that went wrong; nothing after one that went well."""
    if vend.outcome in (Outcome.DISPENSED, Outcome.PRESUMED):
        return ""
    if vend.outcome is Outcome.JAMMED and not vend.advice:
        return "" if empty else CLEAR
    return _told(vend)


def _told(vend: Vend) -> str:
    return (vend.advice or vend.message).removeprefix(f"{vend.slot}: ")


def sort(faults: tuple[Fault, ...], stock: Stock) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Return the faults of the machine, and those that only say what to do with what is in a slot, such as to count."""
    jammed = {slot.slot for slot in stock.slots if slot.jams}
    to_do = [fault for fault in faults if fault.kind in CONTENT_FAULTS and fault.where not in jammed]
    return tuple(fault for fault in faults if fault not in to_do), tuple(to_do)
