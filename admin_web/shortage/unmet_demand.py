"""Unmet demand and time out of stock, put together for tables. Pure."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter

from admin_web.products import name_of
from kiosk.model import Shortage, SlotStock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Missing:
    """How often a product was asked for in vain, and for how many minutes there was none. `day` is None for all."""

    day: datetime.date | None
    product: str
    unmet: int
    minutes: int


def by_product(told: Shortage, slots: tuple[SlotStock, ...]) -> list[Missing]:
    """Return one row for each product, the most asked for first."""
    unmet, minutes = Counter[str](), Counter[str]()
    for demand in told.demand:
        unmet[demand.sku] += demand.unmet
    for outage in told.outages:
        minutes[outage.sku] += outage.minutes
    rows = [
        Missing(day=None, product=name_of(slots, sku), unmet=unmet[sku], minutes=minutes[sku])
        for sku in sorted({*unmet, *minutes})
    ]
    return sorted(rows, key=lambda row: (-row.unmet, -row.minutes, row.product))


def by_day(told: Shortage, slots: tuple[SlotStock, ...]) -> list[Missing]:
    """Return one row for each day and product, newest first. A day is a day of universal time, as it is kept."""
    unmet, minutes = Counter[tuple[datetime.date, str]](), Counter[tuple[datetime.date, str]]()
    for demand in told.demand:
        unmet[datetime.date.fromisoformat(demand.when[:10]), demand.sku] += demand.unmet
    for outage in told.outages:
        minutes[outage.day, outage.sku] += outage.minutes
    rows = [
        Missing(day=day, product=name_of(slots, sku), unmet=unmet[day, sku], minutes=minutes[day, sku])
        for day, sku in {*unmet, *minutes}
    ]
    return sorted(rows, key=lambda row: (-(row.day or datetime.date.min).toordinal(), row.product))
