"""What the kiosk says: to visitors about their item, to staff about the machine. Pure."""

from __future__ import annotations

from kiosk.model import Outcome, Purpose

DROPPING = "It is dropping now. Look in the tray."
TRYING_NEXT = "That one got stuck. We are trying the next one for you."
WAITING = "Yours is next. It takes a few seconds."
BUSY = "One item is dropping now. Press again when it is done."
DOOR_OPEN = "The door is open. Close it, then press again."
LIMIT = "You have taken what one visit may. Other items are still free to take."
SOLD_OUT = "Sold out here. We have told the people who refill it."
NOT_OUT = "Nothing came out, and we have told the people who can fix it. Nothing was counted as taken."
NO_LEDGER = "The kiosk cannot keep its count right now. Naloxone still comes out."

_SAID = {
    Outcome.DISPENSED: "Done. Take it from the tray.",
    Outcome.PRESUMED: "It should be in the tray. If it is not, press again.",
    Outcome.JAMMED: NOT_OUT,
    Outcome.NOT_STARTED: NOT_OUT,
    Outcome.UNKNOWN: "The power went away in the middle. If the tray is empty, press again.",
}

_TESTED = {
    Outcome.DISPENSED: "{slot} turned and an item fell. It was counted as taken out.",
    Outcome.PRESUMED: "{slot} turned. The drop sensor could not see: count this slot.",
    Outcome.JAMMED: "{slot} turned and nothing fell.",
    Outcome.NOT_STARTED: "{slot} did not move. Check the motor plug and the home switch.",
    Outcome.UNKNOWN: "{slot} did not answer. Count this slot.",
}


def said(outcome: Outcome, purpose: Purpose, slot: str) -> str:
    """Return the sentence for whoever asked, once it is over."""
    return (_TESTED if purpose is Purpose.TEST else _SAID)[outcome].format(slot=slot)


_EVENTS = {
    "dispensed": "An item fell.",
    "presumed": "The coil turned, but the drop sensor could not see: count this slot.",
    "jammed": "Nothing fell: the item may hang in the coil.",
    "not_started": "The motor did not leave home: check its plug and the home switch.",
    "unknown": "Power was cut during a vend: count this slot.",
    "tested": "A test turn moved the coil.",
    "extra_drop": "More than one item may have fallen: count this slot.",
    "stray_drop": "Something fell later on its own: count this slot.",
    "restocked": "Counted and filled.",
    "sold_out": "Somebody asked for it and there was none.",
    "unrecorded": "An item may have left while the ledger could not be written: count this slot.",
    "surplus": "An item fell from a slot that was counted empty: count this slot.",
    "started": "The kiosk started.",
}


def event(kind: str) -> str:
    """Return the sentence for staff about an event of this kind."""
    return _EVENTS[kind]


def slot_faults(slot: str, jams: int, unresolved: int) -> tuple[str, ...]:
    """Return the sentences for staff about a slot's count and its failures."""
    told = []
    if jams >= 3:
        told.append(f"{slot} failed {jams} times: clear the coil, then test it. Only naloxone is still tried here.")
    elif jams:
        told.append(f"{slot} failed {'once' if jams == 1 else 'twice'}: clear the coil, then test it.")
    if unresolved:
        items = "1 item is" if unresolved == 1 else f"{unresolved} items are"
        told.append(f"{slot}: {items} unresolved. Count this slot.")
    return tuple(told)
