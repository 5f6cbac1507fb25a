"""Temperature excursions, latched to the lots that were inside, until a person decides about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.json import Decoder

from kiosk.clock import label
from kiosk.dispense.ledger import lot_queues
from kiosk.dispense.ledger.file import LedgerFile
from kiosk.dispense.rules import lot_queue
from kiosk.dispense.rules.lot_queue import Batch
from kiosk.dispense.temperature import excursion
from kiosk.dispense.temperature.excursion import Blind, Closed, Effect, Opened, State, Summary
from kiosk.errors import ConflictError, NotFoundError
from kiosk.model import Decision, EventKind, Excursion

SHOWN = 50
"""So many decided excursions are shown; those that wait for a decision always are."""


_STATE, _SUMMARY = Decoder(State), Decoder(Summary)


class ExcursionLog:
    """Each public method is one transaction. They raise LedgerError when the disk fails, and change nothing then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def courses(self) -> dict[str, State]:
        """Return how each product's temperature has stood lately, as it was last kept."""
        with self._file.transaction():
            rows = self._file.db.execute("SELECT sku, state FROM course").fetchall()
        return {sku: _STATE.decode(state) for sku, state in rows}

    def keep(self, sku: str, state: State, effects: Iterable[Effect], so_far: Summary | None = None) -> None:
        """Keep a product's course, and what came of it: an excursion that began, grew or ended.

        `so_far` is how one that lasts stands now, for staff who look before it is over.
        """
        file = self._file
        with file.transaction():
            file.db.execute(
                "INSERT INTO course VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET state = excluded.state",
                (sku, msgspec.json.encode(state).decode()),
            )
            for effect in effects:
                if isinstance(effect, Opened):
                    self._begin(sku, effect.summary)
                elif not isinstance(effect, Blind):
                    self._go_on(sku, effect.summary, ended=isinstance(effect, Closed))
            if so_far is not None:
                self._go_on(sku, so_far, ended=False)

    def review(self, number: int, decision: Decision, names: Mapping[str, str]) -> Excursion:
        """Record what a person decided: the lots stay, or are spoiled and must be taken out.

        The same decision again changes nothing. Raises NotFoundError, and ConflictError when the excursion still
        lasts or was decided otherwise.
        """
        file = self._file
        with file.transaction():
            row = file.db.execute("SELECT sku, ended, decision FROM excursion WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise NotFoundError(f"There is no excursion {number}.")
            sku, ended, decided = row
            if ended is None:
                raise ConflictError("It is still out of range. Decide when it is over, or take the items out now.")
            if decided is None:
                file.db.execute("UPDATE excursion SET decision = ? WHERE id = ?", (decision, number))
                if decision is Decision.REMOVE:
                    self._spoil(number)
                else:
                    file.event(EventKind.EXCURSION_ACCEPTED, None, sku, 0)
            elif decided != decision:
                raise ConflictError("Somebody decided this before you. Nothing was changed.")
            return _excursion(file.db, number, names)

    # -- inside a transaction --------------------------------------------------------------------------------------

    def _begin(self, sku: str, summary: Summary) -> None:
        file = self._file
        file.insert(
            "INSERT INTO excursion (sku, began, summary) VALUES (?, ?, ?)",
            *(sku, file.hour(), msgspec.json.encode(summary).decode()),
        )
        for (slot,) in file.db.execute("SELECT slot FROM stock WHERE sku = ?", (sku,)).fetchall():
            latch(file, slot, sku)
        file.event(EventKind.EXCURSION, None, sku, 0)

    def _go_on(self, sku: str, summary: Summary, *, ended: bool) -> None:
        file = self._file
        text = msgspec.json.encode(summary).decode()
        file.db.execute("UPDATE excursion SET summary = ? WHERE sku = ? AND ended IS NULL", (text, sku))
        if ended:
            file.db.execute("UPDATE excursion SET ended = ? WHERE sku = ? AND ended IS NULL", (file.hour(), sku))
            file.event(EventKind.EXCURSION_OVER, None, sku, int(summary.duration_s // 60))

    def _spoil(self, number: int) -> None:
        file = self._file
        latched: dict[str, set[int]] = {}
        rows = file.db.execute("SELECT slot, lot FROM excursion_lot WHERE excursion = ?", (number,)).fetchall()
        for slot, lot in rows:
            latched.setdefault(slot, set()).add(lot)
        for slot, lots in latched.items():
            queue = lot_queues.queue(file.db, slot)
            spoiled = [Batch(batch.lot, batch.quantity, spoiled=batch.spoiled or batch.lot in lots) for batch in queue]
            if tuple(spoiled) != queue:
                lot_queues.put(file, slot, file.sku(slot), lot_queue.joined(spoiled))
                items = sum(batch.quantity for batch in spoiled if batch.spoiled)
                file.event(EventKind.SPOILED, slot, file.sku(slot), items)


def every(db: sqlite3.Connection, names: Mapping[str, str]) -> tuple[Excursion, ...]:
    """Return the excursions that wait for a decision and the latest others, newest first, with products' names."""
    rows = db.execute(
        "SELECT id FROM excursion WHERE decision IS NULL OR id > (SELECT max(id) FROM excursion) - ? ORDER BY id DESC",
        (SHOWN,),
    ).fetchall()
    return tuple(_excursion(db, number, names) for (number,) in rows)


def _excursion(db: sqlite3.Connection, number: int, names: Mapping[str, str]) -> Excursion:
    sku, began, ended, text, decision = db.execute(
        "SELECT sku, began, ended, summary, decision FROM excursion WHERE id = ?", (number,)
    ).fetchone()
    summary = _SUMMARY.decode(text)
    held = db.execute(
        "SELECT slot, code FROM excursion_lot JOIN lot ON lot.id = lot WHERE excursion = ? ORDER BY slot", (number,)
    ).fetchall()
    return Excursion(
        id=number,
        sku=sku,
        product=names.get(sku, sku),
        began=label(began),
        ended=None if ended is None else label(ended),
        minutes=int(summary.duration_s // 60),
        peak_c=summary.peak_c,
        kinetic_c=summary.mkt_c,
        text=excursion.say(summary),
        slots=tuple(dict.fromkeys(slot for slot, _ in held)),
        lots=tuple(dict.fromkeys(code or "not written down" for _, code in held)),
        decision=None if decision is None else Decision(decision),
    )


def latch(file: LedgerFile, slot: str, sku: str) -> None:
    """Note the lots in a slot in every excursion of its product that lasts."""
    lasting = file.db.execute("SELECT id FROM excursion WHERE sku = ? AND ended IS NULL", (sku,)).fetchall()
    if not lasting:
        return
    lot_queues.put(file, slot, sku, lot_queues.queue(file.db, slot))  # gives a number to lots that nobody wrote down
    for (number,) in lasting:
        file.db.executemany(
            "INSERT OR IGNORE INTO excursion_lot VALUES (?, ?, ?)",
            [(number, slot, batch.lot) for batch in lot_queues.queue(file.db, slot)],
        )
