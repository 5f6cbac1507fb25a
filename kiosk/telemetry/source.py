"""What telemetry asks of the rest of the kiosk; the dispense layer answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiosk.config import Product
from kiosk.model import Backlog, KioskState, OutboxRow, Stock


class Source(Protocol):
    """The outbox and the facts to report. Every method may be called from any thread and returns fast.

    A method that cannot answer raises KioskError; the publisher then tells it in its link and asks again later.
    """

    @property
    def epoch(self) -> str:
        """Name this start's run of numbers, 1 to 64 characters. Rows that an earlier start numbered bear its name."""

    def pending(self, after: int, limit: int) -> list[OutboxRow]:
        """Return up to `limit` rows still held whose seq is above `after`, ascending."""

    def backlog(self) -> Backlog:
        """Return how far the outbox is. No row at or below its `last_seq` appears later."""

    def forget(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Let go of the rows in `ranges`, both ends included. Unknown rows are no mistake; it may happen later.

        A row that is forgotten too late, or not at all because the power failed, is only sent again.
        """

    def busy(self) -> bool:
        """Say whether somebody is being served now, so that what can wait does."""

    def stock(self) -> Stock:
        """Return every slot's stock, with every row up to the `last_seq` of a backlog read before counted in."""

    def state(self) -> KioskState:
        """Return the kiosk at a glance."""

    def products(self) -> Sequence[Product]:
        """Return the products of the configuration."""
