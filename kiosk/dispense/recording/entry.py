"""An attempt on its way into the ledger: what is to be written of it, and how far that has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kiosk.clock import Stamp
from kiosk.dispense.ledger import Count, Intent, Past, Unrecorded
from kiosk.dispense.ledger.lot_queues import LotQueues
from kiosk.dispense.worker import Job
from kiosk.model import Attempt, EventKind, Outcome, VendRequest, new_request_id


class Entry(Struct):
    """An attempt that is being written down. Whoever holds the recorder's lock may change it."""

    made: Unrecorded
    """The attempt as it waits for the ledger."""
    essential: bool = True
    """It is made whether it can be written down or not."""
    job: Job[None] | None = None
    """What writes down that it begins."""
    intent: Intent | None = None
    """What the ledger holds of it."""
    refused: bool = False
    """The ledger could not take it, so the next merge does."""
    kept: bool = False
    """The journal holds it as it is, until that merge."""
    over: bool = False
    """Nothing of what was asked to be written still waits for the disk."""
    given_up: bool = False
    """Nobody waits for it any more."""

    @property
    def key(self) -> tuple[str, int]:
        """What the ledger knows it by."""
        return self.made.request.id, self.made.attempt

    def may_have_left(self) -> Iterator[str]:
        """Give a slot for each item that may have left and of which the ledger does not know.

        Of two that fell, one may have hung in another slot before.
        """
        made, verdict = self.made, self.made.verdict
        if self.intent is None and (verdict is None or not verdict.certain or verdict.drops):
            yield made.slot
        for _ in range(1, verdict.drops if verdict else 0):
            yield from (made.slot, *made.hanging)


class News(Struct, frozen=True):
    """What was written since somebody asked for it, and what is owed to the ledger: all of it true at one moment."""

    counts: Mapping[str, Count]
    lot_queues: LotQueues | None
    owed: Sequence[str]
    events: bool


def unseen(slot: str, kind: EventKind, stamp: Stamp) -> Unrecorded:
    """Return what is to be written of an item that may have left a slot outside any vend, under an id of its own."""
    request = VendRequest(id=new_request_id(), slot=slot)
    return Unrecorded(request=request, attempt=0, slot=slot, sku="", lot=0, stamp=stamp, unseen=kind)


def owed(held: Iterable[Entry]) -> list[str]:
    """Return the slot of each item that may have left and of which the ledger does not know."""
    return [slot for entry in held for slot in entry.may_have_left()]


def found(held: Iterable[Entry], request_id: str) -> Past | None:
    """Return a request that was asked for under this id, and what was tried for it, from attempts that are held."""
    made = [entry.made for entry in held if request_id in (entry.made.request.id, entry.made.asked)]
    if not made:
        return None
    tried = (Attempt(slot=one.slot, outcome=one.verdict.outcome if one.verdict else Outcome.UNKNOWN) for one in made)
    return replace(made[0].request, id=request_id), tuple(tried)
