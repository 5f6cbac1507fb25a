"""Questions to the ledger's file, asked by a thread of their own: a disk that does not answer holds up only a few."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from kiosk.dispense.ledger.store import connect_reader, translated
from kiosk.dispense.worker import LOOK_S, Job, Worker
from kiosk.errors import DiskStalledError, LedgerDamagedError

T = TypeVar("T")
Question = Callable[[sqlite3.Connection], T]

SLOW_S = 0.1
"""A question takes a millisecond. Beside one that takes so long, in seconds, only a few may wait."""

QUEUE_S = 0.5
"""So long anybody may wait for many short questions of others; after that, too, only a few go on waiting."""

STALLED = "The disk does not answer, so the ledger cannot be read now. Try again later."


class Questions:
    """Asks the ledger at `path`, one question after the other. Any thread may ask; once started, one of its own reads.

    While an answer takes longer than `SLOW_S`, or the questions before it have taken `QUEUE_S`, no more than `most`
    wait, those who came first; all others are told so, in the sentence `crowded`. One question may be at it for
    `stuck_s` seconds: after that nobody waits any more.
    """

    def __init__(self, name: str, path: Path, *, most: int, stuck_s: float, crowded: str = STALLED) -> None:
        self._path = path
        self._most = most
        self._stuck_s = stuck_s
        self._crowded = crowded
        self._worker = Worker(name)
        self._connection: sqlite3.Connection | None = None
        self._counting = threading.Lock()
        self._waiting: list[object] = []
        self.on_damage: Callable[[LedgerDamagedError], None] = lambda _error: None
        """Called, in the thread that reads, when the file turns out not to be whole."""

    def start(self) -> None:
        """Have a thread of its own wait for the disk from now on."""
        self._worker.start()

    def end(self) -> None:
        """Have the connection closed, which the next question opens again; do not wait for that."""
        self._worker.submit(self._disconnect)
        self._worker.end()

    def ended(self, until: float) -> bool:
        """Break off what is still asked; False if that has not ended `until` then, on `time.monotonic`."""
        while not self._worker.ended(min(LOOK_S, until - time.monotonic())):
            if time.monotonic() >= until:
                return False
            if connection := self._connection:
                with suppress(sqlite3.ProgrammingError):  # it was closed just now
                    connection.interrupt()
        return True

    def submit(self, question: Question[T]) -> Job[T]:
        """Have a question asked after all others; do not wait for its answer."""
        return self._worker.submit(lambda: self._answer(question), strict=False)

    def ask(self, question: Question[T], within_s: float) -> T:
        """Return the answer. Raises LedgerError if the file fails, DiskStalledError if it is not there in time."""
        began = time.monotonic()
        with self._place() as too_many_before_me:

            def give_up() -> bool:
                at_it = self._worker.at_it_s
                slow = at_it > SLOW_S or time.monotonic() - began > QUEUE_S
                return at_it > self._stuck_s or (slow and too_many_before_me())

            if give_up():
                raise self._refusal()
            job = self.submit(question)
            try:
                return self._worker.wait(job, began + within_s, give_up)
            except DiskStalledError:
                job.cancel()
                raise self._refusal() from None

    def _refusal(self) -> DiskStalledError:
        return DiskStalledError(STALLED if self._worker.at_it_s > self._stuck_s else self._crowded)

    @contextmanager
    def _place(self) -> Iterator[Callable[[], bool]]:
        """Be one of those who wait, and able to tell whether too many of them came before."""
        me = object()
        with self._counting:
            self._waiting.append(me)

        def too_many_before_me() -> bool:
            with self._counting:
                return self._waiting.index(me) >= self._most

        try:
            yield too_many_before_me
        finally:
            with self._counting:
                self._waiting.remove(me)

    def _answer(self, question: Question[T]) -> T:
        try:
            with translated("The ledger could not be read"):
                if self._connection is None:
                    self._connection = connect_reader(self._path)
                return question(self._connection)
        except LedgerDamagedError as error:
            self.on_damage(error)
            raise

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
