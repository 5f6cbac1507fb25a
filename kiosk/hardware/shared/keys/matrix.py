"""Which keys of a matrix are really down: contacts bounce, and three keys of a rectangle look like four. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

Key = tuple[int, int]
"""A key's row and column."""


def ambiguous(scan: Sequence[frozenset[int]]) -> bool:
    """Say whether a scan, for each row the columns that answered, may show a key that nobody presses.

    Without diodes current finds its way through three keys of a rectangle to the fourth: two rows share two columns.
    """
    return any(len(one & other) > 1 for one, other in combinations(scan, 2))


class KeyFilter:
    """Believes a key once `steady` scans in a row agree, and tells each press once."""

    def __init__(self, steady: int) -> None:
        self._steady = steady
        self._agree: dict[Key, int] = {}
        self.down: dict[Key, float] = {}
        """The keys that are down, and since when."""

    def begin(self, scan: Sequence[frozenset[int]], at: float) -> None:
        """Take the first scan of all: a key that is down already, such as a stuck one, is not a press."""
        self.down = {(row, column): at for row, columns in enumerate(scan) for column in columns}

    def scan(self, scan: Sequence[frozenset[int]], at: float) -> list[Key]:
        """Take a scan at the moment `at`; return the keys that were just pressed. One that is ambiguous is ignored."""
        if ambiguous(scan):
            return []
        seen = {(row, column) for row, columns in enumerate(scan) for column in columns}
        pressed = []
        for key in seen | self.down.keys() | self._agree.keys():
            if self._changed(key, key in seen):
                if key in seen:
                    self.down[key] = at
                    pressed.append(key)
                else:
                    del self.down[key]
        return sorted(pressed)

    def quiet(self) -> bool:
        """Say whether no key is down or about to be believed so."""
        return not self.down and not self._agree

    def stuck(self, now: float, after_s: float) -> Iterable[Key]:
        """Return the keys that have been down for longer than `after_s`."""
        return sorted(key for key, since in self.down.items() if now - since > after_s)

    def _changed(self, key: Key, seen: bool) -> bool:
        if seen == (key in self.down):
            self._agree.pop(key, None)
            return False
        self._agree[key] = self._agree.get(key, 0) + 1
        if self._agree[key] < self._steady:
            return False
        del self._agree[key]
        return True
