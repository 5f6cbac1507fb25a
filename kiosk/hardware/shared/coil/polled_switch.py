"""A home switch that is asked for over a serial line: what of its readings may be believed. Pure.

A pin reports its own edges. A board is asked, and on a disturbed line an answer may be missing, or be that to an
earlier request. So only readings that agree with each other on an undisturbed line say where the coil stands.
"""

from __future__ import annotations

AGREE = 3
"""So many readings in a row must agree before it is believed where a coil stands that does not move."""
ARRIVES = 2
"""So many say that a coil came home while it turns: more would carry it past. It is confirmed once it stands."""
AWAY_S = 0.3
"""So long a coil must be seen away before it is believed to be. Real coils are away for two seconds."""
BLIND_S = 0.25
"""Not seen for longer than this, a coil may have passed its home switch unseen (a fifth of a second)."""


class PolledSwitch:
    """What the readings since a moment say. Times are seconds of one clock."""

    def __init__(self, now: float) -> None:
        """Begin to watch at the moment `now`."""
        self.home: bool | None = None
        """The last reading."""
        self.since = now
        """When the readings began that agree with the last."""
        self.agreeing = 0
        self._stumbles: int | None = None
        self._seen_at = now
        self.blind_s = 0.0
        """The longest time without a reading."""

    def read(self, at: float, home: bool, stumbles: int) -> None:
        """Take a reading. `stumbles` counts what was wrong on the line until right after it."""
        if home != self.home or stumbles != self._stumbles:
            self.since, self.agreeing = at, 0
        self.home, self._stumbles = home, stumbles
        self.agreeing += 1
        self._note(at)

    def missed(self, at: float) -> None:
        """Take note that no reading could be had."""
        self.agreeing = 0
        self.blind_s = max(self.blind_s, at - self._seen_at)

    def stands(self) -> bool | None:
        """Say whether a coil at rest stands at home, or None while that is not certain."""
        return self._certain(AGREE)

    def turned(self) -> bool | None:
        """Say where a coil that turns certainly is: at home or away, or None while that is not certain."""
        return self._certain(ARRIVES)

    def _certain(self, for_home: int) -> bool | None:
        if self.home:
            return True if self.agreeing >= for_home else None
        return False if self.agreeing >= AGREE and self._seen_at - self.since >= AWAY_S else None

    def _note(self, at: float) -> None:
        self.blind_s = max(self.blind_s, at - self._seen_at)
        self._seen_at = at
