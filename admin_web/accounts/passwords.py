"""Passwords: which are good enough, and how they are kept. Rules of OWASP ASVS 5, V6.2 and V11.4.2."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from admin_web.accounts.common_passwords import COMMON

SHORTEST = 12
LONGEST = 128
"""In characters. There is no rule about which characters, and pasting is welcome."""

OWN_WORDS = 8
"""So many characters must be left when known words (the person's name, the site) are taken away."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_one_at_a_time = threading.Lock()  # 19 MiB each: many at once would be too much for a Raspberry Pi
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep (m=19 MiB, t=2, p=1: OWASP's first choice, about 17 ms on a PC)."""
    with _one_at_a_time:
        return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Say whether `password` is the one. With no hash (no such person) it takes just as long, and is False."""
    try:
        with _one_at_a_time:
            _hasher.verify(password_hash or _nobody, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def wants_rehash(password_hash: str) -> bool:
    """Say whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def weakness(password: str, *known_words: str) -> str | None:
    """Return a sentence that says what to change, or None when the password will do."""
    if len(password) < SHORTEST:
        return f"That password is too short. Use {SHORTEST} characters or more; three or four words work well."
    if len(password) > LONGEST:
        return f"That password is too long. Use at most {LONGEST} characters."
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 5:
        return "Many people use that password, so it is guessed first. Choose another; three or four words work well."
    rest = plain
    for word in filter(lambda word: len(word) > 2, " ".join(known_words).casefold().split()):
        rest = rest.replace(word, "")
    if len(rest) < OWN_WORDS and rest != plain:
        return "That password is mostly your name or this place. Choose other words."
    return None
