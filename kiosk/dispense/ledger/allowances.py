"""What anonymous codes took in the period that runs: unlinkable hashes, which go when the period ends."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence

from kiosk.dispense.ledger.book import Book

SALT_BYTES = 16


class Allowances:
    """The public methods raise LedgerError when the disk fails, and change nothing then.

    What is spent is held in memory and written later, many together: a hash that is written together with its vend
    would tell for ever which vend it was. A power cut forgets what was not written yet, to the good of whoever took
    it. The whole set is written anew, in the order of the hashes, and the write-ahead log is cut off then: else the
    place of a hash on its page, or of its page in the log, would tell between which vends it came.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._spent: set[bytes] = set()
        self._log_tells = False

    def salt(self, period: str) -> bytes:
        """Return this kiosk's secret for a period. A new period begins with a new one, and forgets all of the last."""
        book = self._book
        with book.transaction():
            if book.get("code_period", "") != period:
                self._forget()
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
                kept = {token for (token,) in self._book.db.execute("SELECT token FROM token")}
                self._book.db.execute("DELETE FROM token")
                rows = [(token,) for token in sorted(kept | self._spent)]
                self._book.db.executemany("INSERT INTO token VALUES (?)", rows)
            self._spent.clear()
            self._log_tells = True
        if self._log_tells:
            self._log_tells = not self._book.cut_log()

    def expire(self, periods: Collection[str]) -> None:
        """Forget all of a period that is not in `periods`, its salt included: nobody can use its codes any more."""
        with self._book.transaction():
            if self._book.get("code_period", None) in (None, *periods):
                return
            self._forget()
        self.settle()

    def _forget(self) -> None:
        self._book.db.execute("DELETE FROM token")
        self._book.db.execute("DELETE FROM meta WHERE key IN ('code_period', 'code_salt')")
        self._spent.clear()
        self._log_tells = True

    def _is_spent(self, token: bytes) -> bool:
        kept = self._book.db.execute("SELECT 1 FROM token WHERE token = ?", (token,)).fetchone()
        return token in self._spent or kept is not None
