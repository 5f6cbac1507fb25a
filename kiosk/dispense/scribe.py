"""Writes down what happens: in the ledger, or in the journal while the ledger cannot be written, merged later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.dispense.ledger import Intent, Planned, Unrecorded
from kiosk.dispense.machine import Finish
from kiosk.dispense.records import Records
from kiosk.errors import LedgerDamagedError, LedgerError
from kiosk.model import Attempt, Outcome, VendRequest

log = logging.getLogger(__name__)


class Entry(Struct, frozen=True):
    """An attempt that was written down before it began: in the ledger as `intent`, or as `made` where it could be."""

    request: VendRequest
    intent: Intent | None = None
    made: Unrecorded | None = None


class Scribe:
    """Writes for the vend thread, which alone may call it."""

    def __init__(self, records: Records, clock: Clock, config: Config) -> None:
        self._ledger = records.ledger
        self._journal = records.journal
        self._clock = clock
        self._slots = {slot.id: Planned(slot.product, slot.capacity) for slot in config.slots}
        self._skus = [product.sku for product in config.products]
        self._waiting: dict[tuple[str, int], Unrecorded] = {}
        self._unseen: list[tuple[str, str]] = []
        self.fault: str | None = None
        """What to tell staff while something cannot be written."""
        self.damaged = False
        """Whether the ledger's file turned out not to be whole. Only a new start mends that."""
        self.heal()

    # -- one attempt -----------------------------------------------------------------------------------------------

    def begin(self, request: VendRequest, slot: str, sku: str, *, attempt: int, lot: int, essential: bool) -> Entry:
        """Write down that an item is about to leave. Only then may the motor be energised.

        Raises LedgerError when that is impossible and the product is not `essential`. Naloxone comes out without
        a ledger, and in the end without a journal: then it is held in memory only, and staff are told.
        """
        try:
            intent = self._ledger.vends.intent(request, slot, sku, attempt=attempt, lot=lot)
        except LedgerError as error:
            self.note(error)
            if not essential:
                raise
            made = self._unrecorded(request, attempt, slot, sku, lot)
            self._hold(made)
            return Entry(request, made=made)
        if self._journal.is_open:
            self.fault = None
        return Entry(request, intent)

    def end(self, entry: Entry, verdict: Finish, hanging: Sequence[str]) -> None:
        """Write down how it ended."""
        if entry.intent is not None:
            try:
                self._ledger.vends.outcome(entry.intent, verdict, hanging)
            except LedgerError as error:
                self.note(error)
            else:
                return
            begun = entry.intent
            made = self._unrecorded(entry.request, begun.attempt, begun.slot, begun.sku, begun.lot)
        else:
            assert entry.made is not None
            made = entry.made
        self._hold(replace(made, verdict=verdict, hanging=tuple(hanging)))

    def _unrecorded(self, request: VendRequest, attempt: int, slot: str, sku: str, lot: int) -> Unrecorded:
        """Return an attempt as it waits for the ledger, without the code that its visitor may have given."""
        return Unrecorded(
            request=replace(request, code=None),
            attempt=attempt,
            slot=slot,
            sku=sku,
            lot=lot,
            stamp=self._clock.stamp(),
            epoch=self._ledger.epoch,
        )

    def unseen(self, slot: str, kind: str) -> None:
        """Write down that an item may have left `slot` outside any vend; held in memory while that is impossible."""
        self._unseen.append((slot, kind))
        self.keep(self._write_unseen)

    def _write_unseen(self) -> None:
        while self._unseen:
            self._ledger.vends.unseen(*self._unseen[0])
            del self._unseen[0]

    # -- what waits for the ledger ---------------------------------------------------------------------------------

    def owed(self) -> list[str]:
        """Return the slot of each item that may have left and of which the ledger does not know."""
        if not self._waiting and not self._unseen:
            return []
        attempted = [slot for made in self._waiting.values() for slot in _may_have_left(made)]
        return attempted + [slot for slot, _ in self._unseen]

    def recall(self, request_id: str) -> tuple[VendRequest, tuple[Attempt, ...]] | None:
        """Return a request that waits for the ledger, and what became of it."""
        made = [made for made in list(self._waiting.values()) if made.request.id == request_id]
        if not made:
            return None
        outcomes = [one.verdict.outcome if one.verdict else Outcome.UNKNOWN for one in made]
        tried = zip(made, outcomes, strict=True)
        return made[0].request, tuple(Attempt(slot=one.slot, outcome=outcome) for one, outcome in tried)

    def heal(self) -> bool:
        """Open what is not open, and give the ledger what waits; return whether it was opened just now.

        A failure is noted and tried again at the next call. A journal that fails does not keep the ledger shut.
        """
        has_journal = self._open_journal()
        try:
            opened = not self._ledger.is_open
            if opened:
                self._ledger.open(self._slots, self._skus, had_one=bool(self._journal.was_there))
            self.merge()
            if opened:
                self._ledger.vends.recover()
            if self.fault:
                self._ledger.prove()
        except LedgerError as error:
            self.note(error)
            return False
        if has_journal:
            self.fault = None
        return opened

    def keep(self, write: Callable[[], object]) -> None:
        """Do something else with the ledger; a failure is told to staff and does not stop the machine."""
        try:
            write()
        except LedgerError as error:
            self.note(error)

    def merge(self) -> None:
        """Have the ledger take over what waits. It knows each attempt by its request, so it takes each once.

        Raises LedgerError. No count of a slot may be written before it: what waits happened earlier.
        """
        self._write_unseen()
        if self._waiting:
            self._ledger.vends.merge(list(self._waiting.values()))
            self._waiting.clear()
        if self._journal.is_open:
            self._journal.clear()

    def _hold(self, made: Unrecorded) -> None:
        self._waiting[made.request.id, made.attempt] = made
        try:
            self._journal.append(made)
        except LedgerError as error:
            self.note(error)

    def _open_journal(self) -> bool:
        """Open the journal, if it is not, and take what it holds; return whether there is one."""
        if self._journal.is_open:
            return True
        try:
            found = self._journal.open()
        except LedgerError as error:
            self.note(error)
            return False
        for made in found:
            self._waiting.setdefault((made.request.id, made.attempt), made)
        return True

    def note(self, error: LedgerError) -> None:
        """Keep a failure for the state. The log gets it at DEBUG only: its time would tell when somebody was here.

        Damage asks for a new start only where the ledger is in use. One that could not even be set aside, as on a disk
        that went read-only, would be found damaged again after each start, and naloxone must not wait for those.
        """
        log.debug("%s", error)
        self.fault = str(error)
        if isinstance(error, LedgerDamagedError) and self._ledger.is_open and not self.damaged:
            self.damaged = True
            self.keep(self._ledger.suspect)


def _may_have_left(made: Unrecorded) -> Iterator[str]:
    """Give a slot for each item that may have left; of two that fell, one may have hung in another slot before."""
    verdict = made.verdict
    if verdict is None or not verdict.certain or verdict.drops:
        yield made.slot
    for _ in range(1, verdict.drops if verdict else 0):
        yield from (made.slot, *made.hanging)
