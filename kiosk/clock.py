"""Time: a monotonic clock for durations, and the hour as a label for what happened."""

from __future__ import annotations

import datetime
import queue
import time
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file once the clock has been set from the network."""


class Clock:
    """Seconds that pass `speed` times as fast as on the wall, so that a simulated machine can hurry.

    Every wait in a driver goes through this clock; then one setting speeds up the machine, its time limits
    and its physics alike. On real hardware `speed` is 1.
    """

    def __init__(self, speed: float = 1.0, synchronized: Path = SYNCHRONIZED) -> None:
        self.speed = speed
        self._synchronized = synchronized
        self._hour = -1, ""
        self._look_again = 0.0
        self._synced = False

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back, whatever is done to the wall clock."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""
        time.sleep(max(0.0, seconds) / self.speed)

    def get(self, source: queue.SimpleQueue[T], timeout_s: float) -> T:
        """Take the next thing from `source`; raise `queue.Empty` after `timeout_s` of this clock."""
        return source.get(timeout=max(0.0, timeout_s) / self.speed)

    def hour(self) -> str:
        """Return the wall time rounded down to the hour: the finest time that is ever stored or sent."""
        hours = int(time.time() // 3600)
        if hours != self._hour[0]:
            at = datetime.datetime.fromtimestamp(hours * 3600, datetime.UTC)
            self._hour = hours, at.strftime("%Y-%m-%dT%H:00Z")
        return self._hour[1]

    def synced(self) -> bool:
        """Say whether the wall clock has been set from the network since the machine started; looks every 10 s."""
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + 10.0
            self._synced = self._synchronized.exists()
        return self._synced
