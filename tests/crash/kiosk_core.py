"""The daemon's own service and ledger on instant parts, started as the daemon starts them."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from kiosk.config import Config, load
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.worker import Job, Worker
from kiosk.hardware import registry
from kiosk.model import Vend, VendRequest, VendState
from tests.crash.bugs import SOUND, Bug
from tests.crash.world import PowerCut, World, parts

T = TypeVar("T")

CONFIG = Path(__file__).with_name("kiosk.toml")

ANSWER_S = 30.0
"""How long an answer may take on a busy machine, in seconds."""

LOG_BYTES = 256 << 10
"""The size of the ledger's log. A life writes more, so that it is folded in when it is full. Thousands of states are
laid out, each with all of it."""

CARE_S = 61.0
"""After so many idle seconds the service looks after the ledger and merges what waits for it."""


@cache
def config() -> Config:
    """Return the configuration of the kiosk that loses power: five slots, three of them with naloxone."""
    return load(CONFIG, registry)


class LateWriter(Worker):
    """A writer whose disk can fall silent: then nobody waits for it, and all is done in order once it answers."""

    def __init__(self) -> None:
        super().__init__("writer")
        self.silent = False
        self._late: deque[Job[Any]] = deque()

    def submit(self, work: Callable[[], T], *, strict: bool = True) -> Job[T]:
        if not self.silent:
            return super().submit(work, strict=strict)
        job = Job(work, strict=strict)
        self._late.append(job)
        return job

    def wait(self, job: Job[T], until: float, hurry: Callable[[], bool] = lambda: False) -> T:
        return super().wait(job, 0.0 if self.silent else until, hurry)

    def answer(self) -> None:
        """Have everything done that waited."""
        self.silent = False
        while self._late:
            self._late.popleft().do()


class Unhurried(Service):
    """Does what can wait when it is told to only, however much real time has gone by on a busy machine."""

    def run(self) -> None:
        self._housekeeping.prove_beam()
        while self.step(ANSWER_S):
            pass

    def _overdue(self) -> bool:
        return False


class Core:
    """What the daemon makes of ledger, journal and motors, with a bug or without.

    The calling thread is the vend thread; it runs while a question from another thread is open, so that the same
    seed gives the same operations.
    """

    def __init__(self, folder: Path, world: World, bug: Bug = SOUND, log_bytes: int = LOG_BYTES) -> None:
        self._folder, self._bug, self._log_bytes = folder, bug, log_bytes
        self.world = world
        machine = parts(world, [slot.id for slot in config().slots])
        self.writer = LateWriter()
        self._storage = Storage.of(folder, world.clock, log_bytes)._replace(writer=self.writer)
        self.ledger = self._storage.ledger
        bug.starting(self.ledger, machine)
        self.service = Unhurried(config(), machine, self._storage, world.clock)
        # A journal is only changed by whoever has the file for themselves; the reader opens it again.
        self._storage.reader.close()
        bug.started(self.ledger)

    def vend(self, request: VendRequest) -> Vend:
        """Ask for an item; serve until the answer."""
        self.world.request = request.id
        vend = self.service.vend(request)
        return vend if vend.state is VendState.DONE else self.ask(lambda: self.service.find(request.id, ANSWER_S))

    def ask(self, question: Callable[[], T]) -> T:
        """Let somebody ask the service something, from a thread of their own, and serve until the answer."""
        with ThreadPoolExecutor(1) as visitor:
            answer = visitor.submit(question)
            answer.add_done_callback(lambda _: self.service.stop())
            self.service.run()
            return answer.result()

    def interrupted(self, request: VendRequest) -> None:
        """Ask for an item; the power goes when a motor has turned, if one does."""
        self.world.request = request.id
        self.service.vend(request)
        with suppress(PowerCut):
            self.service.step(0)

    def restarted(self) -> Core:
        """Return the kiosk after a new start. The write-ahead log is left as it is, as after a power cut."""
        with closing(sqlite3.connect(self._folder / "ledger.db")) as other:
            other.execute("SELECT count(*) FROM meta").fetchone()  # whoever closes last would fold the log in
            self.close()
            return Core(self._folder, self.world, self._bug, self._log_bytes)

    def idle(self, seconds: float = CARE_S) -> None:
        """Let a minute pass in which nobody comes, or longer."""
        self.world.clock.sleep(seconds)
        self.service.step(0)

    def close(self) -> None:
        """Close the files."""
        self._storage.close()
