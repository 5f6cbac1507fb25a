"""How tests write restock visits down: short lines, put together to one visit."""

from __future__ import annotations

import datetime
import time

from kiosk.control.client import Client
from kiosk.model import (
    Added,
    KitPart,
    Reason,
    Removed,
    RestockLine,
    RestockRequest,
    SlotStock,
    Stock,
    new_request_id,
)

OPEN_S = 120.0
"""How long a busy machine may take to open a ledger, in seconds."""

FAR = datetime.date(2032, 5, 31)
"""A date that no test reaches."""


def counted(
    slot: SlotStock,
    found: int | None = None,
    *,
    added: int = 0,
    lot: str | None = None,
    expiry: datetime.date | None = None,
    funder: str | None = None,
    parts: tuple[KitPart, ...] = (),
    removed: int = 0,
    reason: Reason = Reason.OTHER,
    of_lot: int | None = None,
    sku: str | None = None,
) -> RestockLine:
    """Return a line for a slot as it stands in the stock: what was found (None: what was expected), out and in."""
    out = (Removed(quantity=removed, reason=reason, lot=of_lot),) if removed else ()
    fresh = (Added(quantity=added, lot=lot, expiry=expiry, funder=funder, parts=parts),) if added else ()
    return RestockLine(
        slot=slot.slot,
        as_of=slot.version,
        found=slot.on_hand if found is None else found,
        removed=out,
        added=fresh,
        sku=sku,
    )


def visit(*lines: RestockLine, request_id: str | None = None) -> RestockRequest:
    """Return a visit of these lines, with an id of its own."""
    return RestockRequest(id=request_id or new_request_id(), lines=lines)


def known(client: Client) -> Stock:
    """Return what is in every slot once the ledger is open, which on a busy machine is after the kiosk answers."""
    give_up = time.monotonic() + OPEN_S
    while True:
        stock = client.stock()
        if all(slot.version > 0 for slot in stock.slots):
            return stock
        assert time.monotonic() < give_up, "the ledger was never opened"
        time.sleep(0.02)


def full(stock: Stock) -> RestockRequest:
    """Return a visit in which every slot was found as expected and filled to the top with lots that last."""
    return visit(
        *(
            counted(
                slot,
                added=slot.capacity - slot.on_hand,
                lot=f"L-{slot.slot}",
                expiry=FAR,
            )
            for slot in stock.slots
        )
    )
