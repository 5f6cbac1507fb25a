"""A request for an item, and what became of it."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact, Name, RequestId, Typed
from kiosk.model.refusal import RefusalCode


class Outcome(enum.StrEnum):
    """How one vend, that is one attempt on one slot, ended."""

    DISPENSED = "dispensed"
    """The drop sensor saw the item fall."""
    PRESUMED = "presumed"
    """The coil made its turn, but no working sensor could see the drop."""
    JAMMED = "jammed"
    """The coil turned and nothing fell, or the coil did not come home."""
    NOT_STARTED = "not_started"
    """The motor did not leave home: it is missing, unplugged or blocked."""
    UNKNOWN = "unknown"
    """Power or the machine failed in the middle. Nobody knows until somebody counts."""


class Purpose(enum.StrEnum):
    """Why a coil is turned."""

    VISITOR = "visitor"
    TEST = "test"


class VendState(enum.StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    TURNING = "turning"
    DONE = "done"


class VendRequest(Fact, frozen=True, kw_only=True):
    """A request for one item: of a product (the kiosk picks the slot) or of one slot.

    `code` is an anonymous code, where a product asks for one. It is checked and forgotten: never stored or logged.
    """

    id: RequestId
    sku: Name | None = None
    slot: Name | None = None
    purpose: Purpose = Purpose.VISITOR
    code: Typed | None = None

    def __repr__(self) -> str:
        # Whatever prints a request must not print a code.
        return f"VendRequest(id={self.id!r}, sku={self.sku!r}, slot={self.slot!r}, purpose={self.purpose.value!r})"


class Attempt(Fact, frozen=True, kw_only=True):
    """One slot that was tried for a request, and how that ended."""

    slot: str
    outcome: Outcome


class Vend(Fact, frozen=True, kw_only=True):
    """What became of a request so far. `message` is the sentence to show or speak.

    `refusal` says why, when it is done and nothing was tried, or the ledger could not be written.
    `warning` is one more, when an item came out that is past its date or recalled, because there was no other.
    `advice` is what staff should check, after a test turn that went wrong; only who waits for it gets it.
    """

    id: str
    state: VendState
    message: str
    refusal: RefusalCode | None = None
    warning: str | None = None
    advice: str | None = None
    outcome: Outcome | None = None
    slot: str | None = None
    attempts: tuple[Attempt, ...] = ()


class VisitorCode(Fact, frozen=True, kw_only=True):
    """A fresh anonymous code, a few easy words. The kiosk keeps nothing of it. `until` is its last day."""

    code: str
    until: datetime.date
