"""Recalls: lots that nobody should get, in every coil that holds them, now and later."""

from __future__ import annotations

import sqlite3

from kiosk.clock import label
from kiosk.dispense.ledger import lot_queues
from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.ledger.lot_queues import kit, plain
from kiosk.dispense.rules import lot_queue
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import Added, EventKind, KitPart, Recall, RecallRequest


class Recalls:
    """Each public method is one transaction. They raise LedgerError when the disk fails, and change nothing then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def recall(self, request: RecallRequest) -> Recall:
        """Lock a lot wherever it is. The same id again changes nothing.

        Raises RequestError when the lot has no letter or digit, ConflictError when the id was used for another lot.
        """
        file = self._file
        code = plain(request.lot)
        if not code:
            raise RequestError("A lot has letters or digits. Copy it as it is printed.")
        with file.transaction():
            known = file.db.execute("SELECT code, sku FROM recall WHERE id = ?", (request.id,)).fetchone()
            if known is None:
                file.insert(
                    "INSERT INTO recall (id, lot, code, sku, hour) VALUES (?, ?, ?, ?, ?)",
                    *(request.id, request.lot, code, request.sku, file.hour()),
                )
                mark(file)
                found = _recall(file.db, request.id)
                for slot in found.slots:
                    file.event(EventKind.RECALLED, slot, file.sku(slot), _quantity(file.db, slot, code, request.sku))
                if not found.slots:
                    file.event(EventKind.RECALLED, None, request.sku, 0)
            elif known != (code, request.sku):
                raise ConflictError("This id was used for another recall. Make a new one. Nothing was changed.")
            return _recall(file.db, request.id)

    def lift(self, recall_id: str) -> Recall:
        """End a recall; its lots are given out again unless another recall meets them. Raises NotFoundError."""
        file = self._file
        with file.transaction():
            found = _recall(file.db, recall_id)
            if not found.lifted:
                file.db.execute("UPDATE recall SET lifted = 1 WHERE id = ?", (recall_id,))
                mark(file)
                file.event(EventKind.RECALL_LIFTED, None, found.sku, found.quantity)
            return _recall(file.db, recall_id)


def every(db: sqlite3.Connection) -> tuple[Recall, ...]:
    """Return every recall, newest first."""
    rows = db.execute("SELECT id FROM recall ORDER BY rowid DESC").fetchall()
    return tuple(_recall(db, recall_id) for (recall_id,) in rows)


def refuse(file: LedgerFile, slot: str, sku: str, added: Added) -> None:
    """Raise RequestError if what is about to go into a slot is recalled."""
    for lot, code, narrowed in _open(file):
        if narrowed in (None, sku) and code in _codes(added.lot, added.parts):
            raise RequestError(f"{slot}: lot {lot} is recalled. Do not put it in, take it back. Nothing was saved.")


def mark(file: LedgerFile) -> None:
    """Mark every lot that an open recall meets, and no other."""
    file.recoil()
    recalled = _open(file)
    for number, sku, code, parts in file.db.execute("SELECT id, sku, code, parts FROM lot").fetchall():
        codes = _codes(code, kit(parts))
        met = any(narrowed in (None, sku) and wanted in codes for _, wanted, narrowed in recalled)
        file.db.execute("UPDATE lot SET recalled = ? WHERE id = ? AND recalled <> ?", (met, number, met))


def _open(file: LedgerFile) -> list[tuple[str, str, str | None]]:
    return file.db.execute("SELECT lot, code, sku FROM recall WHERE lifted = 0").fetchall()


def _codes(code: str | None, parts: tuple[KitPart, ...]) -> set[str]:
    return {plain(text) for text in (code or "", *(part.lot for part in parts))} - {""}


def _recall(db: sqlite3.Connection, recall_id: str) -> Recall:
    row = db.execute("SELECT lot, code, sku, hour, lifted FROM recall WHERE id = ?", (recall_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"No recall has the id {recall_id}.")
    lot, code, sku, hour, lifted = row
    held = {slot: _quantity(db, slot, code, sku) for (slot,) in db.execute("SELECT slot FROM stock").fetchall()}
    return Recall(
        id=recall_id,
        lot=lot,
        sku=sku,
        hour=label(hour),
        slots=tuple(slot for slot, quantity in held.items() if quantity),
        quantity=sum(held.values()),
        lifted=bool(lifted),
    )


def _quantity(db: sqlite3.Connection, slot: str, code: str, sku: str | None) -> int:
    """Return how many items of a recalled lot a slot may hold."""
    lots = {
        number
        for number, of, lot, parts in db.execute("SELECT id, sku, code, parts FROM lot")
        if sku in (None, of) and code in _codes(lot, kit(parts))
    }
    return lot_queue.size([batch for batch in lot_queues.queue(db, slot) if batch.lot in lots])
