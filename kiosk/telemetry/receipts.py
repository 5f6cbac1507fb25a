"""What others hold durably and the ledger may forget: told in large, rare steps, for each is a durable commit."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.telemetry.pace import Pace
from kiosk.telemetry.source import Source
from kiosk.telemetry.window import as_ranges

STEP = 2000
"""So many events are forgotten without waiting for more: the commit of these takes some 10 ms."""


class Receipts:
    """Collects the numbers of events that may be forgotten. Times are seconds of `time.monotonic`."""

    def __init__(self, source: Source, pace: Pace, now: float) -> None:
        self._source = source
        self._pace = pace
        self._done: list[int] = []
        self._due_at = now + pace.forget_s

    def add(self, seqs: Iterable[int]) -> None:
        """Note events that somebody else holds durably now."""
        self._done += seqs

    def hand_on(self, now: float, *, all_left: bool) -> None:
        """Have the ledger forget them while no item drops: when all has left, else when enough of them or of time came.

        Raises KioskError when it does not answer; they are then still due.
        """
        due = all_left or len(self._done) >= STEP or now >= self._due_at
        if not self._done or not due or self._source.busy():
            return
        self._due_at = now + self._pace.forget_s
        self._source.forget(as_ranges(self._done))
        self._done.clear()

    def wait_s(self, now: float) -> float | None:
        """Return the seconds until there will be something to hand on, or None while there is nothing."""
        return max(self._due_at - now, self._pace.burst_s) if self._done else None
