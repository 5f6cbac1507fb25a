"""Anonymous codes: four easy words that let a visitor take their share at every kiosk of a programme.

Two words are a random number, two words prove that a kiosk with the programme's key made it in this period. No kiosk
keeps a list of codes, so none can be lost, asked for or compared. See docs/codes.md.
"""

from __future__ import annotations

import datetime
import hmac
import itertools
import re
import secrets
import threading
from collections.abc import Callable
from typing import Literal

from mnemonic import Mnemonic

from kiosk import clock
from kiosk.clock import When
from kiosk.dispense import words
from kiosk.dispense.codes.excluded_words import AWKWARD
from kiosk.model import Refusal, RefusalCode, RefusedError

WORDS: tuple[str, ...] = tuple(Mnemonic("english").wordlist)
"""The 2048 English words of BIP-39: no two share their first four letters."""

WORD_BITS = 11
HALF_BITS = 2 * WORD_BITS
"""Two words: the random number, and again the proof. A blind guess is right once in four million."""

TOKEN_BYTES = 16
SALT_BYTES = 16

FREE_TRIES = 5
"""So many wrong codes in a row cost nothing."""

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 900.0
"""The wait after the fifth wrong code; each further one doubles it, up to the longest."""

FORGET_S = 3600.0
"""After so long without a wrong code, earlier ones no longer count against whoever comes next."""

MAX_TYPED = 200

FOUR_WORDS = "A code is four words. Type all four, or the first four letters of each."
NOT_A_WORD = "One of these words is in no code. Check the four words, then try again."
WRONG = "This code does not work now. Check the four words, or ask for a new code."
NO_CODE = Refusal(code=RefusalCode.CODE_WRONG)

_NUMBERS = {word[:4]: number for number, word in enumerate(WORDS)}


class Pass:
    """What a right code opens: the tokens that stand for its uses. It never shows the code."""

    __slots__ = ("_key", "_nonce", "period")

    def __init__(self, period: str, key: bytes, nonce: bytes) -> None:
        self.period = period
        """The period it is good for, such as `2026-W47` or `2026-11`: tokens are kept and deleted with it."""
        self._key = key
        self._nonce = nonce

    def __repr__(self) -> str:
        return f"Pass({self.period!r})"

    def tokens(self, sku: str, salt: bytes, n: int) -> tuple[bytes, ...]:
        """Return the 16-byte tokens of the first `n` uses for one product, in order.

        `salt` is random and this kiosk's own; it is never written down. Raises ValueError if it is too short.
        """
        if len(salt) < SALT_BYTES:
            raise ValueError(f"A salt has at least {SALT_BYTES} bytes.")
        key = _mac(self._key, salt)
        name = sku.encode()
        return tuple(_mac(key, self._nonce + use.to_bytes(4, "big") + name)[:TOKEN_BYTES] for use in range(n))


def new_salt() -> bytes:
    """Make a kiosk's salt for one period."""
    return secrets.token_bytes(SALT_BYTES)


