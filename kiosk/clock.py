"""Time: a monotonic clock for durations, and the hour as a label for what happened."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kiosk.waits import Waits

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file once the clock has been set from the network."""

HOUR_S = 3600
HOURS_A_DAY = 24
DAY_0 = datetime.date(1970, 1, 1)
"""The day that days and hours are counted from."""


class Stamp(NamedTuple):
    """When something happened, as finely as it is ever stored: whole hours only.

    `hour` counts hours of wall time since 1970 (UTC), `up_h` hours since the machine was switched on. Both are read
    together, when a new hour begins, so that the two tell no more than one of them alone.
    """

    hour: int
    up_h: int
    synced: bool


class When(NamedTuple):
    """An hour since 1970 (UTC) that can be relied on: now, or with a clock that is not `trusted` the last that was."""

    hour: int
    trusted: bool = True


class Clock(Waits):
    """Seconds that pass `speed` times as fast as on the wall, so that a simulated machine can hurry.

    Every wait in a driver goes through this clock (see `kiosk.waits`); then one setting speeds up the machine, its
    time limits and its physics alike. On real hardware `speed` is 1. `wall` gives seconds since 1970.

    It is in sync once `synchronized` exists or somebody vouched for it, until the machine is switched off.
    """

    def __init__(
        self, speed: float = 1.0, synchronized: Path = SYNCHRONIZED, wall: Callable[[], float] = time.time
    ) -> None:
        super().__init__(speed)
        self._synchronized = synchronized
        self._wall = wall
        self._stamp = Stamp(-1, 0, synced=False)
        self._look_again = 0.0
        self.vouched = False
        """Whether the kernel, a real-time clock or a person vouched for the wall time; see `kiosk.timekeeper`."""
        self.on_vouch: Callable[[], None] = lambda: None
        """Is called when one of them does, before `vouch` returns."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back, whatever is done to the wall clock."""
        return time.monotonic() * self.speed

    def stamp(self) -> Stamp:
        """Return the hour: the finest time that is ever stored or sent."""
        hour = int(self._wall() // HOUR_S)
        if hour != self._stamp.hour:
            self._stamp = Stamp(hour, _hours_up(), self._stamp.synced)
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + 10.0
            self._stamp = self._stamp._replace(synced=self.vouched or self._synchronized.exists())
        return self._stamp

    def vouch(self) -> None:
        """Take the wall time for right from now on."""
        self.vouched = True
        self._look_again = 0.0
        self.on_vouch()

    def wall(self) -> float:
        """Return the seconds since 1970 that the clock shows; they are never stored."""
        return self._wall()

    def hour(self) -> str:
        """Return the wall time rounded down to the hour, such as `2026-11-22T05:00Z`."""
        return label(self.stamp().hour)

    def synced(self) -> bool:
        """Say whether somebody vouched for the wall time since the machine started; looks every 10 s."""
        return self.stamp().synced

    def local_date(self) -> datetime.date:
        """Return the day that the clock shows at the kiosk, right or not."""
        return datetime.datetime.fromtimestamp(self._wall(), datetime.UTC).astimezone().date()

    def local_time(self) -> datetime.time:
        """Return the time of day at the kiosk, for opening hours only; it is not stored."""
        return datetime.datetime.fromtimestamp(self._wall(), datetime.UTC).astimezone().time()


def label(hour: int) -> str:
    """Return an hour since 1970 as text, `2026-11-22T05:00Z`."""
    return datetime.datetime.fromtimestamp(hour * HOUR_S, datetime.UTC).strftime("%Y-%m-%dT%H:00Z")


def day(hour: int) -> datetime.date:
    """Return the day (UTC) of an hour since 1970."""
    return datetime.datetime.fromtimestamp(hour * HOUR_S, datetime.UTC).date()


def _hours_up() -> int:
    boottime = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return int(time.clock_gettime(boottime) // HOUR_S)
