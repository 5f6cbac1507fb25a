"""Questions to the ledger that never wait for the vend thread: a connection of its own that can only read."""

from __future__ import annotations

import datetime
import sqlite3
import threading
from pathlib import Path
from typing import Any

from kiosk.dispense import words
from kiosk.dispense.schema import PENDING
from kiosk.dispense.store import connect_reader
from kiosk.errors import LedgerError
from kiosk.model import Attempt, Event, LotAdded, OutboxRow, Outcome, Purpose, VendRequest

LOOK_BACK = 5000
"""A slot's events are looked for among so many of the newest: without an index, which each vend would pay for."""

_EVENT = "SELECT seq, kind, hour, clock_ok, quantity, slot, sku FROM event"


class Reader:
    """Read-only answers from ledger.db. Any thread may ask; each method raises LedgerError if the file fails."""

    def __init__(self, path: Path) -> None:
        self._db = connect_reader(path)
        self._lock = threading.Lock()
        self.epoch = str(self._rows("SELECT value FROM meta WHERE key = 'epoch'")[0][0])
        """Names this ledger: sequence numbers are never used twice within it."""

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"The ledger could not be read: {error}.") from error

    def request(self, request_id: str) -> VendRequest | None:
        """Return a request that the ledger remembers, as it was asked."""
        rows = self._rows("SELECT by_slot, purpose, sku, slot FROM vend WHERE request = ? LIMIT 1", request_id)
        for by_slot, purpose, sku, slot in rows:
            asked = (None, slot) if by_slot else (sku, None)
            return VendRequest(id=request_id, sku=asked[0], slot=asked[1], purpose=Purpose(purpose))
        return None

    def attempts(self, request_id: str) -> tuple[Attempt, ...]:
        """Return the slots that were tried for a request, in order. One still open reads `unknown`."""
        rows = self._rows(
            "SELECT slot, state FROM vend WHERE request = ? AND slot IS NOT NULL ORDER BY attempt", request_id
        )
        return tuple(
            Attempt(slot=slot, outcome=Outcome.UNKNOWN if state == "intent" else Outcome(state)) for slot, state in rows
        )

    def events(self, limit: int, before: int | None = None, slot: str | None = None) -> tuple[Event, ...]:
        """Return up to `limit` events, newest first, older than sequence `before`, of all slots or lately of one."""
        older = 2**62 if before is None else before
        rows = (
            self._rows(f"{_EVENT} WHERE seq < ? ORDER BY seq DESC LIMIT ?", older, limit)
            if slot is None
            else self._rows(
                f"{_EVENT} WHERE slot = ? AND seq BETWEEN (SELECT max(seq) FROM event) - ? AND ? - 1"
                " ORDER BY seq DESC LIMIT ?",
                *(slot, LOOK_BACK, older, limit),
            )
        )
        return tuple(_event(row) for row in rows)

    def lots(self, slot: str, limit: int = 10) -> tuple[LotAdded, ...]:
        """Return what was put into a slot lately, newest first."""
        rows = self._rows(
            "SELECT added, hour, lot, expiry FROM restock WHERE slot = ? AND added > 0 ORDER BY rowid DESC LIMIT ?",
            *(slot, limit),
        )
        return tuple(
            LotAdded(quantity=added, hour=hour, lot=lot, expiry=datetime.date.fromisoformat(expiry) if expiry else None)
            for added, hour, lot, expiry in rows
        )

    def pending(self, after: int, limit: int) -> list[OutboxRow]:
        """Return up to `limit` events of the outbox with a sequence above `after`, in order."""
        rows = self._rows(
            "SELECT seq, kind, slot, sku, quantity, hour, clock_ok, boot FROM event"
            f" WHERE {PENDING} AND seq > ? ORDER BY seq LIMIT ?",
            *(after, limit),
        )
        return [
            OutboxRow(seq=a, kind=b, slot=c, sku=d, quantity=e, hour=f, clock_ok=bool(g), boot=h)
            for a, b, c, d, e, f, g, h in rows
        ]

    def pending_count(self) -> int:
        """Return how many events are in the outbox."""
        return int(self._rows(f"SELECT count(*) FROM event WHERE {PENDING}")[0][0])

    def dropped(self) -> int:
        """Return how many events had to be given up because the outbox was full."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'dropped'")
        return int(rows[0][0]) if rows else 0

    def last_seq(self) -> int:
        """Return the newest event's sequence, 0 when there is none."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])


def _event(row: tuple[Any, ...]) -> Event:
    seq, kind, hour, clock_ok, quantity, slot, sku = row
    return Event(
        seq=seq,
        kind=kind,
        hour=hour,
        clock_ok=bool(clock_ok),
        quantity=quantity,
        text=words.event(kind),
        slot=slot,
        sku=sku,
    )