class Codes:
    """Makes codes and checks them. May be called from any thread.

    `key` is the programme's, at least 32 bytes. `now` is a monotonic clock in seconds, `randbits` a source of
    random numbers; tests give their own. What is remembered of tries is held in memory only.
    """

    def __init__(
        self,
        key: bytes,
        period: Literal["week", "month"],
        issue_every_s: float,
        now: Callable[[], float],
        randbits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._key = key
        self._period = period
        self._issue_every_s = issue_every_s
        self._now = now
        self._randbits = randbits
        self._lock = threading.Lock()
        self._issued_s = float("-inf")
        self._wrong = 0
        self._wrong_s = float("-inf")

    def issue(self, when: When) -> str:
        """Make a code for the period of `when`: four words with spaces.

        Raises RefusedError, with the seconds to wait, when the last one was made too short a while ago.
        """
        with self._lock:
            wait_s = self._issued_s + self._issue_every_s - self._now()
            if wait_s > 0:
                raise _too_soon(f"A code was made a moment ago. Ask for yours in {words.wait(wait_s)}.", wait_s)
            self._issued_s = self._now()
        period = self.accepted(when)[0]
        drawn = (self._words(period) for _ in itertools.count())
        return " ".join(next(code for code in drawn if AWKWARD.isdisjoint(code)))

    def check(self, typed: str, when: When) -> Pass:
        """Return what a code opens. Case does not matter, nor what stands between the words or after four letters.

        Raises RefusedError for a code that is wrong, of another period or of another programme, which all sound
        alike; and for every code, with the time to wait, after five wrong ones in a row. What cannot be a code at
        all is refused too, and does not count as a try.
        """
        with self._lock:
            self._refuse_guessing()
            numbers = _read(typed)
            found = self._verify(numbers, self.accepted(when))
            if found is None:
                self._wrong += 1
                self._wrong_s = self._now()
                raise RefusedError(WRONG, NO_CODE)
            self._wrong = 0
            return found

    def accepted(self, when: When) -> tuple[str, ...]:
        """Return the periods whose codes are good at `when`; what is kept of any other is to be deleted.

        With a clock that is not trusted, that is the period of the last trusted hour and the one after it.
        """
        day = clock.day(when.hour)
        if self._period == "week":
            days = day, day + datetime.timedelta(days=7)
            names = [f"{date:%G}-W{date:%V}" for date in days]
        else:
            days = day, day.replace(day=1) + datetime.timedelta(days=31)
            names = [f"{date:%Y}-{date:%m}" for date in days]
        return tuple(names[: 1 if when.trusted else 2])

    def last_day(self, when: When) -> datetime.date:
        """Return the last day on which a code that is made at `when` is good."""
        day = clock.day(when.hour)
        if self._period == "week":
            return day + datetime.timedelta(days=6 - day.weekday())
        return (day.replace(day=1) + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)

    def _words(self, period: str) -> tuple[str, ...]:
        nonce = self._randbits(HALF_BITS)
        code = nonce << HALF_BITS | self._tag(period, nonce)
        return tuple(WORDS[code >> shift & len(WORDS) - 1] for shift in (33, 22, 11, 0))

    def _verify(self, numbers: tuple[int, ...], periods: tuple[str, ...]) -> Pass | None:
        """Find the period that a code was made in. Takes equally long whether and where it is found."""
        nonce, tag = numbers[0] << WORD_BITS | numbers[1], numbers[2] << WORD_BITS | numbers[3]
        fits = [hmac.compare_digest(_bytes(self._tag(period, nonce)), _bytes(tag)) for period in periods]
        passes = [Pass(period, self._derive("use", period), _bytes(nonce)) for period in periods]
        return next(itertools.compress(passes, fits), None)

    def _tag(self, period: str, nonce: int) -> int:
        digest = _mac(self._derive("tag", period), _bytes(nonce))
        return int.from_bytes(digest[:3], "big") >> (24 - HALF_BITS)

    def _derive(self, purpose: str, period: str) -> bytes:
        return _mac(self._key, f"kiosk codes 1, {purpose}, {period}".encode())

    def _refuse_guessing(self) -> None:
        since_s = self._now() - self._wrong_s
        if since_s > FORGET_S:
            self._wrong = 0
        over = self._wrong - FREE_TRIES
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(over, 10), LONGEST_WAIT_S) - since_s if over >= 0 else 0.0
        if wait_s > 0:
            raise _too_soon(f"Too many wrong codes. Try again in {words.wait(wait_s)}.", wait_s)


def _read(typed: str) -> tuple[int, ...]:
    """Return the numbers of four typed words. Raises RefusedError, and repeats none of them."""
    parts = re.findall("[a-z]+", typed[:MAX_TYPED].lower())
    if len(parts) != 4:
        raise RefusedError(FOUR_WORDS, NO_CODE)
    numbers = tuple(_NUMBERS[part[:4]] for part in parts if part[:4] in _NUMBERS)
    if len(numbers) != 4:
        raise RefusedError(NOT_A_WORD, NO_CODE)
    return numbers


def _too_soon(message: str, wait_s: float) -> RefusedError:
    return RefusedError(message, Refusal(code=RefusalCode.CODE_WAIT, wait_s=wait_s))


def _bytes(half: int) -> bytes:
    return half.to_bytes(3, "big")


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
