"""One kiosk over several lives: how it is started, loses power, is asked and looked at."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from kiosk.errors import DiskStalledError, LedgerError
from kiosk.model import VendRequest
from tests.kit.quick_disk import scratch
from tests.model import promises
from tests.model.bugs import SOUND, Bug
from tests.model.life import SLOTS, Life, copy
from tests.model.power import Disk, Power, PowerCut, wired
from tests.model.promises import Truth
from tests.model.world import World

T = TypeVar("T")

ROOM = scratch(Path(tempfile.gettempdir()))
TALLY: Counter[str] = Counter()
"""What was tried."""


class Living(RuleBasedStateMachine):
    """A kiosk that outlives its starts, with the world around it and what people know of it."""

    bug: Bug = SOUND

    def __init__(self) -> None:
        super().__init__()
        self.room = Path(tempfile.mkdtemp(prefix="kiosk-model-", dir=ROOM))
        self.power = Power()
        self.disk = Disk(self.power)
        self.world = World(list(SLOTS), self.power)
        self.world.moved = self.look
        self.truth = Truth()
        self.asked: list[VendRequest] = []
        self.taken: list[tuple[float, str]] = []
        self.number = 0
        self.life: Life | None = None
        self.folder = self.room / "life0"
        self.folder.mkdir()
        self._wires = ExitStack()
        self._wires.enter_context(wired(self.disk))
        self.started = 0
        self.unwritten: set[str] = set()
        """Requests that were answered while the disk was silent."""
        self.aged = False
        self.boot()

    # -- lives -----------------------------------------------------------------------------------------------------

    @property
    def kiosk(self) -> Life:
        assert self.life is not None
        return self.life

    def boot(self) -> None:
        """Start the kiosk, as often as the power lets it not get through."""
        while True:
            self.world.life += 1
            try:
                self.life = Life(self.folder, self.world, self.disk, self.bug)
            except PowerCut:
                self._after_cut()
                continue
            self.taken = []
            return

    def do(self, act: Callable[[], T]) -> T | None:
        """Do something with the kiosk; if the power goes, start the kiosk again and return None."""
        try:
            return act()
        except PowerCut:
            self._after_cut()
            self.boot()
            self.check_answers()
            return None

    def _after_cut(self) -> None:
        """Leave to the next life what a killed process leaves on its disk."""
        TALLY["cuts"] += 1
        self.truth.excuse(self.world.unnoticed)
        self._lose_what_is_held()
        next_folder = self.room / f"life{self.world.life}"
        copy(self.folder, next_folder)
        self._bury()
        shutil.rmtree(self.folder)
        self.folder = next_folder
        self.power.restore()

    def _lose_what_is_held(self) -> None:
        """Excuse what was held in memory only, because the disk did not take it: nobody can know of it any more."""
        if self.life is None:
            return
        self.life.writer.abandon()
        recorder = self.life.service._recorder
        self.truth.excuse(Counter(recorder.unrecorded()))
        for request, _ in recorder._held:
            self.truth.forgotten.add(request)
        self.truth.forgotten |= self.unwritten
        self.unwritten.clear()

    def _bury(self) -> None:
        if self.life is not None:
            self.life.look_away()
            self.life = None
        self.disk.forget()

    def look(self) -> None:
        """Check what the kiosk says right now."""
        if self.life is not None:
            promises.look(self.life, self.world, self.truth)

    def check_answers(self) -> None:
        """What somebody was told before the power went is still so."""
        if self.kiosk.waits:
            return
        for request, attempts in self.truth.answered.items():
            if request not in self.truth.forgotten:
                kept = self.kiosk.attempts(request)
                assert kept == attempts, f"{request} ended as {attempts}, and reads {kept}"

    @invariant()
    def promises_hold(self) -> None:
        """Hold everything that is told and written against the truth."""
        self.look()
        if self.disk.trouble is None and not self.kiosk.waits and self.kiosk.storage.ledger.is_open:
            promises.examine(self.kiosk, self.truth)
            promises.moved_with_intent(self.world, self.truth)

    def teardown(self) -> None:
        try:
            self._bury()
        finally:
            self._wires.close()
            shutil.rmtree(self.room)
            TALLY["cases"] += 1

    def answer(self) -> None:
        """Have a silent disk answer, and look at what is written then."""
        self.write()
        self.look()

    def write(self) -> None:
        """Have a silent disk answer, and everything be written that waited for it."""
        self.kiosk.writer.answer()
        self.kiosk.service._publish()
        self.unwritten.clear()

    def new_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number:06}"

    def insist(self, change: Callable[[], T]) -> T | None:
        """Ask for a change by staff until it is answered; None while the disk fails."""
        while True:
            life = self.world.life
            try:
                done = self.do(lambda: self.kiosk.ask(change))
            except DiskStalledError:
                # It may be saved or not. Whoever asked looks again when the disk answers; the same id saves it once.
                self.do(self.write)
                continue
            except LedgerError:
                assert self.disk.trouble is not None or not self.kiosk.storage.ledger.is_open
                return None
            if self.world.life == life:
                return done
