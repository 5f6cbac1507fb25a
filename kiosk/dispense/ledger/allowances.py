"""What anonymous codes took in the period that runs: unlinkable hashes, which go when the period ends."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from kiosk.dispense.ledger.book import Book

SALT_BYTES = 16


class Allowances:
    """The public methods raise LedgerError when the disk fails, and change nothing then.

    What is spent is held in memory and written later, many together in the order of the hashes: a hash that is
    written together with its vend would tell for ever which vend it was. A power cut forgets what was not written
    yet, to the good of whoever took it.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._spent: set[bytes] = set()

    def salt(self, period: str) -> bytes:
        """Return this kiosk's secret for a period. A new period begins with a new one, and forgets all of the last."""
        book = self._book
        with book.transaction():
            if book.get("code_period", "") != period:
                book.db.execute("DELETE FROM token")
                self._spent.clear()
                book.set("code_period", period)
                book.set("code_salt", secrets.token_bytes(SALT_BYTES))
            return bytes(book.get("code_salt", b""))

    def used(self, tokens: Sequence[bytes]) -> int:
        """Return how many of `tokens`, one after the other, are spent."""
        with self._book.transaction():
            return next((place for place, token in enumerate(tokens) if not self._is_spent(token)), len(tokens))

    def spend(self, token: bytes) -> None:
        """Spend a token, in memory until `settle`."""
        self._spent.add(token)

    def settle(self) -> None:
        """Write down what was spent."""
        if self._spent:
            with self._book.transaction():
                rows = [(token,) for token in sorted(self._spent)]
                self._book.db.executemany("INSERT OR IGNORE INTO token VALUES (?)", rows)
            self._spent.clear()

    def _is_spent(self, token: bytes) -> bool:
        kept = self._book.db.execute("SELECT 1 FROM token WHERE token = ?", (token,)).fetchone()
        return token in self._spent or kept is not None
