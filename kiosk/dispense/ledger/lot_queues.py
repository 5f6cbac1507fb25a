"""Which lots lie in which coil, and which of them nobody should get."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.rules import lot_queue
from kiosk.dispense.rules.lot_queue import Batch, Queue
from kiosk.model import Added, KitPart


class Lot(Struct, frozen=True):
    """A batch as its maker printed it; what nobody wrote down is None."""

    id: int
    sku: str
    code: str | None
    expiry: datetime.date | None
    funder: str | None
    parts: tuple[KitPart, ...]
    recalled: bool


class LotQueues(Struct, frozen=True):
    """Every coil's queue as it was when it was last open, every lot in it, and the products that are off the menu."""

    queues: Mapping[str, Queue] = {}
    lots: Mapping[int, Lot] = {}
    hidden: frozenset[str] = frozenset()


_PARTS = Decoder(tuple[KitPart, ...])


def kit(parts: str) -> tuple[KitPart, ...]:
    """Return the parts of a kit, as they stand in the lot's row."""
    return _PARTS.decode(parts)


def plain(code: str) -> str:
    """Return a lot's code as it is compared: letters and digits only, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def load(file: LedgerFile) -> LotQueues:
    """Read how every coil is arranged."""
    queues: dict[str, list[Batch]] = {}
    for slot, lot, quantity, spoiled in file.db.execute(
        "SELECT slot, lot, quantity, spoiled FROM coil ORDER BY slot, position"
    ):
        queues.setdefault(slot, []).append(Batch(lot, quantity, bool(spoiled)))
    rows = file.db.execute(
        "SELECT id, sku, code, expiry, funder, parts, recalled FROM lot WHERE id IN (SELECT lot FROM coil)"
    )
    lots = {row[0]: _lot(row) for row in rows}
    hidden = frozenset(sku for (sku,) in file.db.execute("SELECT sku FROM hidden"))
    return LotQueues({slot: tuple(queue) for slot, queue in queues.items()}, lots, hidden)


def queue(db: sqlite3.Connection, slot: str, most: int | None = None) -> Queue:
    """Return a coil's queue as it is now: what is inside at most, by lot, the front first.

    `most` asks for the queue as it was when so many were inside, later than somebody last had the coil open.
    """
    rows = db.execute("SELECT lot, quantity, spoiled FROM coil WHERE slot = ? ORDER BY position", (slot,))
    kept = [Batch(lot, quantity, bool(spoiled)) for lot, quantity, spoiled in rows]
    if most is None:
        most = db.execute("SELECT on_hand + unresolved FROM stock WHERE slot = ?", (slot,)).fetchone()[0]
    return lot_queue.last(kept, most)


def put(file: LedgerFile, slot: str, sku: str, batches: Iterable[Batch]) -> None:
    """Write down a coil's queue anew."""
    file.recoil()
    file.db.execute("DELETE FROM coil WHERE slot = ?", (slot,))
    for position, batch in enumerate(batches, start=1):
        lot = batch.lot if batch.lot != lot_queue.UNKNOWN else number(file, sku, None)
        file.db.execute(
            "INSERT INTO coil (slot, position, lot, quantity, spoiled) VALUES (?, ?, ?, ?, ?)",
            (slot, position, lot, batch.quantity, batch.spoiled),
        )


def number(file: LedgerFile, sku: str, added: Added | None) -> int:
    """Return the ledger's number of a lot, a new one if it was never seen; None stands for one nobody knows."""
    expiry = added.expiry.isoformat() if added and added.expiry else None
    code, funder = (added.lot, added.funder) if added else (None, None)
    parts = msgspec.json.encode(added.parts if added else ()).decode()
    found = file.db.execute(
        "SELECT id FROM lot WHERE sku = ? AND code IS ? AND expiry IS ? AND funder IS ? AND parts = ?",
        (sku, code, expiry, funder, parts),
    ).fetchone()
    if found:
        return int(found[0])
    return file.insert(
        "INSERT INTO lot (sku, code, expiry, funder, parts) VALUES (?, ?, ?, ?, ?)", sku, code, expiry, funder, parts
    )


def _lot(row: tuple[int, str, str | None, str | None, str | None, str, int]) -> Lot:
    number, sku, code, expiry, funder, parts, recalled = row
    return Lot(
        id=number,
        sku=sku,
        code=code,
        expiry=datetime.date.fromisoformat(expiry) if expiry else None,
        funder=funder,
        parts=kit(parts),
        recalled=bool(recalled),
    )
