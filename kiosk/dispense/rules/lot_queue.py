"""A coil as a queue of lots, the front item first. Pure.

The ledger keeps the queue as it was when somebody last had the coil open. What has left since left from the front,
so the queue of now is the end of that one: as long as what may be inside at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

UNKNOWN = 0
"""The number of a lot that nobody wrote down."""


class Batch(Struct, frozen=True):
    """Items of one lot that lie together. `spoiled`: staff decided that they must not be used."""

    lot: int
    quantity: int
    spoiled: bool = False


Queue = tuple[Batch, ...]


def last(queue: Sequence[Batch], items: int) -> Queue:
    """Return the last `items` items of a queue; what it does not account for lies in front, of a lot unknown."""
    kept: list[Batch] = []
    for batch in reversed(queue):
        if items == 0:
            break
        kept.append(replace(batch, quantity=min(batch.quantity, items)))
        items -= kept[-1].quantity
    if items:
        kept.append(Batch(UNKNOWN, items))
    return joined(kept[::-1])


def without(queue: Sequence[Batch], items: int, lot: int | None) -> Queue:
    """Return a queue from which items of a lot, or from the front, were taken. Raises ValueError if there are fewer."""
    left: list[Batch] = []
    for batch in queue:
        taken = min(items, batch.quantity) if lot is None or batch.lot == lot else 0
        items -= taken
        if taken < batch.quantity:
            left.append(replace(batch, quantity=batch.quantity - taken))
    if items:
        raise ValueError(f"there are {items} fewer")
    return joined(left)


def difference(more: Sequence[Batch], fewer: Sequence[Batch]) -> Queue:
    """Return what `more` holds above `fewer`, lot by lot; a negative quantity where that holds more."""
    left: Counter[int] = Counter()
    for batch in more:
        left[batch.lot] += batch.quantity
    for batch in fewer:
        left[batch.lot] -= batch.quantity
    return tuple(Batch(lot, quantity) for lot, quantity in left.items() if quantity)


def united(before: Sequence[Batch], after: Sequence[Batch]) -> Queue:
    """Return a queue that holds, of each lot, as many as either does: `before`, and behind it what came in since.

    A lot that is spoiled in one of them is spoiled in all.
    """
    spoiled = {batch.lot for batch in (*before, *after) if batch.spoiled}
    came_in = tuple(batch for batch in difference(after, before) if batch.quantity > 0)
    return joined([replace(batch, spoiled=batch.lot in spoiled) for batch in (*before, *came_in)])


def joined(queue: Sequence[Batch]) -> Queue:
    """Return the queue with neighbours of one kind joined."""
    whole: list[Batch] = []
    for batch in queue:
        if whole and (whole[-1].lot, whole[-1].spoiled) == (batch.lot, batch.spoiled):
            whole[-1] = replace(batch, quantity=whole[-1].quantity + batch.quantity)
        else:
            whole.append(batch)
    return tuple(whole)


def size(queue: Sequence[Batch]) -> int:
    """Return how many items a queue holds."""
    return sum(batch.quantity for batch in queue)
