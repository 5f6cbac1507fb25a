"""What is the same for every lock of a locker's door: nothing falls, and nothing turns a little further."""

from __future__ import annotations

from kiosk.hardware.api import Turn


class Locker:
    """The part of `kiosk.hardware.api.Motor` that no lock does otherwise. `_advice` is about the last try."""

    drops = False
    _advice: str | None = None

    def nudge(self) -> Turn:
        """Move nothing: a lock has no quarter turns."""
        return Turn.ABSENT

    def advice(self) -> str | None:
        """Say what was wrong with the last try and what to check."""
        return self._advice

    def runs_on(self) -> bool:
        """Say no: whatever switches a lock ends its pulse."""
        return False
