"""What anonymous codes took in the period that runs, in memory only: whoever takes the card learns nothing of it."""

from __future__ import annotations

import threading
from collections.abc import Collection

from kiosk.dispense.codes.anonymous_codes import Pass, new_salt


class Allowances:
    """Counts the uses of codes. May be called from any thread; touches no disk.

    On a card even a hash of a code could be tried with the programme's key: there are four million codes, which
    is minutes of work. So a new start gives every code its full share again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget("")

    def left(self, opened: Pass, sku: str, limit: int) -> tuple[int, bytes | None]:
        """Return how much of `limit` a code may still take of a product, and the token of its next use, if any.

        A code of another period than the last one's forgets what was spent in that.
        """
        with self._lock:
            if opened.period != self._period:
                self._forget(opened.period)
            unspent = [token for token in opened.tokens(sku, self._salt, limit) if token not in self._spent]
            return len(unspent), unspent[0] if unspent else None

    def spend(self, token: bytes) -> None:
        """Spend a token."""
        with self._lock:
            self._spent.add(token)

    def expire(self, periods: Collection[str]) -> None:
        """Forget all of a period that is not in `periods`: nobody can use its codes any more."""
        with self._lock:
            if self._period not in periods:
                self._forget("")

    def _forget(self, period: str) -> None:
        self._period = period
        self._salt = new_salt()
        self._spent: set[bytes] = set()
