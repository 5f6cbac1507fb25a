"""Totals over everything that the ledger ever recorded: over what is still told in detail and what was folded."""

from __future__ import annotations

import datetime
import sqlite3

from msgspec.structs import replace

from kiosk import clock
from kiosk.clock import DAY_0, HOURS_A_DAY
from kiosk.dispense.ledger.schema import among
from kiosk.model import UNMET, EventKind, ProductTotals, SlotTotals, Usage, UsageRow

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


_USED = {
    EventKind.DISPENSED: "given",
    EventKind.PRESUMED: "presumed",
    EventKind.UNKNOWN: "unknown",
    **dict.fromkeys(UNMET, "unmet"),
}
"""In which field of a day's usage each kind is counted."""

# What was folded has a day, what was not an hour: a day is told of both, and nothing finer.
_USAGE = (
    "SELECT day, used.sku, slot, funder, kind, sum(times) FROM ("
    f"SELECT hour / {HOURS_A_DAY} AS day, kind, coalesce(slot, '') AS slot, coalesce(sku, '') AS sku,"
    " coalesce(lot, 0) AS lot, 1 AS times FROM event"
    " UNION ALL SELECT day, kind, slot, sku, lot, times FROM daily) AS used"
    " LEFT JOIN lot ON lot.id = used.lot"
    f" WHERE kind IN {among(_USED)} AND day BETWEEN ? AND ? GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4"
)


def usage(db: sqlite3.Connection, first: datetime.date, last: datetime.date) -> Usage:
    """Return what was given out from one day to another, both included."""
    rows: dict[tuple[int, str, str, str | None], UsageRow] = {}
    for day, sku, slot, funder, kind, times in db.execute(_USAGE, ((first - DAY_0).days, (last - DAY_0).days)):
        key = day, sku, slot, funder
        date = clock.day(day * HOURS_A_DAY)
        row = rows.get(key) or UsageRow(day=date, sku=sku, slot=slot or None, funder=funder)
        field = _USED[kind]
        rows[key] = replace(row, **{field: getattr(row, field) + times})
    return Usage(first=first, last=last, rows=tuple(rows.values()))
