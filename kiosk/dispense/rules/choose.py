"""Which slots to try for a request, and in which order. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Container, Sequence

from kiosk.config import Product
from kiosk.model import SlotStock

RESTING_JAMS = 2
"""After so many failures in a row a slot rests for REST_S (Crane SureVend: "out for a set time")."""

OUT_OF_SERVICE_JAMS = 3
"""So many failures in a row take a slot out until staff count or test it (Crane SureVend)."""

REST_S = 1800.0
"""How long a slot rests, in seconds: an item that hangs may settle, and nobody waits for it meanwhile."""


def candidates(slots: Sequence[SlotStock], product: Product, resting: Container[str] = ()) -> list[SlotStock]:
    """Return the slots to try for a product, best first; none means sold out. `resting` names slots that rest.

    Sound slots come before suspect ones, then those whose front item expires first, certain counts before uncertain
    ones, and fuller ones before emptier, so that wear spreads. A coil gives out from its front only: one whose front
    is recalled or spoiled is passed over, and one whose front is past its date as the product says.

    An essential product is never given up. Slots that are out of service, resting or hidden are tried too; items past
    their date, then recalled ones, when there are no others; and last, slots that were counted empty, because a count
    can be wrong.
    """
    held = [slot for slot in slots if slot.sku == product.sku]
    if product.essential:
        return sorted(held, key=_emergency_rank)
    fits = [slot for slot in held if _gives(slot, product) and slot.slot not in resting]
    return sorted(fits, key=lambda slot: (slot.front_expired and product.expired == "last", *_rank(slot)))


def in_stock(slots: Sequence[SlotStock], product: Product) -> bool:
    """Say whether any slot may hold an item of a product that is given out."""
    return any(_gives(slot, product) for slot in slots if slot.sku == product.sku)


def _gives(slot: SlotStock, product: Product) -> bool:
    """Say whether a slot may hold an item and its front may be given out."""
    refused = slot.front_expired and product.expired == "refuse" and not product.essential
    works = slot.jams < OUT_OF_SERVICE_JAMS and slot.on_hand + slot.unresolved > 0
    return works and not slot.front_locked and not refused


def _rank(slot: SlotStock) -> tuple[bool, int, datetime.date, bool, int]:
    """Order: has certain stock, fewest failures, front expires first, no doubt about its count, fullest."""
    front = slot.lots[0].expiry if slot.lots else None
    return (slot.on_hand == 0, slot.jams, front or datetime.date.max, slot.unresolved > 0, -slot.on_hand)


def _emergency_rank(slot: SlotStock) -> tuple[bool, bool, bool, bool, int, int, datetime.date, bool, int]:
    """Order: may hold an item, is not recalled, is within its date, then as ever, but with doubt before dates.

    With no working drop sensor nobody can tell a coil that gives nothing from one that gives. Whoever presses again
    because the tray is empty must get the next coil: the one with the least doubt.
    """
    empty, jams, front, doubtful, emptier = _rank(slot)
    hope = (slot.on_hand + slot.unresolved == 0, slot.front_locked, slot.front_expired)
    return (*hope, empty, jams, slot.unresolved, front, doubtful, emptier)
