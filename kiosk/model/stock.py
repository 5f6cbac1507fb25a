"""What is in the machine: slots, lots and how they lie in a coil."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact, Name
from kiosk.model.events import EventKind
from kiosk.model.faults import Fault


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
    the version it was counted at. It is -1 while something that left waits to be written down: what is counted
    then has to be counted again. `faults` need staff.
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
    faults: tuple[Fault, ...] = ()


class Stock(Fact, frozen=True, kw_only=True):
    """Every slot, in the order of the configuration."""

    slots: tuple[SlotStock, ...]


class Drift(Fact, frozen=True, kw_only=True):
    """How far one count of a slot lay outside of what was expected: negative when items were missing."""

    hour: str
    found: int
    drift: int


class Event(Fact, frozen=True, kw_only=True):
    """One numbered thing that happened, as staff and telemetry see it.

    `hour` is wall time rounded down to the hour, `2026-11-22T05:00Z`; `clock_ok` says whether it was in sync.
    `text` is a sentence for staff.
    """

    seq: int
    kind: EventKind
    hour: str
    clock_ok: bool
    quantity: int
    text: str
    slot: str | None = None
    sku: str | None = None
    lot: str | None = None


class Events(Fact, frozen=True, kw_only=True):
    """A page of events, newest first."""

    events: tuple[Event, ...]


class SlotDetail(Fact, frozen=True, kw_only=True):
    """One slot with the drift of its latest counts and its latest events, newest first."""

    stock: SlotStock
    drifts: tuple[Drift, ...]
    events: tuple[Event, ...]
