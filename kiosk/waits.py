"""How threads wait: for a time, for one another, for a serial line. A simulated machine knows of every such wait.

Simulated time passes only while everybody who takes part waits. So a driver waits in no other way: what it does in
between, and a wait that is hidden from the clock, holds simulated time up.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

from kiosk import threads

T = TypeVar("T")


class Cable:
    """What the far end of a serial line must be told. A real one knows by itself, so nothing is done here."""

    def opening(self) -> AbstractContextManager[None]:
        """Open the port while this is held; afterwards we listen."""
        return nullcontext()

    def sends(self, number: int) -> None:
        """Tell that so many bytes are about to be written, or with a negative number that they could not be."""

    def took(self, number: int) -> None:
        """Tell that so many bytes were read, and that all that follows from them was done."""

    def closed(self) -> None:
        """Tell that nobody listens any more."""


class Waits:
    """Waits in seconds that pass `speed` times as fast as on the wall; on real hardware `speed` is 1."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""
        time.sleep(max(0.0, seconds) / self.speed)

    def get(self, source: queue.SimpleQueue[T], timeout_s: float | None = None) -> T:
        """Take the next thing from `source`; raise `queue.Empty` after `timeout_s` of this clock, if given."""
        return source.get(timeout=None if timeout_s is None else max(0.0, timeout_s) / self.speed)

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until `event` is set, at most `timeout_s` of this clock; say whether it is."""
        return event.wait(max(0.0, timeout_s) / self.speed)

    def start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """Start a driver's thread, which waits by this clock only; see `kiosk.threads.start`."""
        return threads.start(name, target)

    def join(self, thread: threading.Thread) -> None:
        """Wait until a thread of `start` has ended."""
        thread.join()

    def lock(self) -> AbstractContextManager[object]:
        """Return a lock that a thread may hold while it waits by this clock. It may not be taken twice."""
        return threading.Lock()

    def away(self, back: Callable[[], bool]) -> AbstractContextManager[None]:
        """Wait for something that is no matter of time, such as bytes, while this is held.

        `back` says whether the wait should have ended, and may be called by any thread.
        """
        del back
        return nullcontext()

    def taking_part(self) -> AbstractContextManager[None]:
        """Let simulated time stand while the calling thread works, though it is no driver's."""
        return nullcontext()

    def cable(self, path: Path) -> Cable:
        """Return what is at the end of the serial line whose device file is `path`."""
        del path
        return Cable()
