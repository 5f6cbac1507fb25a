"""An outbox in memory that keeps every promise of `telemetry.source.Source`."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from kiosk.config import Product
from kiosk.errors import LedgerError
from kiosk.model import Backlog, EventKind, Fault, FaultKind, KioskState, Link, OutboxRow, Reading, SlotStock, Stock

NALOXONE = Product(sku="NAL-4", name="Naloxone nasal spray", pictogram="naloxone", essential=True)


class MemoryOutbox:
    """Rows, stock and state, as the dispense layer would answer; `broken` makes it fail as a damaged ledger does."""

    def __init__(self, epoch: str = "epoch-1") -> None:
        self.epoch = epoch
        self.broken = False
        self.dropping = False
        self.door_open = False
        self.on_hand = 1000
        self.lost = 0
        self.forgotten = 0
        """How often somebody asked to forget something."""
        self._rows: dict[int, OutboxRow] = {}
        self._last = 0
        self._lock = threading.Lock()

    def add(self, count: int, *, kind: EventKind = EventKind.DISPENSED) -> list[int]:
        """Let `count` events happen; return their numbers."""
        with self._lock:
            first = self._last + 1
            for seq in range(first, first + count):
                self._rows[seq] = OutboxRow(
                    epoch=self.epoch,
                    seq=seq,
                    kind=kind,
                    slot="A1",
                    sku="NAL-4",
                    lot="L7",
                    funder="county",
                    quantity=-1,
                    hour="2026-11-22T05:00Z",
                    clock_ok=True,
                    boot=3,
                )
            self._last += count
            self.on_hand -= count
            return list(range(first, first + count))

    def pending(self, after: int, limit: int) -> list[OutboxRow]:
        self._check()
        with self._lock:
            return [row for seq, row in self._rows.items() if seq > after][:limit]

    def count(self) -> int:
        """Return how many events are still held."""
        with self._lock:
            return len(self._rows)

    def backlog(self) -> Backlog:
        self._check()
        with self._lock:
            return Backlog(last_seq=self._last, pending=len(self._rows), dropped=self.lost)

    def forget(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._check()
        with self._lock:
            self.forgotten += 1
            for low, high in ranges:
                for seq in range(low, high + 1):
                    self._rows.pop(seq, None)

    def busy(self) -> bool:
        return self.dropping

    def stock(self) -> Stock:
        slot = SlotStock(
            slot="A1",
            sku="NAL-4",
            product="Naloxone nasal spray",
            pictogram="naloxone",
            essential=True,
            capacity=1000,
            par=20,
            on_hand=self.on_hand,
            unresolved=1,
            jams=1,
            version=7,
            faults=(Fault(where="A1", kind=FaultKind.FAILED, text="Slot A1 jammed at 05:41: clear it, then test."),),
        )
        return Stock(slots=(slot,))

    def state(self) -> KioskState:
        return KioskState(
            kiosk="north-1",
            site="Harbour Street",
            busy=True,
            door_open=self.door_open,
            readings=(Reading(name="inside", text="21.3 °C at 05:41:07", value=21.3, unit="°C"),),
            faults=(Fault(where="beam", kind=FaultKind.PART, text="The drop beam was blocked at 05:41."),),
            telemetry=Link(text="", connected=True, pending=0),
            software="0.1.0",
        )

    def products(self) -> Sequence[Product]:
        return (NALOXONE,)

    def _check(self) -> None:
        if self.broken:
            raise LedgerError("The ledger cannot be read: the disk is gone.")
