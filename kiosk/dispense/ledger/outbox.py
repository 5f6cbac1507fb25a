"""The outbox: the events that nobody else holds durably yet."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.ledger.schema import PENDING


class Outbox:
    """Each public method is one transaction. They raise LedgerError when the disk fails, and change nothing then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def forget(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Take events lo to hi (both included) out of the outbox: somebody else holds them durably now."""
        with self._file.transaction():
            for lo, hi in ranges:
                self._file.db.execute(
                    "UPDATE event SET pending = 0 WHERE pending = 1 AND seq BETWEEN ? AND ?", (lo, hi)
                )
            self._advance()

    def trim(self, keep_rows: int) -> None:
        """Give up the oldest pending events above `keep_rows`, and count them, so that the loss is told."""
        file = self._file
        with file.transaction():
            rows = file.db.execute(
                f"SELECT seq FROM event WHERE {PENDING} ORDER BY seq DESC LIMIT -1 OFFSET ?", (keep_rows,)
            )
            oldest = [(seq,) for (seq,) in rows]
            if oldest:
                file.db.executemany("UPDATE event SET pending = 0 WHERE seq = ?", oldest)
                file.set("dropped", int(file.get("dropped", 0)) + len(oldest))
                self._advance()

    def _advance(self) -> None:
        """Note the last event before the oldest pending one."""
        self._file.db.execute(
            f"UPDATE meta SET value = coalesce((SELECT min(seq) - 1 FROM event WHERE {PENDING}),"
            " (SELECT max(seq) FROM event), 0) WHERE key = 'outbox_after'"
        )
