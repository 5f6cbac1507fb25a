"""What a visitor may take, and when. Pure. Nothing here ever applies to an essential product.

What is known of visitors is held in memory only: what came out lately, on the monotonic clock.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from kiosk.config import Product, hours
from kiosk.model import Refusal, RefusalCode

VISIT_GAP_S = 60.0
"""A visit is over for a product when nobody has taken any of it for so long, in seconds, or when somebody says that it
is over. Nothing else tells visits apart; what others take, or are refused, does not prolong it, so that the wait that
is told to anybody holds."""


STEP_AWAY_S = 15.0
"""The end of a visit that is said sooner after an item, in seconds, is not believed: nobody steps away that soon."""


class Taken(Struct, frozen=True):
    """How many of a product came out in one visit, and when the last of them did, on the monotonic clock."""

    items: int
    last_s: float


class Visit(Struct, frozen=True):
    """What came out since somebody stepped up, by sku. Held in memory only."""

    taken: Mapping[str, Taken] = field(default_factory=dict)

    def of(self, sku: str, now_s: float) -> Taken:
        """Return what this visit took of a product; no item, of the last one's moment, once the visit is over."""
        taken = self.taken.get(sku, Taken(0, float("-inf")))
        return taken if now_s - taken.last_s < VISIT_GAP_S else replace(taken, items=0)


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
    return Visit({**visit.taken, sku: Taken(visit.of(sku, now_s).items + 1, now_s)})


def ended(visit: Visit, now_s: float) -> Visit:
    """Return the visit of whoever comes next, who took nothing yet. When the last item came out still counts.

    What came out less than STEP_AWAY_S ago still counts too: who ends a visit on purpose gets no more by it.
    """
    return Visit(
        {
            sku: replace(taken, items=0) if now_s - taken.last_s >= STEP_AWAY_S else taken
            for sku, taken in visit.taken.items()
        }
    )


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
        yield Refusal(code=RefusalCode.HIDDEN)


def _closed(product: Product, asked: Asked) -> Iterator[Refusal]:
    if not product.hours or asked.local_time is None:
        return
    if not any(hours.within(span, asked.local_time) for span in product.hours):
        yield Refusal(code=RefusalCode.CLOSED, opens=hours.next_begin(product.hours, asked.local_time))


def _code(product: Product, asked: Asked) -> Iterator[Refusal]:
    if product.limit_per_code is None:
        return
    if asked.code_left is None:
        yield Refusal(code=RefusalCode.CODE_NEEDED)
    elif asked.code_left <= 0:
        yield Refusal(code=RefusalCode.CODE_USED_UP)


def _waiting(product: Product, asked: Asked) -> Iterator[Refusal]:
    """Give the longer of the two waits, so that whoever comes back then gets one."""
    taken = asked.visit.of(product.sku, asked.now_s)
    since_s = asked.now_s - taken.last_s
    limited = product.limit_per_visit is not None and taken.items >= product.limit_per_visit
    limit_s = VISIT_GAP_S - since_s if limited else 0.0
    cooling_s = cooldown_s(product, asked.left) - since_s
    code = RefusalCode.LIMIT if limit_s >= cooling_s else RefusalCode.COOLING
    if (wait_s := max(limit_s, cooling_s)) > 0:
        yield Refusal(code=code, wait_s=wait_s)


RULES: tuple[Callable[[Product, Asked], Iterator[Refusal]], ...] = (_hidden, _closed, _code, _waiting)
"""Each gives its refusal, or nothing."""
