"""The honest count: every change of stock, durable before the next thing happens.

One Ledger, one thread: whoever owns it (the vend thread) is the only writer of ledger.db.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from kiosk.clock import Clock
from kiosk.dispense import bounds
from kiosk.dispense.bounds import Bounds, Change
from kiosk.dispense.machine import Finish
from kiosk.dispense.schema import PENDING
from kiosk.dispense.store import connect
from kiosk.errors import ConflictError, LedgerError
from kiosk.model import Outcome, Purpose, RestockRequest, RestockResult, VendRequest

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Intent(Struct, frozen=True):
    """A vend that is durably recorded and not yet decided."""

    request: str
    attempt: int
    slot: str
    sku: str
    purpose: Purpose
    change: Change


class Count(Struct, frozen=True):
    """One row of the stock table."""

    slot: str
    on_hand: int
    unresolved: int
    jams: int
    version: int


COUNT = "slot, on_hand, unresolved, jams, version"
"""The columns of a Count."""


class Ledger:
    """ledger.db, opened for writing. Each public method that writes is one transaction: all of it or nothing.

    They raise LedgerError when the disk or the file fails; the ledger is then as it was before the call.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._db = connect(path)
        self._in_log = 0
        self._changing: dict[str, Count] = {}
        self._changed: dict[str, Count] = {}
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (secrets.token_hex(6),))
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('outbox_after', 0)")
            self._boot = self._begin_boot()

    def close(self) -> None:
        """Close the file; the write-ahead log is folded into it."""
        self._db.close()

    def _begin_boot(self) -> int:
        boot_id = BOOT_ID.read_text().strip() if BOOT_ID.exists() else "unknown"
        cursor = self._db.execute(
            "INSERT INTO boot (boot_id, hour, clock_ok) VALUES (?, ?, ?)",
            (boot_id, self._clock.hour(), self._clock.synced()),
        )
        return int(cursor.lastrowid or 0)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the write lock from the start (BEGIN IMMEDIATE); commit, or roll back on any error."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
                self._in_log += 1
                self._changed |= self._changing
            finally:
                self._changing = {}
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise LedgerError(f"The ledger could not be written: {error}. Nothing of this change was kept.") from error

    # -- the planogram ---------------------------------------------------------------------------------------------

    def plan(self, products: dict[str, str]) -> None:
        """Take over which product (sku) is in which slot.

        A slot whose product changed has nothing of the new one for certain: what it held becomes unresolved.
        """
        with self._transaction():
            known = dict(self._db.execute("SELECT slot, sku FROM stock"))
            for slot, sku in products.items():
                if slot not in known:
                    self._db.execute("INSERT INTO stock (slot, sku) VALUES (?, ?)", (slot, sku))
                elif known[slot] != sku:
                    held = self._bounds(slot)
                    self._move(slot, "planogram", Change(-held.on_hand, +held.on_hand))
                    self._change_stock("sku = ?, jams = 0", sku, slot)

    # -- one vend --------------------------------------------------------------------------------------------------

    def intent(self, request: VendRequest, slot: str, sku: str, attempt: int = 1) -> Intent:
        """Record that an item is about to leave `slot`. Durable on return: only then may the motor be energised.

        `attempt` counts the slots that are tried for this request, from 1.
        """
        with self._transaction():
            self._insert_vend(request, attempt, sku, slot, "intent")
            change = bounds.may_have_left(self._bounds(slot))
            self._move(slot, "intent", change, request.id)
        return Intent(request.id, attempt, slot, sku, request.purpose, change)

    def outcome(self, intent: Intent, verdict: Finish, hanging: Sequence[str] = ()) -> None:
        """Record how a vend ended: the stock's correction and the event, in one transaction.

        `hanging` names slots in which an item was stuck before: when more than one item fell, the other may
        have come from any of them.
        """
        slot = intent.slot
        with self._transaction():
            before = self._bounds(slot)
            self._close_vend(intent.request, intent.attempt, verdict.outcome)
            if verdict.outcome is Outcome.DISPENSED:
                self._move(slot, "outcome", bounds.has_left(before), intent.request)
                if before == (0, 0):
                    self._event("surplus", slot, intent.sku, 1)
            elif verdict.certain:
                self._move(slot, "outcome", bounds.has_stayed(intent.change), intent.request)
            for other in dict.fromkeys((slot, *hanging)) if verdict.drops > 1 else ():
                self._may_have_left(other, "extra_drop", verdict.drops - 1)
            self._count_jams(intent, verdict.outcome, empty=before == (0, 0))
            tested = intent.purpose is Purpose.TEST
            self._event("tested" if tested else verdict.outcome, slot, intent.sku, min(verdict.drops, 1))

    def recover(self) -> list[str]:
        """Close every vend that a power cut left open as `unknown`; return their slots. No motor is ever repeated.

        The stock needs no change: the intent already counts the item as unresolved.
        """
        with self._transaction():
            rows = self._db.execute("SELECT request, attempt, slot FROM vend WHERE state = 'intent'").fetchall()
            for request, attempt, slot in rows:
                self._close_vend(request, attempt, Outcome.UNKNOWN)
                self._event("unknown", slot, self._sku(slot), 0)
        return [slot for _, _, slot in rows]

    def sold_out(self, request: VendRequest, sku: str) -> None:
        """Record that somebody asked for a product and none was left."""
        with self._transaction():
            self._insert_vend(request, 1, sku, None, "sold_out")
            self._event("sold_out", None, sku, 1)

    def unseen(self, slot: str, kind: str, items: int = 1) -> None:
        """Record that items may have left `slot` outside any recorded vend; `kind` says why."""
        with self._transaction():
            self._may_have_left(slot, kind, items)

    # -- people ----------------------------------------------------------------------------------------------------

    def restock(self, request: RestockRequest) -> RestockResult:
        """Record a person's count and filling of one slot; it settles what was unresolved there.

        The same id again changes nothing and returns the first answer. Raises ConflictError when the slot's
        count changed since `as_of`, or when the id was used for another restock.
        """
        with self._transaction():
            if done := self._restocked(request):
                return done
            before = self._bounds(request.slot)
            if self._version(request.slot) != request.as_of:
                raise ConflictError(f"Something left {request.slot} while it was counted. Count it again.")
            result = RestockResult(
                id=request.id,
                slot=request.slot,
                found=request.found,
                added=request.added,
                on_hand=request.found + request.added,
                settled=before.unresolved,
                drift=bounds.drift(before, request.found),
            )
            self._insert_restock(request, result)
            self._move(request.slot, "count", bounds.counted(before, request.found), request.id)
            self._move(request.slot, "added", Change(request.added, 0), request.id)
            self._change_stock("jams = 0", request.slot)
            self._event("restocked", request.slot, self._sku(request.slot), request.added)
        return result

    def _restocked(self, request: RestockRequest) -> RestockResult | None:
        row = self._db.execute(
            "SELECT slot, found, added, on_hand, settled, drift FROM restock WHERE id = ?", (request.id,)
        ).fetchone()
        if row is None:
            return None
        if row[:3] != (request.slot, request.found, request.added):
            raise ConflictError("This restock was already saved with other numbers. Open the slot again.")
        slot, found, added, on_hand, settled, drift = row
        return RestockResult(
            id=request.id, slot=slot, found=found, added=added, on_hand=on_hand, settled=settled, drift=drift
        )

    def _insert_restock(self, request: RestockRequest, result: RestockResult) -> None:
        expiry = request.expiry.isoformat() if request.expiry else None
        self._db.execute(
            "INSERT INTO restock (id, slot, found, added, on_hand, settled, drift, lot, expiry, hour)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(result.id, result.slot, result.found, result.added, result.on_hand, result.settled, result.drift),
                *(request.lot, expiry, self._clock.hour()),
            ),
        )

    # -- the outbox ------------------------------------------------------------------------------------------------

    def forget(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Take events lo to hi (both included) out of the outbox: somebody else holds them durably now."""
        with self._transaction():
            for lo, hi in ranges:
                self._db.execute("UPDATE event SET pending = 0 WHERE pending = 1 AND seq BETWEEN ? AND ?", (lo, hi))
            self._advance_outbox()

    def trim(self, keep_rows: int) -> None:
        """Give up the oldest pending events above `keep_rows`, and count them, so that the loss is told."""
        with self._transaction():
            rows = self._db.execute(
                f"SELECT seq FROM event WHERE {PENDING} ORDER BY seq DESC LIMIT -1 OFFSET ?", (keep_rows,)
            )
            oldest = [(seq,) for (seq,) in rows]
            if not oldest:
                return
            self._db.executemany("UPDATE event SET pending = 0 WHERE seq = ?", oldest)
            self._db.execute(
                "INSERT INTO meta VALUES ('dropped', ?) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
                (len(oldest),),
            )
            self._advance_outbox()

    def _advance_outbox(self) -> None:
        """Note the last event before the oldest pending one."""
        self._db.execute(
            f"UPDATE meta SET value = coalesce((SELECT min(seq) - 1 FROM event WHERE {PENDING}),"
            " (SELECT max(seq) FROM event), 0) WHERE key = 'outbox_after'"
        )

    # -- housekeeping and questions --------------------------------------------------------------------------------

    def started(self) -> None:
        """Record that the kiosk is up."""
        with self._transaction():
            self._event("started", None, None, 0)

    def checkpoint(self, after: int) -> None:
        """Fold the write-ahead log into the file if `after` transactions or more are in it. Readers never wait."""
        if self._in_log < after:
            return
        self._in_log = 0
        try:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"The ledger could not be tidied: {error}. It stays whole and is tried again.") from error

    def counts(self) -> dict[str, Count]:
        """Return every slot's row of the stock table."""
        try:
            rows = self._db.execute(f"SELECT {COUNT} FROM stock").fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"The ledger could not be read: {error}.") from error
        return {row[0]: Count(*row) for row in rows}

    def changed(self) -> dict[str, Count]:
        """Return the stock rows that were committed since the last call. Asks the database nothing."""
        changed, self._changed = self._changed, {}
        return changed

    def audit(self) -> list[str]:
        """Return the slots whose stock is not the sum of their movements: none, unless the file was tampered with."""
        rows = self._db.execute(
            "SELECT slot FROM stock LEFT JOIN"
            " (SELECT slot AS s, sum(on_hand) AS h, sum(unresolved) AS u FROM movement GROUP BY slot) ON s = slot"
            " WHERE on_hand <> coalesce(h, 0) OR unresolved <> coalesce(u, 0)"
        )
        return [slot for (slot,) in rows]

    # -- one row each ----------------------------------------------------------------------------------------------

    def _insert_vend(self, request: VendRequest, attempt: int, sku: str, slot: str | None, state: str) -> None:
        self._db.execute(
            "INSERT INTO vend (request, attempt, by_slot, purpose, sku, slot, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (request.id, attempt, request.slot is not None, request.purpose, sku, slot, state),
        )

    def _close_vend(self, request: str, attempt: int, outcome: Outcome) -> None:
        self._db.execute("UPDATE vend SET state = ? WHERE request = ? AND attempt = ?", (outcome, request, attempt))

    def _move(self, slot: str, kind: str, change: Change, request: str | None = None) -> None:
        """Append a movement and change the stock by it: the two never part."""
        self._db.execute(
            "INSERT INTO movement (slot, kind, on_hand, unresolved, request, boot, hour, clock_ok)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (slot, kind, *change, request, self._boot, self._clock.hour(), self._clock.synced()),
        )
        self._change_stock("on_hand = on_hand + ?, unresolved = unresolved + ?, version = version + 1", *change, slot)

    def _change_stock(self, setting: str, *values: str | int) -> None:
        """Change one row of the stock table, the slot being the last of `values`; it is published on commit."""
        for row in self._db.execute(f"UPDATE stock SET {setting} WHERE slot = ? RETURNING {COUNT}", values).fetchall():
            self._changing[row[0]] = Count(*row)

    def _may_have_left(self, slot: str, kind: str, items: int) -> None:
        for _ in range(items):
            self._move(slot, kind, bounds.may_have_left(self._bounds(slot)))
        self._event(kind, slot, self._sku(slot), items)

    def _event(self, kind: str, slot: str | None, sku: str | None, quantity: int) -> None:
        self._db.execute(
            "INSERT INTO event (kind, slot, sku, quantity, hour, clock_ok, boot) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, slot, sku, quantity, self._clock.hour(), self._clock.synced(), self._boot),
        )

    def _count_jams(self, intent: Intent, outcome: Outcome, *, empty: bool) -> None:
        if outcome is Outcome.DISPENSED and self._changing[intent.slot].jams:
            self._change_stock("jams = 0", intent.slot)
        elif outcome in (Outcome.JAMMED, Outcome.NOT_STARTED) and not empty and intent.purpose is Purpose.VISITOR:
            self._change_stock("jams = jams + 1", intent.slot)

    def _bounds(self, slot: str) -> Bounds:
        row = self._db.execute("SELECT on_hand, unresolved FROM stock WHERE slot = ?", (slot,)).fetchone()
        return Bounds(*row)

    def _version(self, slot: str) -> int:
        return int(self._db.execute("SELECT version FROM stock WHERE slot = ?", (slot,)).fetchone()[0])

    def _sku(self, slot: str) -> str:
        return str(self._db.execute("SELECT sku FROM stock WHERE slot = ?", (slot,)).fetchone()[0])
