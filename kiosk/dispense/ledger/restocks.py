"""Restock visits: a person counts, takes out and puts in; all of a visit is recorded, or nothing."""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec import Struct

from kiosk.clock import label
from kiosk.dispense.ledger import excursions, lot_queues, recalls
from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.ledger.meanwhile import Meanwhile, since
from kiosk.dispense.rules import bounds, lot_queue
from kiosk.dispense.rules.bounds import Bounds, Change
from kiosk.dispense.rules.lot_queue import Batch, Queue
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import EventKind, RestockedSlot, RestockLine, RestockRequest, RestockResult


class Before(Struct, frozen=True):
    """A slot just before a visit: what undoing needs."""

    sku: str
    on_hand: int
    unresolved: int
    queue: Queue

    @property
    def bounds(self) -> Bounds:
        """What was known of its content."""
        return Bounds(self.on_hand, self.unresolved)


class Restocks:
    """Each public method is one transaction. They raise LedgerError when the disk fails, and change nothing then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def commit(self, request: RestockRequest) -> RestockResult:
        """Record a visit. It settles what was unresolved in its slots.

        What has certainly left since a count is taken off it, where the line says that the count itself was not
        overtaken; see `RestockLine`. The same id again changes nothing and returns the first answer. Raises
        ConflictError when a slot changed since its `as_of` in any other way, or when the id was used for another
        visit; RequestError when what was taken out was not there, or when a lot that goes in is recalled.
        """
        file = self._file
        with file.transaction():
            if done := self._past(request):
                return done
            meanwhile = self._check(request)
            seq = file.insert(
                "INSERT INTO restock (id, asked, hour) VALUES (?, ?, ?)",
                *(request.id, msgspec.json.encode(request).decode(), file.hour()),
            )
            for line in request.lines:
                self._record(seq, request.id, line, meanwhile[line.slot])
            # A ledger in doubt has caught up once every slot was counted since.
            caught_up = file.db.execute(
                "DELETE FROM meta WHERE key = 'doubt'"
                " AND NOT EXISTS (SELECT 1 FROM stock WHERE planned <> ''"
                " AND slot NOT IN (SELECT slot FROM restock_line"
                " WHERE restock > coalesce((SELECT value FROM meta WHERE key = 'doubted_after'), 0)))"
            ).rowcount
            result = self._result(seq)
        if caught_up:
            file.doubt = None
        return result

    def undo(self, restock_id: str) -> RestockResult:
        """Take a visit back: nobody knows then whether what it said is true, so its slots say all that may be.

        Undoing twice changes nothing. Raises NotFoundError for an unknown visit, ConflictError when somebody has
        restocked one of its slots since: then that count is the truth.
        """
        file = self._file
        with file.transaction():
            row = file.db.execute("SELECT seq, undone FROM restock WHERE id = ?", (restock_id,)).fetchone()
            if row is None:
                raise NotFoundError(f"No restock visit has the id {restock_id}.")
            seq, undone = row
            if not undone:
                lines = file.db.execute(
                    "SELECT slot, on_hand, before FROM restock_line WHERE restock = ?", (seq,)
                ).fetchall()
                if not all(before for _, _, before in lines):
                    raise ConflictError("This visit is too long ago to be undone. Count its slots instead.")
                self._check_latest(seq, [slot for slot, _, _ in lines])
                for slot, after, before in lines:
                    self._take_back(slot, after, msgspec.json.decode(before, type=Before), restock_id)
                file.db.execute("UPDATE restock SET undone = 1 WHERE seq = ?", (seq,))
            return self._result(seq)

    # -- committing ------------------------------------------------------------------------------------------------

    def _past(self, request: RestockRequest) -> RestockResult | None:
        row = self._file.db.execute("SELECT seq, asked FROM restock WHERE id = ?", (request.id,)).fetchone()
        if row is None:
            return None
        # What is too long ago is not known any more in detail.
        if not row[1] or msgspec.json.decode(row[1], type=RestockRequest) != request:
            raise ConflictError("This visit was already saved with other numbers. Open the slots again.")
        return self._result(row[0])

    def _check(self, request: RestockRequest) -> dict[str, Meanwhile]:
        """Return what has left each slot since it was counted."""
        file = self._file
        meanwhile = {line.slot: self._meanwhile(line) for line in request.lines}
        if changed := [slot for slot, certain in meanwhile.items() if certain is None]:
            raise ConflictError(f"{', '.join(changed)} changed while you counted. Count again, then save once more.")
        for line in request.lines:
            for added in line.added:
                recalls.refuse(file, line.slot, line.sku or file.sku(line.slot), added)
        return {slot: certain for slot, certain in meanwhile.items() if certain is not None}

    def _meanwhile(self, line: RestockLine) -> Meanwhile | None:
        """Return what has left since the count; None when the count is worth nothing any more."""
        file = self._file
        if file.version(line.slot) == line.as_of:
            return Meanwhile(before=file.bounds(line.slot))
        # Of a slot that changes its product nobody knows which of the two came out.
        if line.until != line.as_of or line.sku is not None:
            return None
        found = since(file.db, line.slot, line.as_of)
        return None if found is None or found.turning else found

    def _record(self, seq: int, request_id: str, line: RestockLine, meanwhile: Meanwhile) -> None:
        file, slot = self._file, line.slot
        before = Before(file.sku(slot), *file.bounds(slot), lot_queues.queue(file.db, slot))
        inside = line.inside_before
        # Where fewer are inside than were put in, some of those have left already.
        found = max(inside, line.out) if line.after else inside
        gone = meanwhile.left + found - inside
        now = found - line.out + line.put_in - gone
        drift = bounds.drift(meanwhile.before, inside)
        left = self._count(line, found, meanwhile.before, request_id, drift)
        if now < 0:
            raise ConflictError(f"{slot}: more came out since than you counted. Count again, then save once more.")
        self._put_in(line, left, before.sku, request_id)
        if gone:
            file.move(slot, "gone_since", Change(-gone, 0), request=request_id)
        excursions.latch(file, slot, line.sku or before.sku)
        if not meanwhile.failed:
            file.change_stock("jams = 0", slot)
        file.insert(
            "INSERT INTO restock_line (slot, restock, found, removed, added, on_hand, settled, drift, before)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(slot, seq, found, line.out, line.put_in, now, meanwhile.before.unresolved, drift),
            msgspec.json.encode(before).decode(),
        )

    def _count(self, line: RestockLine, found: int, expected: Bounds, request_id: str, drift: int) -> Queue:
        """Record what was found and what of it was taken out; return what is left."""
        file, slot = self._file, line.slot
        sku = file.sku(slot)
        file.move(slot, "count", bounds.counted(file.bounds(slot), found), request=request_id)
        file.event(EventKind.COUNTED, slot, sku, found)
        if drift:
            file.event(EventKind.DRIFT, slot, sku, drift)
        left = lot_queue.last(lot_queues.queue(file.db, slot, most=sum(expected)), found)
        for removed in line.removed:
            try:
                left, was = lot_queue.without(left, removed.quantity, removed.lot), left
            except ValueError as error:
                raise RequestError(
                    f"{slot}: {removed.quantity} taken out, but {error} than that inside of this lot. Correct it."
                ) from error
            for batch in lot_queue.difference(was, left):
                file.event(EventKind(f"removed_{removed.reason}"), slot, sku, batch.quantity, batch.lot)
            file.move(slot, "removed", Change(-removed.quantity, 0), request=request_id)
        return left

    def _put_in(self, line: RestockLine, left: Queue, sku: str, request_id: str) -> None:
        """Record what went in behind what was left, of a new product if the slot has one from now on."""
        file, slot = self._file, line.slot
        if line.sku is not None and line.sku != sku:
            if left:
                raise RequestError(f"{slot}: take out everything first, then put another product in.")
            file.event(EventKind.PLANOGRAM, slot, line.sku, 0)
            file.change_stock("sku = ?", line.sku, slot)
        batches = list(left)
        for added in line.added:
            lot = lot_queues.number(file, line.sku or sku, added)
            batches.append(Batch(lot, added.quantity))
            file.move(slot, "added", Change(added.quantity, 0), request=request_id, lot=lot)
            file.event(EventKind.ADDED, slot, line.sku or sku, added.quantity, lot)
        lot_queues.put(file, slot, line.sku or sku, lot_queue.joined(batches))

    # -- undoing ---------------------------------------------------------------------------------------------------

    def _check_latest(self, seq: int, slots: list[str]) -> None:
        later = [
            slot
            for slot in slots
            if self._file.db.execute(
                "SELECT 1 FROM restock_line JOIN restock ON seq = restock"
                " WHERE slot = ? AND restock > ? AND undone = 0",
                (slot, seq),
            ).fetchone()
        ]
        if later:
            raise ConflictError(f"{', '.join(later)} was counted again since, so that count holds. Nothing was undone.")

    def _take_back(self, slot: str, after: int, before: Before, request_id: str) -> None:
        """Let a slot say all that may be inside: whether the visit was as written down, or never happened."""
        file = self._file
        now, held = file.bounds(slot), lot_queues.queue(file.db, slot)
        left_since = now.on_hand - after
        most_since = sum(now) - after
        least = max(0, min(now.on_hand, before.on_hand + left_since))
        most = max(sum(now), before.on_hand + before.unresolved + most_since, least)
        file.move(slot, "undo", Change(least - now.on_hand, most - least - now.unresolved), request=request_id)
        if file.sku(slot) != before.sku:
            file.change_stock("sku = ?", before.sku, slot)
        lot_queues.put(file, slot, before.sku, lot_queue.last(lot_queue.united(before.queue, held), most))
        excursions.latch(file, slot, before.sku)
        file.event(EventKind.UNDONE, slot, before.sku, 0)

    def _result(self, seq: int) -> RestockResult:
        db = self._file.db
        return _visit(db, *db.execute("SELECT seq, id, hour, undone FROM restock WHERE seq = ?", (seq,)).fetchone())


def latest(db: sqlite3.Connection, limit: int) -> tuple[RestockResult, ...]:
    """Return the latest visits, newest first."""
    visits = db.execute("SELECT seq, id, hour, undone FROM restock ORDER BY seq DESC LIMIT ?", (limit,))
    return tuple(_visit(db, *visit) for visit in visits.fetchall())


def _visit(db: sqlite3.Connection, seq: int, restock_id: str, hour: int, undone: int) -> RestockResult:
    rows = db.execute(
        "SELECT slot, found, removed, added, on_hand, settled, drift FROM restock_line"
        " WHERE slot IN (SELECT slot FROM stock) AND restock = ? ORDER BY slot",
        (seq,),
    )
    lines = tuple(
        RestockedSlot(
            slot=slot,
            found=found,
            removed=out,
            added=added,
            left=found - out + added - now,
            on_hand=now,
            settled=settled,
            drift=drift,
        )
        for slot, found, out, added, now, settled, drift in rows
    )
    return RestockResult(id=restock_id, hour=label(hour), lines=lines, undone=bool(undone))
