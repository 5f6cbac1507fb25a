"""What was given out, day by day, as funders ask for it."""

from __future__ import annotations

import datetime

from kiosk.model.base import Fact


class UsageRow(Fact, frozen=True, kw_only=True):
    """What one slot gave of one product and one funder's lot on one day (UTC).

    `given` items were seen to fall, `presumed` ones came out where no sensor could see it, and of `unknown` ones nobody
    knows. `unmet` requests got nothing; they belong to no slot and no funder.
    """

    day: datetime.date
    sku: str
    slot: str | None = None
    funder: str | None = None
    given: int = 0
    presumed: int = 0
    unknown: int = 0
    unmet: int = 0


class Usage(Fact, frozen=True, kw_only=True):
    """The rows of a span of days, both ends included, the oldest first."""

    first: datetime.date
    last: datetime.date
    rows: tuple[UsageRow, ...]
