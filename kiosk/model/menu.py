"""What may be had now, as a visitor sees it before asking."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact
from kiosk.model.refusal import RefusalCode


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
    and `opens` in local time, for the rules that pass. An essential product is never refused, and may be asked for when
    it is out as well: a count can be wrong.
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
