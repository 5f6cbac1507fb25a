"""A light and a door that a test reads and moves."""

from __future__ import annotations

from kiosk.hardware.api import Signal


class Shows:
    """A light that remembers what it was told, and what of it was urgent."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.urgent: list[Signal] = []

    def show(self, signal: Signal, urgent: bool = False) -> None:
        self.signals.append(signal)
        if urgent:
            self.urgent.append(signal)

    def take(self) -> list[Signal]:
        """Return what was told since the last time."""
        told = list(self.signals)
        self.signals.clear()
        return told

    def close(self) -> None: ...


class HandDoor:
    """A door that is open, closed, or that cannot be told (None)."""

    def __init__(self, opened: bool | None = False) -> None:
        self.opened = opened

    def is_open(self) -> bool | None:
        return self.opened

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...
