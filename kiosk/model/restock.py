"""What a person did to the stock: restock visits."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated

from msgspec import Meta

from kiosk.model.base import Count, Fact, Name, RequestId
from kiosk.model.stock import KitPart


class Reason(enum.StrEnum):
    """Why an item was taken out by hand."""

    EXPIRED = "expired"
    DAMAGED = "damaged"
    RECALLED = "recalled"
    OTHER = "other"


class Removed(Fact, frozen=True, kw_only=True):
    """Items that staff took out. `lot` is the ledger's number of their lot; None takes them from the front."""

    quantity: Annotated[int, Meta(ge=1, le=1000)]
    reason: Reason
    lot: int | None = None


class Added(Fact, frozen=True, kw_only=True):
    """Items of one lot that staff put in, behind what was there. `funder` is who paid for them."""

    quantity: Annotated[int, Meta(ge=1, le=1000)]
    lot: Name | None = None
    expiry: datetime.date | None = None
    funder: Name | None = None
    parts: Annotated[tuple[KitPart, ...], Meta(max_length=20)] = ()


class RestockLine(Fact, frozen=True, kw_only=True):
    """What a restock visit did to one slot: first the count, then what went out and what came in.

    `found` is what was counted inside before anything was moved; with `after`, when all was done: what came in is
    part of it then, and is not added again. Unresolved items are settled by it. `as_of` is the slot's `version` when
    the count began, `until` its version when the count was over. If they are the same, what has certainly left since
    is taken off; else, and without `until`, any change asks for a new count. `sku` puts another product into the
    slot from now on; all that was found must then be taken out, and nothing may have left meanwhile.
    """

    slot: Name
    as_of: int
    found: Count
    removed: Annotated[tuple[Removed, ...], Meta(max_length=20)] = ()
    added: Annotated[tuple[Added, ...], Meta(max_length=20)] = ()
    sku: Name | None = None
    until: int | None = None
    after: bool = False

    @property
    def out(self) -> int:
        """How many were taken out in all."""
        return sum(part.quantity for part in self.removed)

    @property
    def put_in(self) -> int:
        """How many were put in, in all."""
        return sum(part.quantity for part in self.added)

    @property
    def inside_before(self) -> int:
        """How many the count says were inside before anything was moved; below 0 if what came in has partly left."""
        return self.found + self.out - self.put_in if self.after else self.found

    @property
    def inside_after(self) -> int:
        """How many the count says were inside when all was done."""
        return self.found if self.after else self.found - self.out + self.put_in


class RestockRequest(Fact, frozen=True, kw_only=True):
    """A restock visit: all of its lines are recorded, or none. The same id again changes nothing."""

    id: RequestId
    lines: Annotated[tuple[RestockLine, ...], Meta(min_length=1, max_length=200)]


class RestockedSlot(Fact, frozen=True, kw_only=True):
    """What a visit changed in one slot. `drift` is found minus expected: 0, or outside the honest range.

    `left` items came out between the count and the end of the visit; they are taken off `on_hand`.
    """

    slot: str
    found: int
    removed: int
    added: int
    on_hand: int
    settled: int
    drift: int
    left: int = 0


class RestockResult(Fact, frozen=True, kw_only=True):
    """A restock visit as it was recorded. `undone`: it was taken back, and its slots wait for a new count."""

    id: str
    hour: str
    lines: tuple[RestockedSlot, ...]
    undone: bool = False


class Restocks(Fact, frozen=True, kw_only=True):
    """The latest restock visits, newest first."""

    restocks: tuple[RestockResult, ...]


class SinceCount(Fact, frozen=True, kw_only=True):
    """What came of a count that began and ended at a slot's version `as_of`. Not `certain`: it has to be taken again.

    `left` items have come out since, seen by a proven drop sensor. `on_hand` and `unresolved` were expected then.
    While an item is turning out of the slot, this holds until that is over.
    """

    slot: str
    as_of: int
    certain: bool
    left: int = 0
    on_hand: int = 0
    unresolved: int = 0
