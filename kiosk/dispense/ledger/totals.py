"""Totals over everything that the ledger ever recorded: over what is still told in detail and what was folded."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace

from kiosk.dispense.ledger.schema import among
from kiosk.model import EventKind, ProductTotals, SlotTotals

_COUNTED = {
    EventKind.DISPENSED: "given",
    EventKind.PRESUMED: "presumed",
    EventKind.JAMMED: "jammed",
    EventKind.NOT_STARTED: "not_started",
    EventKind.UNKNOWN: "unknown",
    EventKind.TESTED: "tested",
    EventKind.SOLD_OUT: "sold_out",
    EventKind.UNSERVED: "unserved",
}
"""In which field of the totals each kind is counted; others are in none."""

# One statement, and so one view of the file: a fold that happens meanwhile moves rows, and is seen whole or not at all.
_TOTALS = (
    "SELECT kind, slot, sku, sum(quantity), sum(times) FROM ("
    "SELECT kind, coalesce(slot, '') AS slot, coalesce(sku, '') AS sku, quantity, 1 AS times FROM event"
    " UNION ALL SELECT kind, slot, sku, quantity, times FROM daily)"
    f" WHERE kind IN {among(_COUNTED)} GROUP BY 1, 2, 3"
)


def totals(db: sqlite3.Connection) -> tuple[tuple[SlotTotals, ...], tuple[ProductTotals, ...]]:
    """Return the totals of every slot and of every product that ever had any, each sorted by name."""
    slots: dict[str, SlotTotals] = {}
    products: dict[str, ProductTotals] = {}
    for kind, slot, sku, quantity, times in db.execute(_TOTALS):
        field = _COUNTED[kind]
        if slot:
            so_far = slots.get(slot, SlotTotals(slot=slot))
            slots[slot] = replace(so_far, **{field: getattr(so_far, field) + times})
            if kind == EventKind.TESTED:
                slots[slot] = replace(slots[slot], test_drops=so_far.test_drops + quantity)
        else:
            asked = products.get(sku, ProductTotals(sku=sku))
            products[sku] = replace(asked, **{field: getattr(asked, field) + times})
    return tuple(slots[name] for name in sorted(slots)), tuple(products[sku] for sku in sorted(products))
