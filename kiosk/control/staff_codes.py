"""One-time codes that let a person at the kiosk make a staff sign-in. Held in memory only, as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""No letter or digit that is easily taken for another."""

LENGTH = 10
"""Ten of thirty signs are 49 bits: a thousand tries a second, for its whole hour, find it once in 150 million codes."""

VALID_S = 3600


class AdminCodes:
    """At most one code is open at a time. It is void once used, or after an hour.

    Wrong tries do not void it: anybody could take it from its owner that way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._void()

    def make(self) -> str:
        """Make a new code, such as `K7QX2-M9DPA`; an earlier unused one is void."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        with self._lock:
            self._digest = _digest(code)
            self._until = time.monotonic() + VALID_S
        return f"{code[:5]}-{code[5:]}"

    def redeem(self, typed: str) -> bool:
        """Say whether `typed` is the open code, and use it up if so. Case, spaces and dashes do not matter."""
        with self._lock:
            if not self._digest or time.monotonic() > self._until:
                return False
            fits = hmac.compare_digest(self._digest, _digest(typed))
            if fits:
                self._void()
            return fits

    def _void(self) -> None:
        self._digest = b""
        self._until = 0.0


def _digest(code: str) -> bytes:
    plain = "".join(sign for sign in code.upper() if sign in ALPHABET)
    return hashlib.sha256(plain.encode()).digest()
