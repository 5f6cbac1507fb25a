"""Power that can be cut before any step of the kiosk, and a disk that can fail: what the kiosk's files stand on."""

from __future__ import annotations

import enum
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.dispense.ledger import store
from kiosk.dispense.recording.journal import BLOCK, Journal
from tests.model.silence import Silence

MAX_PAGES = 2**30
"""More pages than any ledger has: no limit."""


class PowerCut(BaseException):
    """The power is gone: nothing that the kiosk would still do happens."""


class Power:
    """Counts steps, and goes off before the one that it was told. Without power every step raises PowerCut."""

    def __init__(self) -> None:
        self.on = True
        self.cuts = 0
        self._planned: list[int] = []
        self._left = -1

    def plan(self, steps: list[int]) -> None:
        """Cut the power after so many steps; the further numbers are for the starts that follow it."""
        self._planned = list(steps)
        self._left = self._planned.pop(0) if self._planned else -1

    def restore(self) -> None:
        """Switch it on again."""
        self.on = True
        self.plan(self._planned)

    def check(self) -> None:
        """Raise PowerCut if there is no power."""
        if not self.on:
            raise PowerCut

    def step(self) -> None:
        """Take a step, if there is power for it."""
        self.check()
        if self._left == 0:
            self.on = False
            self.cuts += 1
            raise PowerCut
        self._left -= 1


class Trouble(enum.Enum):
    """What is wrong with the disk."""

    READ_ONLY = "PRAGMA query_only = ON"
    FULL = "PRAGMA max_page_count = 1"
    """SQLite takes this for: as many as there are now."""


class Disk:
    """What the ledger's connections stand on, in this life of the kiosk and the next."""

    def __init__(self, power: Power) -> None:
        self.power = power
        self.silence = Silence(power.check)
        self.trouble: Trouble | None = None
        self.connections: list[CutConnection] = []
        self.journals: list[CutJournal] = []
        self._fails_after = -1

    def connect(self, uri: str) -> sqlite3.Connection:
        """Open a connection as the ledger does."""
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, factory=CutConnection
        )
        connection.disk = self
        self.connections.append(connection)
        if self.trouble is not None:
            self._obey(connection)
        return connection

    def fail(self, trouble: Trouble | None, after: int = 0) -> None:
        """Have the disk fail in so many statements from now, or mend it with None."""
        self.trouble, self._fails_after = trouble, after
        if after == 0 or trouble is None:
            self.obey()

    def statement(self) -> None:
        """Take a step of SQL."""
        self.power.step()
        if self._fails_after > 0:
            self._fails_after -= 1
            if self._fails_after == 0:
                self.obey()

    def obey(self) -> None:
        """Make every connection feel how the disk is now."""
        for connection in self.connections:
            self._obey(connection)

    def forget(self) -> None:
        """Close what a killed process left open. Its files were copied before."""
        for connection in list(self.connections):
            connection.close()
        for journal in self.journals:
            journal.close()
        self.journals.clear()

    def _obey(self, connection: CutConnection) -> None:
        if self.trouble is not None and self._fails_after > 0:
            return
        # SQLite looks for the size of the file where the last statement left it: let it look anew.
        connection.past("SELECT count(*) FROM sqlite_master")
        for setting in ("PRAGMA query_only = OFF", f"PRAGMA max_page_count = {MAX_PAGES}"):
            connection.past(setting)
        if self.trouble is not None:
            connection.past(self.trouble.value)


class CutConnection(sqlite3.Connection):
    """A connection before each statement of which, and after each commit, the power can go."""

    disk: Disk

    def past(self, sql: str) -> None:
        """Execute what is no step of the kiosk."""
        super().execute(sql).close()

    def close(self) -> None:
        self.disk.connections.remove(self)
        super().close()

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.disk.statement()
        run = super().execute
        if sql != "COMMIT":
            return run(sql, *values)
        cursor = self.disk.silence.around(lambda: run(sql, *values))
        self.disk.power.step()
        return cursor

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.disk.statement()
        return super().executemany(sql, *values)


class CutJournal(Journal):
    """A journal before, in and after each write of which the power can go: half a block may be written."""

    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path)
        self._power = disk.power
        self._silence = disk.silence
        disk.journals.append(self)

    def _put(self, block: int, content: bytes) -> None:
        self._power.step()
        try:
            self._power.step()
        except PowerCut:
            if self._file is not None:
                os.pwrite(self._file, content[: BLOCK // 64], block * BLOCK)
            raise
        put = super()._put
        self._silence.around(lambda: put(block, content))
        self._power.step()


@contextmanager
def wired(disk: Disk) -> Iterator[None]:
    """Have the ledger open its connections on this disk."""
    opened = store._open
    vars(store)["_open"] = disk.connect
    try:
        yield
    finally:
        vars(store)["_open"] = opened
