"""The facts that the processes exchange: what is in the machine and what became of a request.

No type here has a field for a person, and no time is finer than the hour.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=64)]
"""A short name, 1 to 64 characters."""

RequestId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""A request's id, made by whoever asks: 8 to 64 of A-Z a-z 0-9 _ -. It must carry no time."""

Count = Annotated[int, Meta(ge=0, le=1000)]
"""A number of items, 0 to 1000."""


def new_request_id() -> str:
    """Make a random request id. Version 4, because other UUIDs carry a time or a machine."""
    return str(uuid.uuid4())


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen, keyword-only struct that refuses fields it does not know."""


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
    """A request for one item: of a product (the kiosk picks the slot) or of one slot."""

    id: RequestId
    sku: Name | None = None
    slot: Name | None = None
    purpose: Purpose = Purpose.VISITOR


class Attempt(Fact, frozen=True, kw_only=True):
    """One slot that was tried for a request, and how that ended."""

    slot: str
    outcome: Outcome


class Vend(Fact, frozen=True, kw_only=True):
    """What became of a request so far. `message` is the sentence to show or speak."""

    id: str
    state: VendState
    message: str
    outcome: Outcome | None = None
    slot: str | None = None
    attempts: tuple[Attempt, ...] = ()


class SlotStock(Fact, frozen=True, kw_only=True):
    """What is in one slot. The truth lies between `on_hand` and `on_hand + unresolved`.

    `jams` counts failures in a row. `version` changes with every change of the slot's count; a restock names
    the version it was counted at. `faults` are sentences for staff.
    """

    slot: str
    sku: str
    product: str
    pictogram: str
    essential: bool
    capacity: int
    par: int
    on_hand: int
    unresolved: int
    jams: int
    version: int
    faults: tuple[str, ...] = ()


class LotAdded(Fact, frozen=True, kw_only=True):
    """A lot that was put into a slot at a restock."""

    quantity: int
    hour: str
    lot: str | None = None
    expiry: datetime.date | None = None


class SlotDetail(Fact, frozen=True, kw_only=True):
    """One slot with what staff put in lately, newest first, and its latest events."""

    stock: SlotStock
    lots: tuple[LotAdded, ...]
    events: tuple[Event, ...]


class RestockRequest(Fact, frozen=True, kw_only=True):
    """A person's count of one slot, and what they then put in.

    `found` is what was counted inside before filling; `as_of` is the slot's `version` when the count began, so
    that a vend in between is noticed and the count is asked for again. Unresolved items are settled by it.
    """

    id: RequestId
    slot: Name
    found: Count
    added: Count
    as_of: int
    lot: Name | None = None
    expiry: datetime.date | None = None


class RestockResult(Fact, frozen=True, kw_only=True):
    """What a restock changed. `drift` is found minus expected: 0, or outside the honest range."""

    id: str
    slot: str
    found: int
    added: int
    on_hand: int
    settled: int
    drift: int


class Event(Fact, frozen=True, kw_only=True):
    """One numbered thing that happened, as staff and telemetry see it.

    `hour` is wall time rounded down to the hour, `2026-11-22T05:00Z`; `clock_ok` says whether it was in sync.
    `text` is a sentence for staff.
    """

    seq: int
    kind: str
    hour: str
    clock_ok: bool
    quantity: int
    text: str
    slot: str | None = None
    sku: str | None = None


class Fault(Fact, frozen=True, kw_only=True):
    """Something that needs a person. `where` is a slot, sensor, input or part; `text` says what to do."""

    where: str
    text: str


class Reading(Fact, frozen=True, kw_only=True):
    """What a sensor says now. `value` is None when the sensor failed; `text` is the sentence for staff."""

    name: str
    text: str
    value: float | None = None
    unit: str = ""


class Link(Fact, frozen=True, kw_only=True):
    """Where telemetry stands. `pending` counts events that nobody has acknowledged yet."""

    text: str
    connected: bool
    pending: int
    dropped: int = 0


class KioskState(Fact, frozen=True, kw_only=True):
    """The whole kiosk at a glance."""

    kiosk: str
    site: str
    busy: bool
    door_open: bool | None
    readings: tuple[Reading, ...]
    faults: tuple[Fault, ...]
    telemetry: Link
    software: str


class Stock(Fact, frozen=True, kw_only=True):
    """Every slot, in the order of the configuration."""

    slots: tuple[SlotStock, ...]


class Events(Fact, frozen=True, kw_only=True):
    """A page of events, newest first."""

    events: tuple[Event, ...]


class AdminCode(Fact, frozen=True, kw_only=True):
    """A one-time code that lets one person make a staff sign-in, and how long it is good for, in seconds."""

    code: str
    valid_s: int


class RedeemRequest(Fact, frozen=True, kw_only=True):
    """A one-time code that somebody typed."""

    code: Name


class Problem(Fact, frozen=True, kw_only=True):
    """The body of every refusal: a code for programs and a sentence for people."""

    error: str
    message: str


class OutboxRow(Fact, frozen=True, kw_only=True):
    """An event on its way out of the kiosk. `seq` is never used twice within an epoch."""

    seq: int
    kind: str
    slot: str | None
    sku: str | None
    quantity: int
    hour: str
    clock_ok: bool
    boot: int
