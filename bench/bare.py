"""What a durable promise costs at least: the very same SQL on a bare connection, and a pin, in one thread."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from kiosk.clock import Clock
from kiosk.dispense.ledger import Ledger, Planned
from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.ledger.store import connect
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import OutputLine
from kiosk.model import RestockLine, RestockRequest, new_request_id

Statement = tuple[str, tuple[Any, ...]]
"""SQL and its values."""

BLOCK = b"\x5a" * 4096

INSIDE = 3000
"""So much each slot of a bare ledger is said to hold: more than the vends take out of it."""

FOLD_AFTER = 100
"""The bare log is folded in as often as the kiosk's, while nobody looks at the clock."""


class Recorder:
    """Passes SQL on, and keeps it with its values."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.statements: list[Statement] = []

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        self.statements.append((sql, values))
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def record(file: LedgerFile) -> Recorder:
    """Have what a ledger's connection is told kept from now on. Nobody may use it at this moment."""
    recorder = Recorder(file.db)
    file._connection = recorder  # type: ignore[assignment]
    return recorder


def stop_recording(file: LedgerFile, recorder: Recorder) -> None:
    """Have it kept no longer."""
    file._connection = recorder._connection


def renamed(statements: list[Statement], names: dict[str, str]) -> list[Statement]:
    """Return the same SQL for other requests."""
    return [(sql, tuple(names.get(value, value) for value in values)) for sql, values in statements]


def replay(bare: sqlite3.Connection, statements: list[Statement]) -> float:
    """Run recorded SQL on a file that was opened and stocked alike; return the seconds it took."""
    began = time.perf_counter()
    for sql, values in statements:
        cursor = bare.execute(sql, values)
        if cursor.description is not None:
            cursor.fetchall()
    return time.perf_counter() - began


def stocked(path: Path, slots: list[str], boots: int) -> None:
    """Make a ledger of some slots, each counted to hold plenty, that was opened so often: its rows name its boots."""
    planogram = {slot: Planned("NAL", INSIDE) for slot in slots}
    ledger = Ledger(path, Clock())
    ledger.open(planogram)
    lines = tuple(RestockLine(slot=slot, as_of=ledger.counts()[slot].version, found=INSIDE) for slot in planogram)
    ledger.restocks.commit(RestockRequest(id=new_request_id(), lines=lines))
    ledger.close()
    for _ in range(1, boots):
        ledger.open(planogram)
        ledger.close()


class BareIntent:
    """An intent's own SQL on a bare connection, and a pin that is set. `statements` are those of one intent."""

    def __init__(self, folder: Path, slots: list[str], statements: list[Statement], board: Board, pin: int) -> None:
        """Prepare, with the `pin` of a `board` to which nothing is wired."""
        stocked(folder / "bare.db", slots, boots=1)
        self._bare = connect(folder / "bare.db")
        self._statements = statements
        self._request = next(value for sql, values in statements if "INTO vend" in sql for value in values)
        self._line = OutputLine(board, pin, active_low=False)
        self.samples_ms: list[float] = []

    def sample(self) -> None:
        """Make one, and take its time in ms."""
        statements = renamed(self._statements, {self._request: new_request_id()})
        began = time.perf_counter()
        replay(self._bare, statements)
        self._line.on()
        self.samples_ms.append((time.perf_counter() - began) * 1000)
        self._line.off()
        if len(self.samples_ms) % FOLD_AFTER == 0:
            self._bare.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Give everything back."""
        self._line.close()
        self._bare.close()


class BareSync:
    """A bare pwrite and fdatasync of 4 KiB: what anything durable costs on this disk."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT)
        os.pwrite(self._file, BLOCK * 64, 0)
        os.fsync(self._file)
        self.samples_ms: list[float] = []

    def sample(self) -> None:
        """Make one, and take its time in ms."""
        began = time.perf_counter()
        os.pwrite(self._file, BLOCK, 4096 * (len(self.samples_ms) % 64))
        os.fdatasync(self._file)
        self.samples_ms.append((time.perf_counter() - began) * 1000)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)
