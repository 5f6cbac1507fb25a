"""What somebody types at a keypad, until it is whole. Pure."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from kiosk.hardware.shared.keys.codes import BACKSPACE, ENTERS, ESCAPE, SHIFTS, character

LONGEST = 100
"""No text is longer; more is dropped."""
LINE_ENDS = frozenset("\r\n\x03")


class Rules(NamedTuple):
    """What ends a text, and what clears it; `length` ends one by itself, None does not."""

    end: str = "#"
    clear: str = "*"
    length: int | None = None


class TypedEntry:
    """A text that grows key by key. It is never logged."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._text = ""

    @property
    def begun(self) -> bool:
        """Whether something was typed that is not whole yet."""
        return bool(self._text)

    def key(self, key: str) -> str | None:
        """Take a key; return the whole text if it ended one."""
        if key == self._rules.clear:
            self._text = ""
        elif key == self._rules.end:
            return self.end()
        elif len(self._text) < LONGEST:
            self._text += key
            if len(self._text) == self._rules.length:
                return self.end()
        return None

    def end(self) -> str | None:
        """Return what was typed, if anything, and begin anew."""
        text, self._text = self._text, ""
        return text or None

    def back(self) -> None:
        """Take the last key back."""
        self._text = self._text[:-1]

    def forget(self) -> None:
        """Begin anew."""
        self._text = ""


class KeyboardEntry:
    """What somebody types at a keyboard, or a scanner in the guise of one: Enter ends it, Escape clears it."""

    def __init__(self, forget_s: float) -> None:
        """`forget_s` after the last key what nobody ended is forgotten."""
        self.down: dict[int, float] = {}
        """The keys that are down, by their numbers, and since when."""
        self._entry = TypedEntry(Rules(end="", clear=""))
        self._forget_s = forget_s
        self._typed_at = float("-inf")

    def event(self, code: int, down: bool, now: float) -> str | None:
        """Take a key that goes down or up; return the whole text if it ended one."""
        if not down:
            self.down.pop(code, None)
            return None
        self.down[code] = now
        before, self._typed_at = self._typed_at, now
        if now - before > self._forget_s or code == ESCAPE:
            self._entry.forget()
        if code in ENTERS:
            return self._entry.end()
        if code == BACKSPACE:
            self._entry.back()
        elif key := character(code, shifted=not SHIFTS.isdisjoint(self.down)):
            self._entry.key(key)
        return None

    def forget(self) -> None:
        """Begin anew, with no key down."""
        self.down.clear()
        self._entry.forget()


class LineEntry:
    """What a reader sends, line by line: CR, LF and ETX end a text, other control characters are left out."""

    def __init__(self, forget_s: float) -> None:
        """`forget_s` after the last byte what nobody ended is forgotten."""
        self._entry = TypedEntry(Rules(end="", clear=""))
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._forget_s = forget_s
        self._came_at = float("-inf")

    def feed(self, data: bytes, now: float) -> list[str]:
        """Take some bytes; return the texts that became whole."""
        before, self._came_at = self._came_at, now
        if now - before > self._forget_s:
            self.forget()
        texts = []
        for letter in self._decoder.decode(data):
            if letter in LINE_ENDS:
                texts += [text for text in [self._entry.end()] if text]
            elif letter.isprintable():
                self._entry.key(letter)
        return texts

    def forget(self) -> None:
        """Begin anew."""
        self._decoder.reset()
        self._entry.forget()
