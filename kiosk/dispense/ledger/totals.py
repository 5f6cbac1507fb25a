"""Totals over everything that the ledger ever recorded: over what is still told in detail and what was folded."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace

from kiosk.model import ProductTotals, SlotTotals

_KINDS = "('dispensed', 'presumed', 'jammed', 'not_started', 'unknown', 'tested', 'sold_out', 'unserved')"

# One statement, and so one view of the file: a fold that happens meanwhile moves rows, and is seen whole or not at all.
_TOTALS = (
    "SELECT kind, slot, sku, sum(quantity), sum(times) FROM ("
    "SELECT kind, coalesce(slot, '') AS slot, coalesce(sku, '') AS sku, quantity, 1 AS times FROM event"
    " UNION ALL SELECT kind, slot, sku, quantity, times FROM daily)"
    f" WHERE kind IN {_KINDS} GROUP BY 1, 2, 3"
)


def totals(db: sqlite3.Connection) -> tuple[tuple[SlotTotals, ...], tuple[ProductTotals, ...]]:
    """Return the totals of every slot and of every product that ever had any, each sorted by name."""
    slots: dict[str, SlotTotals] = {}
    products: dict[str, ProductTotals] = {}
    for kind, slot, sku, quantity, times in db.execute(_TOTALS):
        if slot:
            so_far = slots.get(slot, SlotTotals(slot=slot))
            slots[slot] = _counted(so_far, kind, quantity, times)
        else:
            asked = products.get(sku, ProductTotals(sku=sku))
            products[sku] = replace(asked, **{kind: getattr(asked, kind) + times})
    return tuple(slots[name] for name in sorted(slots)), tuple(products[sku] for sku in sorted(products))


def _counted(slot: SlotTotals, kind: str, quantity: int, times: int) -> SlotTotals:
    if kind == "tested":
        return replace(slot, tested=slot.tested + times, test_drops=slot.test_drops + quantity)
    field = "given" if kind == "dispensed" else kind
    return replace(slot, **{field: getattr(slot, field) + times})
