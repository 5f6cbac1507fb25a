"""What the kiosk says: to visitors about their item, to staff about the machine. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kiosk.model import EventKind, Fault, FaultKind, Outcome, Purpose, Refusal, RefusalCode, RefusedError, SlotStock

DROPPING = "It is dropping now. Look in the tray."
OPENING = "It is opening now. Look for the open door."
TRYING_NEXT = "That one got stuck. We are trying the next one for you."
WAITING = "Yours is next. It takes a few seconds."
BUSY = "One item is dropping now. Press again when it is done."
TWO_COMING = "Two are on their way. Press again when they are out."
SOLD_OUT = "Sold out here. The people who refill it will see that you asked."
LEDGER_OPENING = "The ledger is not open yet: its disk is slow, full or away. Naloxone comes out already."
DISK_STUCK = (
    "The disk does not answer. Naloxone still comes out, and nothing else. Leave the kiosk on: what came out is not "
    "written down yet. If the disk stays silent, change it and count every slot."
)
NOT_SAVED = "The disk does not answer, so nothing was saved. Try again in a few minutes."
MAY_BE_SAVED = "The disk does not answer. This may be saved when it does: look before you enter it once more."
STUCK = "This one cannot come out right now. The people who can fix it will see that. Other items are free to take."
NOT_OUT = "Nothing came out. The people who can fix it will see that, and nothing was counted as taken."
NO_LEDGER = "The kiosk cannot keep its count right now. Naloxone still comes out."

_SAID = {
    Outcome.DISPENSED: "Done. Take it from the tray.",
    Outcome.PRESUMED: "It should be in the tray. If it is not, press again.",
    Outcome.JAMMED: NOT_OUT,
    Outcome.NOT_STARTED: NOT_OUT,
    Outcome.UNKNOWN: "It was cut short in the middle. If the tray is empty, press again.",
}

_TESTED = {
    Outcome.DISPENSED: "{slot} turned and an item fell. It was counted as taken out.",
    Outcome.PRESUMED: "{slot} turned. The drop sensor could not see: count this slot.",
    Outcome.JAMMED: "{slot} turned and nothing fell.",
    Outcome.NOT_STARTED: "{slot} did not move. Check the motor plug and the home switch.",
    Outcome.UNKNOWN: "{slot} did not answer. Count this slot.",
}


_SAID_OF_LOCKER = {
    **_SAID,
    Outcome.PRESUMED: "Locker {slot} is open. Take it and close the door.",
    Outcome.NOT_STARTED: "Locker {slot} did not open. The people who can fix it will see that.",
    Outcome.UNKNOWN: "It was cut short in the middle. If locker {slot} is open, take it. If not, press again.",
}

_TESTED_LOCKER = {
    **_TESTED,
    Outcome.PRESUMED: "{slot} opened. Nobody can see whether an item was taken: count this slot.",
    Outcome.NOT_STARTED: "{slot} did not open.",
    Outcome.UNKNOWN: "{slot} did not answer. See whether it is open, then count it.",
}


def begun(*, locker: bool, again: bool) -> str:
    """Return the sentence for whoever asked, once a motor is on; `again` after another slot failed."""
    if again:
        return TRYING_NEXT
    return OPENING if locker else DROPPING


def said(outcome: Outcome, purpose: Purpose, slot: str, *, locker: bool) -> str:
    """Return the sentence for whoever asked, once it is over."""
    if locker:
        return (_TESTED_LOCKER if purpose is Purpose.TEST else _SAID_OF_LOCKER)[outcome].format(slot=slot)
    return (_TESTED if purpose is Purpose.TEST else _SAID)[outcome].format(slot=slot)


_EVENTS = {
    EventKind.DISPENSED: "An item fell.",
    EventKind.PRESUMED: "It gave out, but no sensor could see whether an item came: count this slot.",
    EventKind.JAMMED: "Nothing fell: the item may hang in the coil.",
    EventKind.NOT_STARTED: "Nothing moved: check its motor or lock.",
    EventKind.UNKNOWN: "A vend was cut short, by the power or by a part: count this slot.",
    EventKind.TESTED: "A test turn was made.",
    EventKind.EXTRA_DROP: "More than one item may have fallen: count this slot.",
    EventKind.STRAY_DROP: "Something fell later on its own: count this slot.",
    EventKind.SURPLUS: "An item fell from a slot that was counted empty: count this slot.",
    EventKind.SOLD_OUT: "Somebody asked for it and there was none.",
    EventKind.UNSERVED: "Somebody asked for it and nothing came out.",
    EventKind.COUNTED: "Counted: {quantity}.",
    EventKind.DRIFT: "The count was {quantity:+} against what was expected.",
    EventKind.ADDED: "Put in: {quantity}.",
    EventKind.REMOVED_EXPIRED: "Taken out, past its date: {quantity}.",
    EventKind.REMOVED_DAMAGED: "Taken out, damaged: {quantity}.",
    EventKind.REMOVED_RECALLED: "Taken out, recalled: {quantity}.",
    EventKind.REMOVED_OTHER: "Taken out: {quantity}.",
    EventKind.PLANOGRAM: "Another product is in this slot from now on.",
    EventKind.UNDONE: "A restock visit was taken back: count this slot.",
    EventKind.RECALLED: "Recalled and locked: {quantity} here.",
    EventKind.RECALL_LIFTED: "A recall was lifted.",
    EventKind.EXCURSION: "It is too warm or too cold for this product.",
    EventKind.EXCURSION_OVER: "The temperature is in range again, after {quantity} minutes: review the items.",
    EventKind.EXCURSION_ACCEPTED: "Reviewed after it was too warm or too cold: the items stay.",
    EventKind.SPOILED: "Locked after a review: take out {quantity}.",
    EventKind.HIDDEN: "Taken off the menu.",
    EventKind.SHOWN: "Back on the menu.",
    EventKind.REBUILT: "The ledger had to be begun anew: count this slot.",
    EventKind.BEHIND: "The ledger had lost its latest changes: count this slot.",
    EventKind.STARTED: "The kiosk started.",
    EventKind.OTHER: "Something happened that this version of the software does not know.",
}


def event(kind: EventKind, quantity: int) -> str:
    """Return the sentence for staff about an event of this kind."""
    return _EVENTS[kind].format(quantity=quantity)


def refused(refusal: Refusal) -> str:
    """Return the sentence for a visitor who cannot have an item now. It is true for whoever stands there."""
    if refusal.code in NEXT_COMES:
        return f"The next one comes in {wait(refusal.wait_s or 1)}. Other items are free to take now."
    if refusal.code is RefusalCode.CLOSED and refusal.opens is not None:
        return f"This one is given out from {refusal.opens:%H:%M}. Other items are free to take now."
    return _REFUSED[refusal.code]


def refuse(refusal: Refusal) -> RefusedError:
    """Return the error that tells a refusal."""
    return RefusedError(refused(refusal), refusal)


NEXT_COMES = (RefusalCode.LIMIT, RefusalCode.COOLING)
"""Of these, whoever waits gets the next one: it is not told what anybody took."""

_REFUSED = {
    RefusalCode.BUSY: BUSY,
    RefusalCode.DOOR_OPEN: "The door is open. Close it, then press again.",
    RefusalCode.HIDDEN: "This one is not given out here right now. Other items are free to take.",
    RefusalCode.CLOSED: "This one is not given out at this hour. Other items are free to take.",
    RefusalCode.CODE_NEEDED: "This one needs a code. Anybody gets one here, with no name.",
    RefusalCode.CODE_WRONG: "This code does not work here. Other items are free to take.",
    RefusalCode.CODE_WAIT: "No code can be taken right now. Other items are free to take.",
    RefusalCode.CODE_USED_UP: "This code has had its share of this one for now. Other items are free to take.",
    RefusalCode.SOLD_OUT: SOLD_OUT,
    RefusalCode.STUCK: STUCK,
    RefusalCode.NO_LEDGER: NO_LEDGER,
}


def warned(slot: SlotStock) -> str | None:
    """Return what to add when the item in front of `slot` comes out although it should not be the first choice."""
    if slot.front_locked:
        return LOCKED_GIVEN if slot.essential else None
    return EXPIRED_GIVEN[slot.essential] if slot.front_expired else None


LOCKED_GIVEN = "There was no other: this one should have been taken out. Use it if there is nothing else."
EXPIRED_GIVEN = {
    True: "There was no other: this one is past its date. It can still save a life: use it.",
    False: "This one is past the date that is printed on it.",
}


def slot_faults(slot: SlotStock, *, locker: bool = False) -> tuple[Fault, ...]:
    """Return what needs staff in a slot: how it works, and what is in it."""
    clear = "free the door" if locker else "clear the coil"
    found = (*_failed(slot, clear), *_front(slot), *_unresolved(slot))
    return tuple(Fault(where=slot.slot, kind=kind, text=text) for kind, text in found)


def _failed(slot: SlotStock, clear: str) -> Iterator[tuple[FaultKind, str]]:
    if slot.jams:
        often = {1: "once", 2: "twice"}.get(slot.jams, f"{slot.jams} times")
        only = " Only naloxone is still tried here." if slot.jams >= 3 else ""
        yield FaultKind.FAILED, f"{slot.slot} failed {often}: {clear}, then test it.{only}"


def _front(slot: SlotStock) -> Iterator[tuple[FaultKind, str]]:
    """Say what blocks a coil: it gives out from its front only."""
    if slot.front_locked:
        said = f"recalled or spoiled items are in front and block this coil. Take out {slot.locked}."
        yield FaultKind.LOCKED_FRONT, f"{slot.slot}: {said}"
    elif slot.locked:
        yield FaultKind.LOCKED_BEHIND, f"{slot.slot}: {slot.locked} recalled or spoiled further back. Take them out."
    elif slot.front_expired:
        yield FaultKind.EXPIRED_FRONT, f"{slot.slot}: what is in front is past its date. Take it out."


def _unresolved(slot: SlotStock) -> Iterator[tuple[FaultKind, str]]:
    if slot.unresolved:
        items = "1 item is" if slot.unresolved == 1 else f"{slot.unresolved} items are"
        yield FaultKind.UNRESOLVED, f"{slot.slot}: {items} unresolved. Count this slot."


def wait(seconds: float) -> str:
    """Return a wait in words, rounded up: `1 second`, `42 seconds`, `2 minutes`."""
    count, unit = (math.ceil(seconds), "second") if seconds <= 90 else (math.ceil(seconds / 60), "minute")
    return f"{count} {unit}{'s' * (count != 1)}"
