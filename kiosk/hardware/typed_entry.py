"""What somebody types at a keypad, until it is whole. Pure."""

from __future__ import annotations

from typing import NamedTuple

LONGEST = 100
"""No text is longer; more is dropped."""


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
