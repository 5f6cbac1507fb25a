"""What the staff pages say about lots, counts, visits and drift. Pure: facts in, sentences out."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from admin_web.words import items
from kiosk.model import (
    Added,
    CoilLot,
    Drift,
    Lock,
    Reason,
    Removed,
    RestockedSlot,
    RestockResult,
    SlotStock,
)

LOCKED = {Lock.RECALLED: "recalled", Lock.SPOILED: "spoiled"}

WHY = {
    Reason.EXPIRED: "expired",
    Reason.DAMAGED: "damaged",
    Reason.RECALLED: "recalled",
    Reason.OTHER: "for another reason",
}


def day(date: datetime.date) -> str:
    """Return a date as words: "31 Aug 2028"."""
    return f"{date.day} {date:%b %Y}"


def weekday(date: datetime.date) -> str:
    """Return a date as people say it: "Thursday 26 November 2026"."""
    return f"{date:%A} {date.day} {date:%B %Y}"


def lot_name(lot: CoilLot | Added) -> str:
    """Return "Lot 72680LL", or that none was written."""
    return f"Lot {lot.lot}" if lot.lot else "No lot written"


def lot_state(lot: CoilLot) -> list[str]:
    """Return the words for what is wrong with a lot: recalled, spoiled, expired; empty when it is good."""
    return ([LOCKED[lot.locked]] if lot.locked else []) + (["expired"] if lot.expired else [])


def lot_choice(lot: CoilLot) -> tuple[str, str]:
    """Return a lot as a choice of a form, without how many of it there should be."""
    until = f", until {day(lot.expiry)}" if lot.expiry else ""
    wrong = "".join(f", {word}" for word in lot_state(lot))
    return str(lot.id), f"{lot_name(lot)}{until}{wrong}"


def expected(stock: SlotStock) -> str:
    """Return what should be inside: "5", or "3 to 4" while something is unresolved."""
    if stock.unresolved:
        return f"{stock.on_hand} to {stock.on_hand + stock.unresolved}"
    return str(stock.on_hand)


def drift_from(stock: SlotStock, found: int) -> int:
    """Return how far a count lies outside of what is expected: 0 within the honest range."""
    return min(0, found - stock.on_hand) + max(0, found - stock.on_hand - stock.unresolved)


def drift(number: int) -> str:
    """Return a drift in words: "One is missing", "2 are more than expected", "As expected"."""
    if not number:
        return "As expected"
    is_are = "One is" if abs(number) == 1 else f"{abs(number)} are"
    return f"{is_are} {'missing' if number < 0 else 'more than expected'}"


def taken_out(removed: Iterable[Removed]) -> str:
    """Return what was taken out and why: "2 expired, 1 damaged"; empty for nothing."""
    return ", ".join(f"{each.quantity} {WHY[each.reason]}" for each in removed)


def put_in(added: Added) -> str:
    """Return what was put in of one lot: "5 of lot 72680LL, until 31 Aug 2028, paid by SOR grant"."""
    said = [f"{added.quantity} of lot {added.lot}" if added.lot else f"{added.quantity}, no lot written"]
    said += [f"until {day(added.expiry)}"] if added.expiry else []
    said += [f"paid by {added.funder}"] if added.funder else []
    said += [f"{part.name} lot {part.lot}" for part in added.parts]
    return ", ".join(said)


def restocked(done: RestockedSlot) -> str:
    """Return what a restock did to a slot: the count, what was expected, what went out and in, what is in now."""
    said = [f"You counted {done.found}{_against(done)}"]
    if done.drift:
        said.append(drift(done.drift) + ".")
    if done.settled:
        said.append(f"That settles {items(done.settled)}.")
    if done.removed:
        said.append(f"Took out {done.removed}.")
    said.append(f"Put in {done.added}." if done.added else "Nothing put in.")
    if done.left:
        said.append(f"{'One' if done.left == 1 else done.left} came out since.")
    return " ".join([*said, f"Now {done.on_hand}."])


def visit(result: RestockResult) -> str:
    """Return a visit in one line: "3 slots counted, 12 put in, 2 taken out"."""
    slots, put = len(result.lines), sum(line.added for line in result.lines)
    out = sum(line.removed for line in result.lines)
    said = ["1 slot counted" if slots == 1 else f"{slots} slots counted"]
    said += [f"{put} put in"] if put else []
    said += [f"{out} taken out"] if out else []
    return ", ".join(said)


def drift_over_time(drifts: tuple[Drift, ...]) -> str:
    """Return what the latest counts of a slot say together."""
    if not drifts:
        return "Nobody has counted this slot yet."
    off = [each.drift for each in drifts if each.drift]
    counts = "The last count was" if len(drifts) == 1 else f"The last {len(drifts)} counts were"
    if not off:
        return f"{counts} as expected."
    net = sum(off)
    went = f"{abs(net)} {'fewer' if net < 0 else 'more'} than expected in all" if net else "even in all"
    which = "1 count was" if len(off) == 1 else f"{len(off)} counts were"
    return f"{which} off in the last {len(drifts)}, {went}."


def _against(done: RestockedSlot) -> str:
    if not done.drift:
        return "." if done.settled else ", as expected."
    bound = "" if not done.settled else "at least " if done.drift < 0 else "at most "
    return f", we expected {bound}{done.found - done.drift}."
