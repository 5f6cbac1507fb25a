"""One life of the kiosk: its own service on real files, from a start until a stop or a power cut."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from kiosk.config import Config, Kiosk, Privacy, Product, Slot
from kiosk.dispense.ledger import Ledger, Reader
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.errors import NotFoundError
from kiosk.model import Attempt
from tests.crash.kiosk_core import LOG_BYTES
from tests.model.bugs import SOUND, Bug
from tests.model.power import CutJournal, Disk
from tests.model.silence import SilentWorker
from tests.model.world import World

T = TypeVar("T")

CAPACITY = 6
LIMIT = 2
KEEP_DAYS = 7

CONFIG = Config(
    kiosk=Kiosk(id="model", site="Model"),
    products=(
        Product(sku="NAL", name="Naloxone", essential=True),
        Product(sku="STRIP", name="Strips", limit_per_visit=LIMIT, temperature_c=(2.0, 30.0), excursion_c=(0.0, 40.0)),
        Product(sku="SOAP", name="Soap", expired="last"),
    ),
    slots=tuple(
        Slot(id=slot, product=sku, capacity=CAPACITY)
        for slot, sku in (("A1", "NAL"), ("A2", "NAL"), ("A3", "NAL"), ("B1", "STRIP"), ("B2", "STRIP"), ("C1", "SOAP"))
    ),
    privacy=Privacy(keep_days=KEEP_DAYS),
)
SLOTS = {slot.id: slot.product for slot in CONFIG.slots}

STAFF = ThreadPoolExecutor(1, "staff")
"""Who asks what has to be waited for. The test's own thread is the vend thread."""

JOB_S = 5.0
"""How long the vend thread waits for a question that is under way, in seconds: it comes in well under one."""


class Life:
    """The service as the daemon starts it, with the test's thread as its vend thread."""

    def __init__(self, folder: Path, world: World, disk: Disk, bug: Bug = SOUND) -> None:
        self.folder = folder
        self._outside: sqlite3.Connection | None = None
        self.writer = SilentWorker(disk.silence)
        self.storage = storage = Storage(
            ledger=Ledger(folder / "ledger.db", world.clock, LOG_BYTES),
            reader=Reader(folder / "ledger.db"),
            journal=CutJournal(folder / "journal.bin", disk),
            writer=self.writer,
        )
        parts = world.parts()
        bug.opening(storage, world)
        self.service = service = Service(CONFIG, parts, storage, world.clock)
        bug.serving(service, world)
        if parts.beam is not None:
            parts.beam.on_stray(service.stray)
        service.step(0)

    def ask(self, question: Callable[[], T]) -> T:
        """Have somebody ask the service and wait for the answer, which the vend thread gives."""
        answer = STAFF.submit(question)
        answer.add_done_callback(lambda _: self.service.stop())
        while self.service.step(JOB_S):
            pass
        return answer.result()

    def rest(self) -> None:
        """Do all that is queued, and then what can wait."""
        self.service.stop()
        while self.service.step(0):
            pass
        self.service.step(0)

    def attempts(self, request: str) -> tuple[Attempt, ...]:
        """Return what was tried for a request, nothing if the kiosk does not know it."""
        try:
            return self.service.find(request).attempts
        except NotFoundError:
            return ()

    def kept_strays(self) -> bool:
        """Say whether what fell outside any vend is on the disk, in the ledger or in the journal."""
        journal = (self.folder / "journal.bin").read_bytes()
        waiting = [entry.made for entry in self.service._recorder._held.values() if entry.made.unseen]
        return all(made.request.id.encode() in journal for made in waiting)

    @property
    def waits(self) -> bool:
        """Whether the ledger has yet to take something over."""
        recorder = self.service._recorder
        return bool(recorder._held) or self.writer.waits

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the file itself, as a program beside the kiosk would."""
        if self._outside is None:
            self._outside = sqlite3.connect(f"file:{self.folder / 'ledger.db'}?mode=ro", uri=True)
        return self._outside.execute(sql, values).fetchall()

    def close(self) -> None:
        """Stop in good order."""
        self.look_away()
        self.storage.close()

    def look_away(self) -> None:
        """Let go of the file."""
        if self._outside is not None:
            self._outside.close()
            self._outside = None


def copy(folder: Path, to: Path) -> None:
    """Copy what a killed process leaves on the disk; what it shared in memory is gone."""
    to.mkdir()
    for file in folder.iterdir():
        if not file.name.endswith("-shm"):
            shutil.copyfile(file, to / file.name)
