"""One-time codes that the kiosk has found right and that did not make a sign-in yet, as hashes in memory.

A code is used up before anything is said about names; who then has to choose another name needs no new code.
"""

from __future__ import annotations

import hashlib
import threading
import time

GOOD_S = 15 * 60
"""How long whoever typed the code has for the rest of the form, in seconds."""


class Claims:
    """The codes under way. May be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[bytes, float] = {}

    def begin(self, code: str) -> None:
        """Note that a code was right."""
        with self._lock:
            now = time.monotonic()
            self._until = {other: until for other, until in self._until.items() if until > now}
            self._until[_digest(code)] = now + GOOD_S

    def holds(self, code: str) -> bool:
        """Say whether a code was right a while ago, and nothing was made of it yet."""
        with self._lock:
            return self._until.get(_digest(code), 0.0) > time.monotonic()

    def end(self, code: str) -> bool:
        """Use a code up for good; say whether it was held until now."""
        with self._lock:
            return self._until.pop(_digest(code), 0.0) > time.monotonic()


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
