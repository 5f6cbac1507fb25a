"""What left a slot since somebody counted it: certain where every vend since was seen to its end, else a doubt."""

from __future__ import annotations

import sqlite3
from collections import Counter

from msgspec import Struct

from kiosk.dispense.rules.bounds import Bounds
from kiosk.model import Outcome

CERTAIN = (Outcome.DISPENSED, Outcome.JAMMED, Outcome.NOT_STARTED)
"""The ends of a vend that may be certain. Each is, once its outcome corrected the stock."""

MOST_VERSION = 2**63 - 1
"""The largest number that SQLite can compare."""

# One statement, and so one view of the file: the stock, what moved it since, and how those vends ended.
_SINCE = (
    "SELECT stock.on_hand, stock.unresolved, stock.version, kind, m.request, m.on_hand, m.unresolved,"
    " (SELECT group_concat(state) FROM vend WHERE vend.request = m.request AND vend.slot = stock.slot)"
    " FROM stock LEFT JOIN (SELECT * FROM movement WHERE slot = :slot ORDER BY seq DESC"
    " LIMIT (SELECT max(version - :as_of, 0) FROM stock WHERE slot = :slot)) AS m WHERE stock.slot = :slot"
)


class Meanwhile(Struct, frozen=True, kw_only=True):
    """What is certain since a count: `left` items came out. `before` is what was expected when it was taken.

    `turning`: an item may be coming out right now; how that ends decides. `failed`: a vend since has failed, so
    that the coil wants a look which the person who counted has not given it.
    """

    left: int = 0
    before: Bounds
    turning: bool = False
    failed: bool = False


def since(db: sqlite3.Connection, slot: str, as_of: int) -> Meanwhile | None:
    """Return what left a slot since its version `as_of`; None where that is not certain, or not known any more.

    Certain is an item that a proven drop sensor saw, and one that such a sensor did not see. A presumed vend, one
    that power or a board cut short, one that had begun before the count, another visit and anything else is a doubt.
    """
    if not 0 <= as_of <= MOST_VERSION:
        return None
    rows = db.execute(_SINCE, {"slot": slot, "as_of": as_of}).fetchall()
    if not rows:
        return None
    on_hand, unresolved, version = rows[0][:3]
    moves = [row[3:] for row in rows if row[3] is not None]
    if len(moves) != version - as_of:
        return None
    kinds: dict[tuple[str, str], Counter[str]] = {}
    for kind, request, more, more_unresolved, states in moves:
        if kind not in {"intent", "outcome", "surplus"} or states is None:
            return None
        kinds.setdefault((request, states), Counter())[kind] += 1
        on_hand, unresolved = on_hand - more, unresolved - more_unresolved
    ends: Counter[str] = Counter()
    for (_, states), seen in kinds.items():
        ended = Counter(states.split(","))
        certain = sum(ended[state] for state in CERTAIN)
        if (seen["intent"], seen["outcome"]) != (ended.total(), certain) or ended.total() - certain - ended["intent"]:
            return None
        ends += ended
    return Meanwhile(
        left=ends[Outcome.DISPENSED],
        before=Bounds(on_hand, unresolved),
        turning=bool(ends["intent"]),
        failed=bool(ends[Outcome.JAMMED] or ends[Outcome.NOT_STARTED]),
    )
