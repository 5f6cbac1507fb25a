"""Records vend attempts in the ledger; while it cannot be written, in the journal, which is merged back later.

The vend thread says what to write and waits for it as long as it is worth; the writer's thread alone meets the disk.
Its jobs are done in order, so what was given up on is written once, when the disk answers: nobody asks for it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from kiosk.clock import Clock, Stamp
from kiosk.config import Config
from kiosk.dispense import words
from kiosk.dispense.ledger import Count, Intent, Past, Planned, Unrecorded
from kiosk.dispense.ledger.lot_queues import LotQueues
from kiosk.dispense.ledger.store import of_disk
from kiosk.dispense.recording.entry import Entry, News, found, owed, unseen
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.rules.vend_steps import NOTHING_MOVED, Finish
from kiosk.dispense.worker import Job
from kiosk.errors import DiskStalledError, LedgerDamagedError, LedgerError
from kiosk.model import EventKind, VendRequest

log = logging.getLogger(__name__)
T = TypeVar("T")


def _nothing() -> None: ...


class Recorder:
    """Writes for the vend thread. What does not say otherwise may be called by it alone."""

    def __init__(self, storage: Storage, clock: Clock, config: Config) -> None:
        self._ledger = storage.ledger
        self._journal = storage.journal
        self._writer = storage.writer
        self._clock = clock
        self._slots = {slot.id: Planned(slot.product, slot.capacity) for slot in config.slots}
        self._skus = [product.sku for product in config.products]
        self._lock = threading.Lock()
        self._held: dict[tuple[str, int], Entry] = {}
        self._counts: dict[str, Count] = {}
        self._lot_queues: LotQueues | None = None
        self._told = False
        self._began: tuple[str, Stamp] = "", clock.stamp()
        self._last_entry: Entry | None = None
        self._last_job: Job[None] | None = None
        self._fault: str | None = words.LEDGER_OPENING
        self._damaged = False
        self._on_written = self._on_opened = _nothing
        self._to_recover = False

    def open(self, on_opened: Callable[[], None] = _nothing, on_written: Callable[[], None] = _nothing) -> Job[None]:
        """Have the ledger opened for the first time; the writer's thread calls `on_opened` when it is.

        It calls `on_written` from then on when something was written that nobody waits for.
        """
        self._on_opened, self._on_written = on_opened, on_written
        return self.later(self.reopen)

    @property
    def fault(self) -> str | None:
        """What to tell staff while something cannot be written. Any thread may ask."""
        return words.DISK_STUCK if self._writer.stuck else self._fault

    @property
    def away(self) -> bool:
        """Whether the ledger cannot be written just now, for all that is known without trying."""
        return self._writer.stuck or not self._ledger.is_open

    @property
    def damaged(self) -> bool:
        """Whether the file turned out not to be whole, and a new start, which alone mends that, loses nothing held."""
        with self._lock:
            return self._damaged and all(entry.kept for entry in self._held.values())

    # -- one attempt -----------------------------------------------------------------------------------------------

    def begin(
        self, request: VendRequest, slot: str, sku: str, *, attempt: int, lot: int, essential: bool, asked: str = ""
    ) -> Entry:
        """Have it written down that an item is about to leave; `begun` waits for that."""
        # Without the code that the visitor may have given.
        made = Unrecorded(
            request=request if request.code is None else replace(request, code=None),
            attempt=attempt,
            slot=slot,
            sku=sku,
            lot=lot,
            stamp=self._since(request.id),
            epoch=self._ledger.epoch,
            asked=asked,
        )
        entry = Entry(made, essential)
        entry.job = self._writer.submit(lambda: self._write_intent(entry))
        return entry

    def begun(self, entry: Entry, until: float = float("inf"), hurry: Callable[[], bool] = lambda: False) -> None:
        """Wait until it is written that an item is about to leave. Only then may the motor be energised.

        Raises LedgerError when that is impossible, or not done `until` then, on `time.monotonic`, or before `hurry`
        tells, and the product is not essential. Naloxone comes out without a ledger, and in the end without a journal:
        then it is held in memory only, and staff are told.
        """
        assert entry.job is not None
        try:
            self._writer.wait(entry.job, until, hurry)
        except DiskStalledError:
            if not entry.essential and entry.job.cancel():
                raise
            if not self._give_up(entry, hold=entry.essential):
                self._writer.wait(entry.job, float("inf"))  # it was written at the last moment
            elif not entry.essential:
                raise

    def end(self, entry: Entry, verdict: Finish, hanging: Sequence[str]) -> None:
        """Have it written down how it ended."""
        with self._lock:
            entry.made = replace(entry.made, verdict=verdict, hanging=tuple(hanging))
            entry.over = False
        self._last_entry = entry
        self._last_job = self._writer.submit(lambda: self._write_outcome(entry))

    def catch_up(self, until: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Wait for all that was told, `until` then at most; from there on the last end is shown as it is held."""
        entry, self._last_entry = self._last_entry, None
        job, self._last_job = self._last_job, None
        if job is None:
            return
        try:
            self._writer.wait(job, until, hurry)
        except DiskStalledError:
            if entry is not None:
                self._give_up(entry, hold=True)

    def _give_up(self, entry: Entry, *, hold: bool) -> bool:
        """Go on without an attempt that waits for the disk, and hold it in memory; False when it was written after all.

        What is not to be held moves nothing: the writer takes it back should it still be written.
        """
        with self._lock:
            if entry.over:
                return False
            entry.given_up = True
            if hold:
                self._held[entry.key] = entry
            return True

    def unmet(self, request_id: str, sku: str, *, empty: bool) -> None:
        """Have a request counted that got nothing: the kiosk was `empty` of it, or no slot gave one."""
        stamp = self._since(request_id)
        self.later(lambda: self._ledger.vends.unmet(sku, empty=empty, stamp=stamp))

    def unseen(self, slot: str, kind: EventKind) -> None:
        """Have it written down that an item may have left `slot` outside any vend; held until that is done."""
        entry = Entry(unseen(slot, kind, self._clock.stamp()))
        with self._lock:
            self._held[entry.key] = entry
        self.later(lambda: self._write_unseen(entry))

    def _since(self, request_id: str) -> Stamp:
        """Return the time of a request's first attempt, for all that comes of it."""
        if self._began[0] != request_id:
            self._began = request_id, self._clock.stamp()
        return self._began[1]

    # -- what others have to write ---------------------------------------------------------------------------------

    def later(self, write: Callable[[], object]) -> Job[None]:
        """Have something else done with the ledger, and do not wait; a failure is told to staff. Any thread may ask."""

        def do() -> None:
            self.try_write(write)
            self._hand_over()
            self._on_written()

        self._last_job = job = self._writer.submit(do)
        return job

    def change(self, change: Callable[[], T]) -> Job[T]:
        """Have a change by a person made, after what waits for the ledger; `collect` waits for it."""

        def make() -> T:
            try:
                self.merge()
                return change()
            finally:
                self._hand_over()

        return self._writer.submit(make, strict=False)

    def collect(self, job: Job[T], until: float) -> T:
        """Return what came of a change. Raises DiskStalledError at `until`; any thread may wait."""
        try:
            return self._writer.wait(job, until)
        except DiskStalledError:
            if job.cancel():
                raise DiskStalledError(words.NOT_SAVED) from None
            if job.ended(0):
                return job.result()
            raise DiskStalledError(words.MAY_BE_SAVED) from None

    def news(self) -> News:
        """Return what was written since the last call, and what is owed now. Any thread may ask."""
        with self._lock:
            counts, self._counts = self._counts, {}
            lot_queues, self._lot_queues = self._lot_queues, None
            told, self._told = self._told, False
            return News(counts, lot_queues, owed(self._held.values()), told)

    def unrecorded(self) -> list[str]:
        """Return the slot of each item that may have left and of which the ledger does not know. Any thread may ask."""
        with self._lock:
            return owed(self._held.values())

    def find(self, request_id: str) -> Past | None:
        """Return a request that waits for the ledger, and what became of it. Any thread may ask."""
        with self._lock:
            return found(self._held.values(), request_id) if self._held else None

    # -- what the writer's thread does -----------------------------------------------------------------------------

    def _write_intent(self, entry: Entry) -> None:
        made = entry.made
        intent = None
        try:
            intent = self._ledger.vends.intent(made)
        except LedgerError as error:
            self.note(error)
            if not entry.essential:
                self._written(entry)
                raise
            self._hold(entry)
        else:
            if self._journal.is_open:
                self._fault = None
        if self._written(entry, intent) and not entry.essential:
            # Whoever waited was told that nothing moves, and nothing did.
            entry.made = replace(entry.made, verdict=NOTHING_MOVED)
            self._write_outcome(entry)

    def _write_outcome(self, entry: Entry) -> None:
        made = entry.made
        assert made.verdict is not None
        if entry.intent is not None and not entry.refused:
            try:
                self._ledger.vends.outcome(entry.intent, made.verdict, made.hanging)
            except LedgerError as error:
                self.note(error)
            else:
                self._written(entry)
                return
        self._hold(entry)
        self._written(entry)

    def _written(self, entry: Entry, intent: Intent | None = None) -> bool:
        """Let everybody know at once what was written of an attempt; return whether whoever wanted it gave up."""
        self._hand_over(entry, intent)
        if entry.given_up:
            self._on_written()
        return entry.given_up

    def _hand_over(self, entry: Entry | None = None, intent: Intent | None = None) -> None:
        """Let `news` tell what was written, and from the same moment on no longer what was owed of it."""
        lot_queues = None
        try:
            lot_queues = self._ledger.lot_queues()
        except LedgerError as error:
            self.note(error)
        with self._lock:
            self._counts |= self._ledger.changed()
            self._lot_queues = lot_queues or self._lot_queues
            self._told |= self._ledger.has_news()
            if entry is None:
                return
            entry.intent = intent or entry.intent
            # How it ended may have been told meanwhile, and waits behind this.
            entry.over = ended = intent is None or entry.made.verdict is None
            if ended and not entry.refused:
                self._held.pop(entry.key, None)

    def reopen(self) -> bool:
        """Open what is not open, and give the ledger what waits; return whether it was opened just now.

        A failure is noted and tried again at the next call. A journal that fails does not keep the ledger shut.
        """
        has_journal = self._open_journal()
        try:
            if not self._ledger.is_open:
                self._ledger.open(self._slots, self._skus, kept=self._journal.mark)
                self._to_recover = True
            has_journal &= self.merge()
            if self._to_recover:
                self._ledger.vends.recover()
            elif self._fault:
                self._ledger.prove()
        except (LedgerError, OSError) as error:
            self.note(of_disk(error))
            return False
        if has_journal:
            self._fault = None
        opened, self._to_recover = self._to_recover, False
        if opened:
            self._hand_over()
            self._on_opened()
            self.try_write(self.settle)
        return opened

    def settle(self) -> None:
        """Mark outside of the ledger how far it is, when nobody waits. Raises LedgerError."""
        if self._ledger.is_open and self._journal.is_open:
            self._journal.keep(self._ledger.mark)
            self._ledger.note_marked()

    def try_write(self, write: Callable[[], object]) -> None:
        """Do something else with the ledger; a failure is told to staff and does not stop the machine."""
        try:
            write()
        except (LedgerError, OSError) as error:
            self.note(of_disk(error))

    def merge(self) -> bool:
        """Have the ledger take over what waits. It knows each attempt by its request, so it takes each once.

        Raises LedgerError. No count of a slot may be written before it: what waits happened earlier. Returns whether
        the journal could be cleared; one that fails keeps nobody from the ledger.
        """
        with self._lock:
            waiting = {key: entry for key, entry in self._held.items() if entry.refused}
        if waiting:
            self._ledger.vends.merge([entry.made for entry in waiting.values()])
            with self._lock:
                for key in waiting:
                    del self._held[key]
                self._counts |= self._ledger.changed()
        try:
            if self._journal.is_open:
                self._journal.clear()
        except LedgerError as error:
            self.note(error)
            return False
        return True

    def _write_unseen(self, entry: Entry) -> None:
        try:
            self._ledger.vends.merge([entry.made])
        except LedgerError as error:
            self.note(error)
            self._hold(entry)
        self._hand_over(entry)

    def _hold(self, entry: Entry) -> None:
        """Keep for the next merge what the ledger could not take."""
        with self._lock:
            entry.refused, entry.kept = True, False
            self._held[entry.key] = entry
            made = entry.made
        try:
            self._journal.append(made)
        except LedgerError as error:
            self.note(error)
        else:
            entry.kept = True

    def _open_journal(self) -> bool:
        """Open the journal, if it is not, and take what it holds; return whether there is one."""
        if self._journal.is_open:
            return True
        try:
            found = self._journal.open()
        except LedgerError as error:
            self.note(error)
            return False
        with self._lock:
            for made in found:
                self._held.setdefault((made.request.id, made.attempt), Entry(made, refused=True, kept=True, over=True))
        return True

    def note(self, error: LedgerError) -> None:
        """Keep a failure for the state. The log gets it at DEBUG only: its time would tell when somebody was here.

        Damage asks for a new start only where the ledger is in use. One that could not even be set aside, as on a disk
        that went read-only, would be found damaged again after each start, and naloxone must not wait for those.
        """
        log.debug("%s", error)
        self._fault = str(error)
        if isinstance(error, LedgerDamagedError) and self._ledger.is_open and not self._damaged:
            try:
                self._ledger.suspect()
            except LedgerError as unnoted:  # the next start would find it damaged again, and the next
                self._fault = str(unnoted)
            else:
                self._damaged = True
