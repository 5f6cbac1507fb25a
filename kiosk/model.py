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

Typed = Annotated[str, Meta(min_length=1, max_length=200)]
"""A line that somebody typed, 1 to 200 characters."""

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

    `warning` is one more, when an item came out that is past its date or recalled, because there was no other.
    """

    id: str
    state: VendState
    message: str
    warning: str | None = None
    outcome: Outcome | None = None
    slot: str | None = None
    attempts: tuple[Attempt, ...] = ()


class KitPart(Fact, frozen=True, kw_only=True):
    """A part of a kit that has a lot of its own, such as the atomiser beside the drug."""

    name: Name
    lot: Name


class Lock(enum.StrEnum):
    """Why the items of a lot are not given out."""

    RECALLED = "recalled"
    """Its maker, or the programme, called it back."""
    SPOILED = "spoiled"
    """Staff decided after an excursion that it must not be used."""


class CoilLot(Fact, frozen=True, kw_only=True):
    """Items of one lot that lie together in a coil. `id` is the ledger's number of the lot, 0 for an unknown one."""

    id: int
    quantity: int
    lot: str | None = None
    expiry: datetime.date | None = None
    funder: str | None = None
    parts: tuple[KitPart, ...] = ()
    expired: bool = False
    locked: Lock | None = None


class SlotStock(Fact, frozen=True, kw_only=True):
    """What is in one slot. The truth lies between `on_hand` and `on_hand + unresolved`.

    `lots` is the coil as a queue, the front item's lot first; together they hold `on_hand + unresolved` items.
    While something is unresolved it is not known which lot is in front; `front_locked` and `front_expired` hold if
    any item that may be in front is locked or past its date. `locked` counts the items that no one should get.
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
    lots: tuple[CoilLot, ...] = ()
    front_locked: bool = False
    front_expired: bool = False
    locked: int = 0
    hidden: bool = False
    faults: tuple[str, ...] = ()


class Drift(Fact, frozen=True, kw_only=True):
    """How far one count of a slot lay outside of what was expected: negative when items were missing."""

    hour: str
    found: int
    drift: int


class SlotDetail(Fact, frozen=True, kw_only=True):
    """One slot with the drift of its latest counts and its latest events, newest first."""

    stock: SlotStock
    drifts: tuple[Drift, ...]
    events: tuple[Event, ...]


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

    `found` is what was counted inside before anything was moved; `as_of` is the slot's `version` when the count
    began, so that a vend in between is noticed and the count is asked for again. Unresolved items are settled by
    it. `sku` puts another product into the slot from now on; all that was found must then be taken out.
    """

    slot: Name
    as_of: int
    found: Count
    removed: Annotated[tuple[Removed, ...], Meta(max_length=20)] = ()
    added: Annotated[tuple[Added, ...], Meta(max_length=20)] = ()
    sku: Name | None = None


class RestockRequest(Fact, frozen=True, kw_only=True):
    """A restock visit: all of its lines are recorded, or none. The same id again changes nothing."""

    id: RequestId
    lines: Annotated[tuple[RestockLine, ...], Meta(min_length=1, max_length=200)]


class RestockedSlot(Fact, frozen=True, kw_only=True):
    """What a visit changed in one slot. `drift` is found minus expected: 0, or outside the honest range."""

    slot: str
    found: int
    removed: int
    added: int
    on_hand: int
    settled: int
    drift: int


class RestockResult(Fact, frozen=True, kw_only=True):
    """A restock visit as it was recorded. `undone`: it was taken back, and its slots wait for a new count."""

    id: str
    hour: str
    lines: tuple[RestockedSlot, ...]
    undone: bool = False


class Restocks(Fact, frozen=True, kw_only=True):
    """The latest restock visits, newest first."""

    restocks: tuple[RestockResult, ...]


class RecallRequest(Fact, frozen=True, kw_only=True):
    """Lock a lot, as it is printed, wherever it is: as a lot of a product, or as the lot of a part of a kit.

    Case, spaces and dashes do not matter. `sku` narrows it to one product. Lots that are put in later are met too.
    """

    id: RequestId
    lot: Name
    sku: Name | None = None


class Recall(Fact, frozen=True, kw_only=True):
    """A recall as it stands here. `slots` hold items of it now, `quantity` in all. `lifted`: it is over."""

    id: str
    lot: str
    sku: str | None
    hour: str
    slots: tuple[str, ...]
    quantity: int
    lifted: bool = False


class Recalls(Fact, frozen=True, kw_only=True):
    """Every recall this kiosk knows, newest first."""

    recalls: tuple[Recall, ...]


class Decision(enum.StrEnum):
    """What staff decided after an excursion: the lots stay, or must be taken out."""

    ACCEPT = "accept"
    REMOVE = "remove"


class ReviewRequest(Fact, frozen=True, kw_only=True):
    """A person's decision about an excursion."""

    decision: Decision


class Excursion(Fact, frozen=True, kw_only=True):
    """A time in which it was too warm or too cold for a product, with the lots that were inside.

    Durations are in minutes, temperatures in degrees Celsius; `kinetic_c` is the mean kinetic temperature. `ended`
    is None while it lasts. `decision` is None until staff decide; until then the lots are given out as usual.
    """

    id: int
    sku: str
    product: str
    began: str
    ended: str | None
    minutes: int
    peak_c: float
    kinetic_c: float
    text: str
    slots: tuple[str, ...]
    lots: tuple[str, ...]
    decision: Decision | None = None


class Excursions(Fact, frozen=True, kw_only=True):
    """Excursions, the newest first."""

    excursions: tuple[Excursion, ...]


class HideRequest(Fact, frozen=True, kw_only=True):
    """Take a product off the menu, or put it back on. Naloxone still comes out in an emergency."""

    sku: Name
    hidden: bool


class VisitorCode(Fact, frozen=True, kw_only=True):
    """A fresh anonymous code, a few easy words. The kiosk keeps nothing of it. `until` is its last day."""

    code: str
    until: datetime.date


class Demand(Fact, frozen=True, kw_only=True):
    """How often a product was asked for and did not come out, in one hour or on one day."""

    when: str
    sku: str
    unmet: int


class Outage(Fact, frozen=True, kw_only=True):
    """For how many minutes of a day a product was out of stock, in whole hours."""

    day: datetime.date
    sku: str
    minutes: int


class Shortage(Fact, frozen=True, kw_only=True):
    """What people asked for in vain, and for how long there was nothing, newest first."""

    demand: tuple[Demand, ...]
    outages: tuple[Outage, ...]


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
    lot: str | None = None


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
    lot: str | None
    funder: str | None
    quantity: int
    hour: str
    clock_ok: bool
    boot: int
