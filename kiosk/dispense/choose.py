"""Which slots to try for a request, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.model import SlotStock

OUT_OF_SERVICE_JAMS = 3
"""So many failures in a row take a slot out until staff count or test it (Crane SureVend)."""


def candidates(slots: Sequence[SlotStock], sku: str) -> list[SlotStock]:
    """Return the slots to try for product `sku`, best first; none means sold out.

    Sound slots come before suspect ones, certain counts before uncertain ones, fuller before emptier, so that
    wear spreads. An essential product is never given up: slots out of service and slots that were counted empty
    are tried too, last, because a count can be wrong and a jam can come loose.
    """
    fits = [slot for slot in slots if slot.sku == sku and (slot.essential or _in_service(slot))]
    return sorted(fits, key=_rank)


def _in_service(slot: SlotStock) -> bool:
    return slot.jams < OUT_OF_SERVICE_JAMS and slot.on_hand + slot.unresolved > 0


def _rank(slot: SlotStock) -> tuple[bool, bool, int, bool, int]:
    """Order: may hold an item, has certain stock, fewest jams, no doubt about its count, fullest."""
    empty = slot.on_hand + slot.unresolved == 0
    return (empty, slot.on_hand == 0, slot.jams, slot.unresolved > 0, -slot.on_hand)
