"""What may be had now, and what the machine does: for a screen, a voice, or whoever stands at the machine."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact
from kiosk.model.refusal import RefusalCode
from kiosk.model.vend import Outcome, Purpose


class Availability(enum.StrEnum):
    """Whether a product may be had now."""

    IN = "in"
    """There is enough."""
    LOW = "low"
    """There are some, fewer than the sum of its slots' par."""
    OUT = "out"
    """There is none, or none that a slot gives out."""
    REFUSED = "refused"
    """There is some, and a rule refuses it to whoever asks now."""


class MenuItem(Fact, frozen=True, kw_only=True):
    """A product as a visitor sees it, before asking.

    `refusal` says which rule refuses it, or `sold_out` or `stuck` for one that is out; `wait_s` is in seconds from now
    and `opens` in local time, for the rules that pass. An essential product is never refused.
    """

    sku: str
    name: str
    description: str
    category: str
    pictogram: str
    picture: str
    essential: bool
    units: int
    availability: Availability
    refusal: RefusalCode | None = None
    wait_s: float | None = None
    opens: datetime.time | None = None


class Menu(Fact, frozen=True, kw_only=True):
    """Every product that is offered, in the order of the configuration."""

    items: tuple[MenuItem, ...]


class Stage(enum.StrEnum):
    """What the machine does for whoever stands at it."""

    IDLE = "idle"
    """Nothing: it waits for somebody."""
    WAITING = "waiting"
    """A request was taken, and its motor has not been switched on yet."""
    TURNING = "turning"
    """A motor turns."""
    OVER = "over"
    """A request ended, or was refused, a moment ago."""


class Now(Fact, frozen=True, kw_only=True):
    """What the machine does now, a button's request included, and nothing of who asked.

    `version` is another one after every change. `slot` is where it turns or turned last, `tried` how many slots came
    before that one, and `waiting` how many requests come next. `outcome`, or else `refusal` with its facts, says how it
    ended; `message` is the sentence to show or speak, empty while it is idle.
    """

    version: int
    stage: Stage
    sku: str | None = None
    slot: str | None = None
    purpose: Purpose = Purpose.VISITOR
    tried: int = 0
    waiting: int = 0
    outcome: Outcome | None = None
    refusal: RefusalCode | None = None
    wait_s: float | None = None
    opens: datetime.time | None = None
    message: str = ""
