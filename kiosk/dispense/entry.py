"""An attempt on its way into the ledger: what is to be written of it, and how far that has come."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kiosk.dispense.ledger import Intent, Unrecorded
from kiosk.dispense.worker import Job


class Entry(Struct):
    """An attempt that is being written down. Whoever holds the scribe's lock may change it."""

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
