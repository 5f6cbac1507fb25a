"""Cover for the times that a file system keeps: files that a vend changes are said to have changed all the time.

ext4 notes when a file was last changed, to the nanosecond, and its own journal keeps many earlier notes, for hours.
The last change of what a vend writes is the end of a vend: whoever holds the card would know when somebody was here.
So the same notes are made at random moments, many a second, night and day: of five seconds, after which ext4 writes
them down, only the last one is seen, and how many they were; whether a vend was among them nobody can tell.
docs/privacy.md says what that costs, and what remains.
"""

from __future__ import annotations

import ctypes
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kiosk import threads

EVERY_S = 0.1
"""The mean time between two touches, in seconds. More of them cost nothing: what costs is the note on the disk."""

PACE = 5.0
"""For a while they come up to so many times faster or slower. An inode counts its changes, and a vend adds a few."""

PACE_S = 5.0
"""How long such a while lasts on average, in seconds."""

NEVER_S = 4_102_444_800
"""2100-01-01, seconds since 1970: a file that was last read then. Linux notes that a file was read when it was last
read before it was last changed, or yesterday (`relatime`): so never again."""

STOP_S = 1.0
"""How long a stop waits for a touch under way, in seconds: it may be at a disk that does not answer."""

_NOW, _OMIT = (1 << 30) - 1, (1 << 30) - 2
"""UTIME_NOW and UTIME_OMIT, instead of nanoseconds (Linux, include/linux/stat.h)."""

_AT_FDCWD = -100


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


_PAIR = _Time * 2
_READ_NEVER_CHANGED_NOW = _PAIR(_Time(NEVER_S, 0), _Time(0, _NOW))
_READ_NEVER = _PAIR(_Time(NEVER_S, 0), _Time(0, _OMIT))
_utimensat = ctypes.CDLL(None, use_errno=True).utimensat


def touch(path: Path) -> None:
    """Note that a file has changed now, as the kernel notes it of a write; nothing is written. Raises OSError.

    `os.utime` cannot do this: it would set the time of the last read to now as well, or the time of the change by
    another clock than the kernel's, and a write does neither.
    """
    _set(path, _READ_NEVER_CHANGED_NOW)


def hide_reading(path: Path) -> None:
    """Have it never be noted when a file is read, or a socket is asked. Raises OSError."""
    _set(path, _READ_NEVER)


def _set(path: Path, times: ctypes.Array[_Time]) -> None:
    if _utimensat(_AT_FDCWD, os.fsencode(path), times, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))


def random_gaps(chance: random.Random, now: Callable[[], float]) -> Iterator[float]:
    """Give for how long nothing is touched, again and again, in seconds; `now` tells the time."""
    pace, until = 1.0, float("-inf")
    while True:
        if now() >= until:
            pace = PACE ** chance.uniform(-1, 1)
            until = now() + chance.expovariate(1 / PACE_S)
        yield chance.expovariate(1 / (EVERY_S * pace))


class Cover:
    """Touches `files` from `start` until `stop`, in a thread of its own, for only that may wait for the disk.

    One that is not there is left alone: then there is nothing to hide. Each is touched by itself, so that no two
    times belong together, as those of what one vend writes do.
    """

    def __init__(self, files: Sequence[Path], touch: Callable[[Path], None] = touch) -> None:
        self._files = files
        self._touch = touch
        self._chance = random.SystemRandom()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threads.start("cover", self._run)

    def stop(self) -> None:
        """End, without waiting for a disk that does not answer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        gaps = random_gaps(self._chance, time.monotonic)
        while not self._stop.wait(next(gaps)):
            try:
                self._touch(self._chance.choice(self._files))
            except OSError:
                # The disk is full, away or broken: whatever of it staff must know, the ledger tells.
                continue
