"""A disk that does not answer for a while: what meets it waits in the middle of its commit, the rest behind it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from kiosk.dispense.worker import Job, Worker
from kiosk.errors import DiskStalledError

T = TypeVar("T")


class Silence:
    """The moment at which a disk falls silent: right before something is durable, or right after it.

    One thread at a time runs: whoever meets the disk is left standing there while the test goes on.
    """

    def __init__(self, lost: Callable[[], None]) -> None:
        """Prepare. `lost` raises if the power went while something waited for the disk."""
        self._lost = lost
        self.durable: bool | None = None
        """Whether what meets the disk is durable all the same; None while the disk answers."""
        self._meets: threading.Event | None = None
        self._answers = threading.Event()

    def fall(self, *, durable: bool) -> None:
        """Have the disk not answer from now on."""
        if self.durable is None:
            self.durable = durable
            self._answers.clear()

    def end(self) -> None:
        """Have it answer again."""
        self.durable = None
        self._answers.set()

    def around(self, commit: Callable[[], T]) -> T:
        """Make something durable, and wait there if the disk is silent."""
        durable = self.durable
        if durable is None or self._meets is None:
            return commit()
        if durable:
            done = commit()
            self._stand()
            return done
        self._stand()
        return commit()

    def _stand(self) -> None:
        assert self._meets is not None
        self._meets.set()
        self._answers.wait()
        self._lost()

    def watch(self, run: Callable[[], None]) -> threading.Thread:
        """Run something in a thread of its own until it ends or meets the disk."""
        met = self._meets = threading.Event()

        def go() -> None:
            try:
                run()
            finally:
                met.set()

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        met.wait()
        return thread


class SilentWorker(Worker):
    """A writer on such a disk. While the disk answers, everything is done at once."""

    def __init__(self, silence: Silence) -> None:
        super().__init__("writer")
        self._silence = silence
        self._stands: threading.Thread | None = None
        self._behind: deque[Job[Any]] = deque()
        self._broke: BaseException | None = None

    @property
    def waits(self) -> bool:
        """Whether anything waits for the disk."""
        return self._stands is not None or bool(self._behind)

    def submit(self, work: Callable[[], T], *, strict: bool = True) -> Job[T]:
        if self._silence.durable is None:
            return super().submit(work, strict=strict)
        job = Job(work, strict=strict)
        self._behind.append(job)
        self._go_on()
        return job

    def wait(self, job: Job[T], until: float, hurry: Callable[[], bool] = lambda: False) -> T:
        """Wait for no time at all: nothing goes on meanwhile."""
        del until, hurry
        if not job.ended(0):
            raise DiskStalledError("The disk does not answer.")
        return job.result()

    def answer(self) -> None:
        """Have the disk answer, and everything be done that waited for it."""
        self._silence.end()
        self._join()
        while self._behind:
            self._behind.popleft().do()

    def abandon(self) -> None:
        """Unwind what waits for a disk that has no power any more: each step of it raises PowerCut."""
        self._silence.end()
        if self._stands is not None:
            self._stands.join()
        self._stands, self._broke = None, None
        self._behind.clear()

    def _go_on(self) -> None:
        while self._behind and self._stands is None:
            job = self._behind.popleft()
            thread = self._silence.watch(lambda job=job: self._do(job))  # type: ignore[misc]
            if job.ended(0) or self._broke is not None:
                thread.join()
                self._raise()
            else:
                self._stands = thread

    def _do(self, job: Job[Any]) -> None:
        try:
            job.do()
        except BaseException as error:  # noqa: BLE001 - a power cut, that the test's own thread has to see
            self._broke = error

    def _join(self) -> None:
        if self._stands is not None:
            self._stands.join()
            self._stands = None
        self._raise()

    def _raise(self) -> None:
        broke, self._broke = self._broke, None
        if broke is not None:
            raise broke
