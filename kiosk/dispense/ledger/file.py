"""The open file, and the few ways in which anything is written into it. All rooms of the ledger share one."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from kiosk.clock import Clock, Stamp
from kiosk.dispense.cover import hide_reading
from kiosk.dispense.ledger.doubt import Doubt
from kiosk.dispense.ledger.log import LOG_BYTES, Log
from kiosk.dispense.ledger.store import BUSY_TIMEOUT_S, connect, failure, translated
from kiosk.dispense.rules import bounds
from kiosk.dispense.rules.bounds import Bounds, Change
from kiosk.errors import LedgerError
from kiosk.model import EventKind

SqlValue = str | int | float | bytes | None
"""What a column may hold."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


UNTIDY = "The ledger could not be tidied; it stays whole and this is tried again"


class Count(Struct, frozen=True):
    """One row of the stock table."""

    slot: str
    sku: str
    on_hand: int
    unresolved: int
    jams: int
    version: int


COUNT = "slot, sku, on_hand, unresolved, jams, version"
"""The columns of a Count."""


class LedgerFile:
    """ledger.db, opened for writing by the one thread that may. Nothing can be written before `open`."""

    def __init__(self, path: Path, clock: Clock, log_bytes: int = LOG_BYTES) -> None:
        self.path = path
        self.log = Log(path.with_name(f"{path.name}-wal"), log_bytes)
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._stamp: Stamp | None = None
        self._boot = 0
        self._changing: dict[str, Count] = {}
        self._recoiling = self._telling = False
        self._rows = 0
        self.height = 0
        """How many movements and events there ever were, of which every one is on the disk."""
        self.doubt: Doubt | None = None
        """Why no count is certain; None once every slot was counted."""
        self.changed: dict[str, Count] = {}
        """Stock rows that were committed and nobody has taken notice of yet."""
        self.recoiled = False
        """Whether a coil, a lot or the menu changed since somebody took notice."""
        self.news = False
        """Whether events were committed since somebody took notice."""

    def open(self) -> None:
        """Open the file and begin a boot. Raises LedgerError or LedgerDamagedError."""
        self.close()
        connection = connect(self.path)
        self._connection = connection
        boot_id = BOOT_ID.read_text().strip() if BOOT_ID.exists() else "unknown"
        stamp = self._clock.stamp()
        try:
            with suppress(OSError):
                hide_reading(self.path)
            with self.transaction():
                self._boot = self.insert(
                    "INSERT INTO boot (boot_id, hour, clock_ok, epoch) VALUES (?, ?, ?, ?)",
                    # A copy of this ledger, such as a backup that is put back, numbers its events under another name.
                    *(boot_id, stamp.hour, stamp.synced, secrets.token_hex(6)),
                )
                self.height = self._count_rows()
        except LedgerError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file. Its log is folded in and deleted, unless somebody still reads, who is to close after this."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            connection.close()

    @property
    def is_open(self) -> bool:
        """Whether anything can be written."""
        return self._connection is not None

    @property
    def db(self) -> sqlite3.Connection:
        """The connection. Raises LedgerError while the file is not open."""
        if self._connection is None:
            raise LedgerError("The ledger is not open: its disk is full, away or damaged. Look after the disk.")
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock from the start (BEGIN IMMEDIATE); commit, or roll back on any error."""
        db = self.db
        try:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure("The ledger could not be written, and nothing of this change was kept", error) from error
        else:
            self.changed |= self._changing
            self.recoiled |= self._recoiling
            self.news |= self._telling
            self.height += self._rows
        finally:
            self._changing, self._recoiling, self._telling, self._rows = {}, False, False, 0
            if db.in_transaction:
                with translated("The ledger could not take a change back"):
                    db.execute("ROLLBACK")

    @contextmanager
    def at(self, stamp: Stamp | None) -> Iterator[None]:
        """Write what follows with the time of a thing that happened earlier, if it did."""
        self._stamp = stamp
        try:
            yield
        finally:
            self._stamp = None

    def fold(self) -> bool:
        """Fold the write-ahead log in, begin it anew, wipe the rest and see to it that it has its full size.

        False, at once, while somebody else reads.
        """
        with translated(UNTIDY):
            try:
                self.db.execute("PRAGMA busy_timeout=0")
                (busy, _, _) = self.db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            finally:
                self.db.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}")
        if busy:
            return False
        with self.transaction():
            # The first thing in the log that begins anew. It has to differ: SQLite writes nothing that stays the same.
            self.set("folds", int(self.get("folds", 0)) + 1)
        self.log.fill()
        self.log.wipe()
        return True

    def relieve(self) -> None:
        """Fold the write-ahead log in where it is; it is used again from its start. Readers never wait."""
        with translated(UNTIDY):
            self.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    # -- writing, inside a transaction -----------------------------------------------------------------------------

    def insert(self, sql: str, *values: SqlValue) -> int:
        """Insert a row; return its number."""
        return int(self.db.execute(sql, values).lastrowid or 0)

    def move(self, slot: str, kind: str, change: Change, *, request: str | None = None, lot: int | None = None) -> None:
        """Append a movement and change the stock by it: the two never part."""
        stamp = self.stamp()
        self.db.execute(
            "INSERT INTO movement (slot, kind, on_hand, unresolved, lot, request, boot, hour, up_h, clock_ok)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (slot, kind, *change, lot or None, request, self._boot, *stamp),
        )
        self._rows += 1
        self.change_stock("on_hand = on_hand + ?, unresolved = unresolved + ?, version = version + 1", *change, slot)

    def change_stock(self, setting: str, *values: str | int) -> None:
        """Change one row of the stock table, the slot being the last of `values`; it is published on commit."""
        for row in self.db.execute(f"UPDATE stock SET {setting} WHERE slot = ? RETURNING {COUNT}", values).fetchall():
            self._changing[row[0]] = Count(*row)

    def event(self, kind: EventKind, slot: str | None, sku: str | None, quantity: int, lot: int | None = None) -> None:
        """Append an event for staff and telemetry."""
        stamp = self.stamp()
        self.db.execute(
            "INSERT INTO event (kind, slot, sku, lot, quantity, boot, hour, up_h, clock_ok)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, slot, sku, lot or None, quantity, self._boot, *stamp),
        )
        self._telling = True
        self._rows += 1

    def may_have_left(self, slot: str, kind: EventKind, items: int) -> None:
        """Record that items may have left a slot, and the event that says why."""
        for _ in range(items):
            self.move(slot, kind, bounds.may_have_left(self.bounds(slot)))
        self.event(kind, slot, self.sku(slot), items)

    def recoil(self) -> None:
        """Note that a coil, a lot or the menu changes in this transaction."""
        self._recoiling = True

    def set(self, key: str, value: str | int | bytes) -> None:
        """Set one of the ledger's few single values."""
        self.db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    # -- reading what a change builds on ---------------------------------------------------------------------------

    def get(self, key: str, default: SqlValue) -> Any:
        """Return one of the ledger's few single values."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def _count_rows(self) -> int:
        """Return how many movements and events there ever were: the newest of either is never deleted."""
        (rows,) = self.db.execute(
            "SELECT coalesce((SELECT max(seq) FROM movement), 0) + coalesce((SELECT max(seq) FROM event), 0)"
        ).fetchone()
        return int(rows)

    def bounds(self, slot: str) -> Bounds:
        """Return what is known of a slot's content."""
        return Bounds(*self._row("on_hand, unresolved", slot))

    def version(self, slot: str) -> int:
        """Return a number that changes with each change of the slot's count."""
        return int(self._row("version", slot)[0])

    def sku(self, slot: str) -> str:
        """Return the product in a slot."""
        return str(self._row("sku", slot)[0])

    def jams(self, slot: str) -> int:
        """Return how often a slot failed in a row."""
        if changing := self._changing.get(slot):
            return changing.jams
        return int(self._row("jams", slot)[0])

    def stamp(self) -> Stamp:
        """Return the time that rows are written with."""
        return self._stamp or self._clock.stamp()

    def hour(self) -> int:
        """Return the hour that rows are written with."""
        return self.stamp().hour

    def _row(self, columns: str, slot: str) -> Any:
        return self.db.execute(f"SELECT {columns} FROM stock WHERE slot = ?", (slot,)).fetchone()
