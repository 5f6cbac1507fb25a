"""What concerns lots and products as a whole: recalls, excursions, the menu, and what was missing."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact, Name, RequestId


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
