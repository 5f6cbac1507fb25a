"""How the kiosk is, who may sign in, and what leaves it."""

from __future__ import annotations

import datetime

from kiosk.model.base import Fact, Name
from kiosk.model.events import EventKind
from kiosk.model.faults import Fault

CELSIUS = "°C"
"""The unit of a temperature. Any other unit is only shown."""


class Reading(Fact, frozen=True, kw_only=True):
    """What a sensor says now. `value` is None when the sensor failed; `text` is the sentence for staff."""

    name: str
    text: str
    value: float | None = None
    unit: str = ""


class Backlog(Fact, frozen=True, kw_only=True):
    """How far the outbox is.

    `last_seq` is the highest event number ever committed, 0 for none; `pending` counts the events still held, and
    `dropped` those thrown away, unsent, because more than `telemetry.keep_rows` were waiting.
    """

    last_seq: int
    pending: int
    dropped: int


class Link(Fact, frozen=True, kw_only=True):
    """Where telemetry stands. `pending` counts events that nobody has acknowledged yet."""

    text: str
    connected: bool
    pending: int
    dropped: int = 0


class MachinePart(Fact, frozen=True, kw_only=True):
    """A part that works in this kiosk. `kind` is motor, lock, controller, sensor, input, signal or climate.

    `driver` and `name` are those of kiosk.toml. With `visitor_only` a slot gives out nothing but what a visitor chose
    at the machine's own keypad, so that no test turn can move it.
    """

    kind: str
    driver: str
    name: str
    visitor_only: bool = False


class ClockState(Fact, frozen=True, kw_only=True):
    """What day it is for the kiosk. `shown` is what its clock says, `judged` the day by which dates are judged.

    They part while the clock is not `trusted`: when nothing and nobody vouched for it since power came back.
    """

    shown: datetime.date
    judged: datetime.date
    trusted: bool


class ConfirmDate(Fact, frozen=True, kw_only=True):
    """Somebody says that this is the right date. It is the one that they were shown."""

    date: datetime.date


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
    clock: ClockState | None = None
    pins: str = ""
    """What drives the pins: "lgpio", "gpiod" or "simulator"."""
    parts: tuple[MachinePart, ...] = ()


class AdminCode(Fact, frozen=True, kw_only=True):
    """A one-time code that lets one person make a staff sign-in, and how long it is good for, in seconds."""

    code: str
    valid_s: int


class RedeemRequest(Fact, frozen=True, kw_only=True):
    """A one-time code that somebody typed."""

    code: Name


class Problem(Fact, frozen=True, kw_only=True):
    """The body of every refusal: a code for programs and a sentence for people.

    Where a visitor is refused an item, `error` is a `RefusalCode`, with its `wait_s` and `opens`.
    """

    error: str
    message: str
    wait_s: float | None = None
    opens: datetime.time | None = None


class OutboxRow(Fact, frozen=True, kw_only=True):
    """An event on its way out of the kiosk. `epoch` names the start that numbered it; no other event has both."""

    epoch: str
    seq: int
    kind: EventKind
    slot: str | None
    sku: str | None
    lot: str | None
    funder: str | None
    quantity: int
    hour: str
    clock_ok: bool
    boot: int
