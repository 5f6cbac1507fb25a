"""A thread that does jobs in the order in which they come, and jobs that can be waited for with a deadline.

Only such a thread ever waits for the disk. Whoever needs what it does waits as long as that is worth, and goes on.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from kiosk import threads
from kiosk.errors import DiskStalledError, KioskError

T = TypeVar("T")

LOOK_S = 0.05
"""How often whoever waits looks whether it should hurry, in seconds."""

STUCK_S = 3.0
"""A job that takes so long waits for a disk that does not answer, or for one that is about to fail."""

STALLED = "The disk does not answer."


class Job(Generic[T]):
    """Something to be done, and what came of it."""

    __slots__ = ("_ended", "_error", "_result", "_strict", "_taken", "_work")

    def __init__(self, work: Callable[[], T], *, strict: bool) -> None:
        self._work = work
        self._strict = strict
        self._taken = threading.Lock()
        self._ended = threading.Lock()
        self._ended.acquire()
        self._error: BaseException | None = None
        self._result: T

    def cancel(self) -> bool:
        """Have it never be done; False when it was begun or cancelled before."""
        return self._taken.acquire(blocking=False)

    def do(self) -> None:
        """Do it, unless it was cancelled. One of our own errors is for whoever waits; a defect is raised here too."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            self._result = self._work()
        except BaseException as error:
            self._error = error
            if not isinstance(error, KioskError if self._strict else Exception):
                raise
        finally:
            self._ended.release()

    def ended(self, within_s: float) -> bool:
        """Say whether it was done, waiting for that up to `within_s` seconds."""
        # A bare lock is what a thread wakes up from soonest: 12 µs there and back, against 30 for an Event.
        if not self._ended.acquire(timeout=max(0.0, within_s)):
            return False
        self._ended.release()
        return True

    def result(self) -> T:
        """Return what came of it, once it has ended, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result


class Worker:
    """Does jobs, one after the other. Until `start` each is done at once, by whoever submits it.

    An error that is not one of the kiosk's own is a defect; it ends the thread, and so the process.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._began: float | None = None

    def start(self, *, shares_core: bool = False) -> None:
        """Start the thread, on the core of those who mostly wait for it if it `shares_core` with them."""
        self._thread = threads.start(self._name, self._run, shares_core=shares_core)

    def submit(self, work: Callable[[], T], *, strict: bool = True) -> Job[T]:
        """Have something done after all that was submitted before; do not wait for it.

        A defect in it ends the thread, unless it is not `strict`: then it is only for whoever waits.
        """
        job = Job(work, strict=strict)
        if self._thread is None:
            job.do()
        else:
            self._jobs.put(job)  # type: ignore[arg-type]
        return job

    def wait(self, job: Job[T], until: float, hurry: Callable[[], bool] = lambda: False) -> T:
        """Return what came of a job, or raise what it raised.

        Raises DiskStalledError when it has not ended at `until`, on `time.monotonic`, or when `hurry` says to go on.
        """
        while not job.ended(min(LOOK_S, until - time.monotonic())):
            if time.monotonic() >= until or hurry():
                raise DiskStalledError(STALLED)
        return job.result()

    @property
    def stuck(self) -> bool:
        """Whether it has been at one job for so long that the disk must be the reason."""
        return self.at_it_s > STUCK_S

    @property
    def at_it_s(self) -> float:
        """How long it has been at the job that it does now, in seconds; 0 when it does none."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def end(self) -> None:
        """Have the thread end after what was submitted; do not wait for that."""
        if self._thread is not None:
            self._jobs.put(None)

    def ended(self, wait_s: float) -> bool:
        """Say whether the thread has ended, waiting for that up to `wait_s` seconds.

        Once it has, it can be started anew. Until then each job is done by whoever submits it.
        """
        if self._thread is not None:
            self._thread.join(max(0.0, wait_s))
            if self._thread.is_alive():
                return False
            self._thread = None
        return True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._began = time.monotonic()
            job.do()
            self._began = None
