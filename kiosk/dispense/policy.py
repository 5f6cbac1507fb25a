"""What a visitor may take. Pure. Essential products are never limited: the configuration refuses it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

VISIT_GAP_S = 60.0
"""A visit is over when nobody has taken anything for so long, in seconds. Nothing else tells visits apart."""


class Visit(Struct, frozen=True):
    """What left the kiosk since somebody stepped up. Held in memory only, and never longer than the visit."""

    last_s: float = float("-inf")
    taken: tuple[str, ...] = ()


def allows(visit: Visit, sku: str, limit: int | None, now_s: float) -> bool:
    """Say whether one more of `sku` may be taken, at `now_s` on the monotonic clock."""
    if limit is None or _over(visit, now_s):
        return True
    return visit.taken.count(sku) < limit


def took(visit: Visit, sku: str, now_s: float) -> Visit:
    """Return the visit after an item came out. A failed vend is not reported here, so it uses up nothing."""
    if _over(visit, now_s):
        visit = Visit()
    return replace(visit, last_s=now_s, taken=(*visit.taken, sku))


def _over(visit: Visit, now_s: float) -> bool:
    return now_s - visit.last_s > VISIT_GAP_S
