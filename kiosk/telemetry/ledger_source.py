"""Telemetry's source of facts: the ledger's outbox, and the service that owns it."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.config import Config, Product
from kiosk.dispense.ledger import Reader
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.status import Status
from kiosk.model import Backlog, KioskState, OutboxRow, Stock


class LedgerSource:
    """Answers `telemetry.source.Source` from the ledger. Reads on the reader's connection, writes by the service."""

    def __init__(self, config: Config, service: Service, reader: Reader, status: Status) -> None:
        self._products = config.products
        self._service = service
        self._reader = reader
        self._status = status

    @property
    def epoch(self) -> str:
        """Name the start that numbers the events."""
        return self._reader.epoch

    def pending(self, after: int, limit: int) -> list[OutboxRow]:
        """Return up to `limit` events still held with a sequence above `after`, in order."""
        return self._reader.pending(after, limit)

    def backlog(self) -> Backlog:
        """Return how far the outbox is."""
        return self._reader.backlog()

    def forget(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Let go of acknowledged events, when the vend thread has time."""
        self._service.forget(list(ranges))

    def busy(self) -> bool:
        """Say whether an item drops now."""
        return self._service.busy

    def stock(self) -> Stock:
        """Return what is in every slot."""
        return self._service.stock()

    def state(self) -> KioskState:
        """Return the kiosk at a glance."""
        return self._status.now()

    def products(self) -> Sequence[Product]:
        """Return the products of the configuration."""
        return self._products
