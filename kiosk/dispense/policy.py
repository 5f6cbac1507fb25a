"""What a visitor may take, and when. Pure. Nothing here ever applies to an essential product.

What is known of visitors is held in memory only: what came out lately, on the monotonic clock.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from kiosk.config import Product

VISIT_GAP_S = 60.0
"""A visit is over when nobody has taken anything for so long, in seconds. Nothing else tells visits apart."""

DAY_MIN = 24 * 60


class Visit(Struct, frozen=True):
    """What came out since somebody stepped up, and when each product last came out. Held in memory only.

    `taken` holds the skus of this visit, `out_s` the moment of each sku's last item, on the monotonic clock.
    """

    last_s: float = float("-inf")
    taken: tuple[str, ...] = ()
    out_s: Mapping[str, float] = field(default_factory=dict)


class Reason(enum.StrEnum):
    """Why a visitor does not get an item now."""

    HIDDEN = "hidden"
    """The programme does not offer it at this kiosk now."""
    CLOSED = "closed"
    """It is not given out at this hour."""
    CODE_NEEDED = "code_needed"
    """It takes a code, and none was given."""
    CODE_USED_UP = "code_used_up"
    """The code has given all that it gives in its period."""
    LIMIT = "limit"
    """This visit has taken what one visit may."""
    COOLING = "cooling"
    """One came out a moment ago."""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why not, and until when. `wait_s` is told for COOLING, `opens` (local time) for CLOSED."""

    reason: Reason
    wait_s: float | None = None
    opens: datetime.time | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """All that is known when a visitor asks for one item.

    `now_s` is the monotonic clock; `left` counts what is surely left of the product in this kiosk. `local_time` is
    None while the clock is not trusted. `hidden` says that the product was hidden from afar. `code_left` is how
    many of the product the visitor's code still gives, None without a code.
    """

    now_s: float
    visit: Visit
    left: int
    local_time: datetime.time | None = None
    hidden: bool = False
    code_left: int | None = None


def decide(product: Product, asked: Asked) -> Refusal | None:
    """Return why an item of `product` does not come out now, or None when it may.

    The reason that lasts longest is told first, so that nobody waits for nothing. An essential product is never
    refused, and a clock that is not trusted refuses nothing.
    """
    if product.essential:
        return None
    return next((refusal for rule in RULES for refusal in rule(product, asked)), None)


def took(visit: Visit, sku: str, now_s: float) -> Visit:
    """Return the visit after an item came out. A failed vend is not reported here, so it uses up nothing."""
    taken = () if _over(visit, now_s) else visit.taken
    return replace(visit, last_s=now_s, taken=(*taken, sku), out_s={**visit.out_s, sku: now_s})


def allows(visit: Visit, sku: str, limit: int | None, now_s: float) -> bool:
    """Say whether this visit may take one more of `sku`, at `now_s` on the monotonic clock."""
    if limit is None or _over(visit, now_s):
        return True
    return visit.taken.count(sku) < limit


def cooldown_s(product: Product, left: int) -> float:
    """Return how long after one item the next may follow, in seconds, with `left` items in the kiosk.

    It grows evenly from `cooldown_s` at `taper_below` items to `cooldown_low_s` at one.
    """
    if left >= product.taper_below:
        return product.cooldown_s
    share = (product.taper_below - max(left, 1)) / (product.taper_below - 1)
    return product.cooldown_s + share * (product.cooldown_low_s - product.cooldown_s)


def _hidden(product: Product, asked: Asked) -> Iterator[Refusal]:
    if product.hidden or asked.hidden:
        yield Refusal(reason=Reason.HIDDEN)


def _closed(product: Product, asked: Asked) -> Iterator[Refusal]:
    if not product.hours or asked.local_time is None:
        return
    now = asked.local_time.hour * 60 + asked.local_time.minute
    spans = [_span(text) for text in product.hours]
    if not any(_is_open(opens, closes, now) for opens, closes in spans):
        opens = min((opens for opens, _ in spans), key=lambda minute: (minute - now) % DAY_MIN)
        yield Refusal(reason=Reason.CLOSED, opens=datetime.time(*divmod(opens, 60)))


def _code(product: Product, asked: Asked) -> Iterator[Refusal]:
    if product.limit_per_code is None:
        return
    if asked.code_left is None:
        yield Refusal(reason=Reason.CODE_NEEDED)
    elif asked.code_left <= 0:
        yield Refusal(reason=Reason.CODE_USED_UP)


def _limit(product: Product, asked: Asked) -> Iterator[Refusal]:
    if not allows(asked.visit, product.sku, product.limit_per_visit, asked.now_s):
        yield Refusal(reason=Reason.LIMIT)


def _cooling(product: Product, asked: Asked) -> Iterator[Refusal]:
    since_s = asked.now_s - asked.visit.out_s.get(product.sku, float("-inf"))
    wait_s = cooldown_s(product, asked.left) - since_s
    if wait_s > 0:
        yield Refusal(reason=Reason.COOLING, wait_s=wait_s)


RULES: tuple[Callable[[Product, Asked], Iterator[Refusal]], ...] = (_hidden, _closed, _code, _limit, _cooling)
"""Each gives its refusal, or nothing."""


def _span(text: str) -> tuple[int, int]:
    """Return "08:00-20:00" as minutes of the day."""
    opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in text.split("-"))
    return opens, closes


def _is_open(opens: int, closes: int, now: int) -> bool:
    if opens < closes:
        return opens <= now < closes
    return now >= opens or now < closes


def _over(visit: Visit, now_s: float) -> bool:
    return now_s - visit.last_s > VISIT_GAP_S
