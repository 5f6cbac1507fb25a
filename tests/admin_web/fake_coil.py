"""What a restock does to one slot of the daemon at the far end: the coil as a queue of lots, front first."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from kiosk.model import CoilLot, Drift, Removed, RestockedSlot, RestockLine, SlotStock

HOUR = "2026-11-22T05:00Z"


def a_slot(name: str, sku: str, product: str, capacity: int, on_hand: int, **more: Any) -> SlotStock:
    facts: dict[str, Any] = {"pictogram": "box", "par": 3, "unresolved": 0, "jams": 0, "version": 7}
    facts["essential"] = sku == "NAL-4"
    made = SlotStock(slot=name, sku=sku, product=product, capacity=capacity, on_hand=on_hand, **{**facts, **more})
    inside = made.on_hand + made.unresolved
    if not made.lots and inside:
        lot = CoilLot(id=1, quantity=inside, lot="72680LL", expiry=datetime.date(2028, 8, 31), funder="State grant")
        made = msgspec.structs.replace(made, lots=(lot,))
    return settled(made)


def settled(stock: SlotStock) -> SlotStock:
    """Work out what follows from the lots, as the daemon does."""
    lots = tuple(lot for lot in stock.lots if lot.quantity)
    assert sum(lot.quantity for lot in lots) == stock.on_hand + stock.unresolved
    front, reach = [], 0
    for lot in lots:
        if reach > stock.unresolved:
            break
        front.append(lot)
        reach += lot.quantity
    return msgspec.structs.replace(
        stock,
        lots=lots,
        front_locked=any(lot.locked for lot in front),
        front_expired=any(lot.expired for lot in front),
        locked=sum(lot.quantity for lot in lots if lot.locked),
    )


def restocked(
    stock: SlotStock, line: RestockLine, products: dict[str, SlotStock], left: int, version: int
) -> tuple[SlotStock, RestockedSlot]:
    """Return the slot after a visit's line, and what the visit says of it. Raises ValueError with a sentence.

    `stock` is the slot when it was counted; `left` items were seen to leave since, which made it `version`.
    """
    found = line.inside_before
    drift = min(0, found - stock.on_hand) + max(0, found - stock.on_hand - stock.unresolved)
    lots = _counted(stock.lots, found)
    for removed in line.removed:
        lots = _without(lots, removed)
    if line.sku is not None:
        if lots:
            raise ValueError(f"{stock.slot} still holds {sum(lot.quantity for lot in lots)}. Take all of it out.")
        like = products[line.sku]
        stock = msgspec.structs.replace(
            stock, sku=line.sku, product=like.product, pictogram=like.pictogram, essential=like.essential
        )
    for number, added in enumerate(line.added):
        facts = {name: getattr(added, name) for name in ("quantity", "lot", "expiry", "funder", "parts")}
        lots = (*lots, CoilLot(id=100 * stock.version + number, **facts))
    lots = _from_front(lots, left)
    now = sum(lot.quantity for lot in lots)
    if now > stock.capacity:
        raise ValueError(f"{stock.slot} holds {stock.capacity}, not {now}.")
    done = RestockedSlot(
        slot=stock.slot, found=found, left=left, removed=sum(each.quantity for each in line.removed),
        added=sum(each.quantity for each in line.added), on_hand=now, settled=stock.unresolved, drift=drift,
    )  # fmt: skip
    after = msgspec.structs.replace(stock, on_hand=now, unresolved=0, jams=0, faults=(), version=version + 1, lots=lots)
    return settled(after), done


def uncounted(before: SlotStock, after: SlotStock) -> SlotStock:
    """Return a slot whose visit was taken back: it shows all that may be inside."""
    low = min(before.on_hand, after.on_hand)
    high = max(before.on_hand + before.unresolved, after.on_hand)
    return settled(
        msgspec.structs.replace(
            before, on_hand=low, unresolved=high - low, version=after.version + 1,
            lots=(CoilLot(id=0, quantity=high),) if high else (),
        )
    )  # fmt: skip


def drift_of(done: RestockedSlot) -> Drift:
    return Drift(hour=HOUR, found=done.found, drift=done.drift)


def _counted(lots: tuple[CoilLot, ...], found: int) -> tuple[CoilLot, ...]:
    """Fit the queue to a count: what is missing came out at the front, what is too much is of an unknown lot."""
    inside = sum(lot.quantity for lot in lots)
    if found > inside:
        return (CoilLot(id=0, quantity=found - inside), *lots)
    return _from_front(lots, inside - found)


def _from_front(lots: tuple[CoilLot, ...], out: int) -> tuple[CoilLot, ...]:
    left = []
    for lot in lots:
        taken = min(out, lot.quantity)
        out -= taken
        if lot.quantity > taken:
            left.append(msgspec.structs.replace(lot, quantity=lot.quantity - taken))
    return tuple(left)


def _without(lots: tuple[CoilLot, ...], removed: Removed) -> tuple[CoilLot, ...]:
    if removed.lot is None:
        return _from_front(lots, removed.quantity)
    held = next((lot for lot in lots if lot.id == removed.lot), None)
    if held is None or held.quantity < removed.quantity:
        raise ValueError(f"There are not {removed.quantity} of that lot.")
    rest = msgspec.structs.replace(held, quantity=held.quantity - removed.quantity)
    return tuple(rest if lot is held else lot for lot in lots if lot is not held or rest.quantity)
