"""The life of a vend in the ledger: the intent before the motion, the outcome after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kiosk.clock import Stamp
from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.rules import bounds
from kiosk.dispense.rules.bounds import Change
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.model import EventKind, Outcome, Purpose, VendRequest


class Intent(Struct, frozen=True):
    """A vend that is durably recorded and not yet decided. `lot` is the ledger's number of the item's lot, or 0.

    Its outcome is written with the `stamp` of its beginning: two different hours would tell that an hour began while
    the item dropped.
    """

    request: str
    attempt: int
    slot: str
    sku: str
    purpose: Purpose
    lot: int
    change: Change
    stamp: Stamp


class Unrecorded(Struct, frozen=True, kw_only=True):
    """One attempt as it is told to the ledger, at once or, from the journal, when that can be written again.

    `attempt` counts the slots that are tried for a request, from 1. `lot`, what lies in front, is a number of the
    ledger that `epoch` names: another one, begun after that one was lost, does not know it. `stamp` is when the request
    began, and `verdict` how the attempt ended: None until it has, or if power failed meanwhile.

    What fell outside any vend is told like an attempt, under an id of its own.
    """

    request: VendRequest
    attempt: int
    slot: str
    sku: str
    lot: int
    stamp: Stamp
    epoch: str = ""
    hanging: tuple[str, ...] = ()
    """Other slots in which an item was stuck before; see `Vends.outcome`."""
    verdict: Finish | None = None
    asked: str = ""
    """The id that somebody asked under, if nobody could tell in time whether it was used before."""
    unseen: str = ""
    """The kind of event by which an item may have left that nobody asked for; empty for an attempt."""


UNKNOWN = Finish(Outcome.UNKNOWN, certain=False, drops=0)
"""How an attempt ended of which nothing more is known than that it began."""


class Vends:
    """Each public method is one transaction: all of it or nothing. They raise LedgerError when the disk fails."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self.capacities: Mapping[str, int] = {}
        """How many items each slot holds when it is full."""

    def intent(self, made: Unrecorded) -> Intent:
        """Record that an item is about to leave a slot. Durable on return: only then may the motor be energised."""
        with self._file.transaction(), self._file.at(made.stamp):
            return self._begin(made, made.lot)

    def outcome(self, intent: Intent, verdict: Finish, hanging: Sequence[str] = ()) -> None:
        """Record how a vend ended: the stock's correction and the event, in one transaction.

        `hanging` names slots in which an item was stuck before: when more than one item fell, the other may
        have come from any of them.
        """
        with self._file.transaction(), self._file.at(intent.stamp):
            self._end(intent, verdict, hanging)

    def recover(self) -> list[str]:
        """Close every vend that a power cut left open as `unknown`; return their slots. No motor is ever repeated.

        The stock needs no change: the intent already counts the item as unresolved.
        """
        file = self._file
        with file.transaction():
            rows = file.db.execute("SELECT request, attempt, slot FROM vend WHERE state = 'intent'").fetchall()
            for request, attempt, slot in rows:
                self._close(request, attempt, Outcome.UNKNOWN)
                file.event(EventKind.UNKNOWN, slot, file.sku(slot), 0)
        return [slot for _, _, slot in rows]

    def merge(self, attempts: Sequence[Unrecorded]) -> None:
        """Take over attempts that were made without the ledger. One that it knows already changes nothing."""
        with self._file.transaction():
            for made in attempts:
                with self._file.at(made.stamp):
                    self._take_over(made)

    def unmet(self, sku: str, *, empty: bool, stamp: Stamp | None = None) -> None:
        """Count a request, of now or of a `stamp`, that got nothing: the kiosk was `empty`, or no slot gave one."""
        with self._file.transaction(), self._file.at(stamp):
            self._file.event(EventKind.SOLD_OUT if empty else EventKind.UNSERVED, None, sku, 1)

    # -- inside a transaction --------------------------------------------------------------------------------------

    def _begin(self, made: Unrecorded, lot: int) -> Intent:
        file, request, slot, attempt = self._file, made.request, made.slot, made.attempt
        if made.asked:
            file.db.execute("INSERT OR IGNORE INTO asked VALUES (?, ?)", (request.id, made.asked))
        file.db.execute(
            "INSERT INTO vend (request, attempt, by_slot, purpose, sku, slot, state)"
            " VALUES (?, ?, ?, ?, ?, ?, 'intent')",
            (request.id, attempt, request.slot is not None, request.purpose, made.sku, slot),
        )
        change = bounds.may_have_left(file.bounds(slot))
        file.move(slot, "intent", change, request=request.id, lot=lot)
        return Intent(request.id, attempt, slot, made.sku, request.purpose, lot, change, file.stamp())

    def _end(self, intent: Intent, verdict: Finish, hanging: Sequence[str]) -> None:
        file, slot = self._file, intent.slot
        before = file.bounds(slot)
        self._close(intent.request, intent.attempt, verdict.outcome)
        if verdict.outcome is Outcome.DISPENSED:
            file.move(slot, "outcome", bounds.has_left(before), request=intent.request, lot=intent.lot)
            if before == (0, 0):
                # It was thought empty, and was not: how many more there are, nobody knows.
                file.move(slot, "surplus", Change(0, max(0, self.capacities.get(slot, 1) - 1)), request=intent.request)
                file.event(EventKind.SURPLUS, slot, intent.sku, 1)
        elif verdict.certain:
            file.move(slot, "outcome", bounds.has_stayed(intent.change), request=intent.request, lot=intent.lot)
        for other in dict.fromkeys((slot, *hanging)) if verdict.drops > 1 else ():
            file.may_have_left(other, EventKind.EXTRA_DROP, verdict.drops - 1)
        if verdict.driven:
            self._count_jams(intent, verdict.outcome, empty=before == (0, 0))
        tested = intent.purpose is Purpose.TEST
        kind = EventKind.TESTED if tested else EventKind(verdict.outcome)
        file.event(kind, slot, intent.sku, min(verdict.drops, 1), intent.lot)

    def _close(self, request: str, attempt: int, outcome: Outcome) -> None:
        self._file.db.execute(
            "UPDATE vend SET state = ? WHERE request = ? AND attempt = ?", (outcome, request, attempt)
        )

    def _count_jams(self, intent: Intent, outcome: Outcome, *, empty: bool) -> None:
        file = self._file
        if outcome is Outcome.DISPENSED:
            if file.jams(intent.slot):
                file.change_stock("jams = 0", intent.slot)
        elif outcome in (Outcome.JAMMED, Outcome.NOT_STARTED) and not empty and intent.purpose is Purpose.VISITOR:
            file.change_stock("jams = jams + 1", intent.slot)
        elif outcome is Outcome.JAMMED and not empty:
            # A test turn takes no slot out of service, but that an item hangs there outlives the next start.
            file.change_stock("jams = max(jams, 1)", intent.slot)

    def _take_over(self, made: Unrecorded) -> None:
        if made.unseen:
            self._take_over_unseen(made)
            return
        file = self._file
        hanging = [slot for slot in made.hanging if self._has(slot)]
        known = file.db.execute(
            "SELECT state FROM vend WHERE request = ? AND attempt = ?", (made.request.id, made.attempt)
        ).fetchone()
        if known is None and self._has(made.slot):
            lot = made.lot if made.epoch == file.get("epoch", "") else 0
            intent = self._begin(made, lot)
            self._end(intent, made.verdict or UNKNOWN, hanging)
        elif known == ("intent",) and made.verdict is not None:
            self._end(self._begun(made), made.verdict, hanging)

    def _take_over_unseen(self, made: Unrecorded) -> None:
        file, slot, name = self._file, made.slot, made.request.id
        known = file.db.execute("SELECT 1 FROM movement WHERE request = ?", (name,)).fetchone()
        if known is None and self._has(slot):
            file.move(slot, made.unseen, bounds.may_have_left(file.bounds(slot)), request=name)
            file.event(EventKind(made.unseen), slot, file.sku(slot), 1)

    def _has(self, slot: str) -> bool:
        return self._file.db.execute("SELECT 1 FROM stock WHERE slot = ?", (slot,)).fetchone() is not None

    def _begun(self, made: Unrecorded) -> Intent:
        """Return an intent that the ledger holds open."""
        change = self._file.db.execute(
            "SELECT on_hand, unresolved FROM movement WHERE request = ? AND slot = ? AND kind = 'intent'"
            " ORDER BY seq DESC LIMIT 1",
            (made.request.id, made.slot),
        ).fetchone()
        request = made.request
        change = Change(*change)
        return Intent(request.id, made.attempt, made.slot, made.sku, request.purpose, made.lot, change, made.stamp)
