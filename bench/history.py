"""What ten years in the ledger cost: the same questions over 1,000 and over 1,000,000 movements."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.result import Result, against
from kiosk.clock import Clock
from kiosk.config import Config, Kiosk, Product, Slot
from kiosk.dispense.ledger import Planned
from kiosk.dispense.ledger.store import connect
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.stock_view import StockView
from kiosk.model import Added, RestockLine, RestockRequest, SlotDetail, new_request_id

FEW, MANY = 1_000, 1_000_000

COILS = 45
"""An ordinary machine."""

RESTOCK_EVERY = 100
"""Movements between two visits to a slot."""

VISITS_SHOWN = 12
"""So many counts of a slot its page shows."""

SAMPLES = 60


def measure() -> dict[str, Result]:
    """Ask a ledger with few and one with many movements by turns, so that both see the same machine."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        few, many = _Ledger(Path(name) / "few", FEW), _Ledger(Path(name) / "many", MANY)
        pairs = {"stock_all_slots_1m_ms": (many.stock, few.stock), "restock_page_1m_ms": (many.page, few.page)}
        results = {figure: against(*_by_turns(*both)) for figure, both in pairs.items()}
        few.records.close()
        many.records.close()
        results["ledger_open_1m_ms"] = against(many.open_ms(), "ms", few.open_ms())
    return results


def _by_turns(big: Callable[[], object], small: Callable[[], object]) -> tuple[float, str, float]:
    big_ms, small_ms = [], []
    for _ in range(SAMPLES):
        small_ms.append(_timed(small))
        big_ms.append(_timed(big))
    return statistics.median(big_ms), "ms", statistics.median(small_ms)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


class _Ledger:
    """A ledger of 45 coils that has seen so many movements."""

    def __init__(self, folder: Path, movements: int) -> None:
        self.slots = [f"{'ABCDE'[number // 9]}{number % 9 + 1}" for number in range(COILS)]
        self.plan = {slot: Planned("NAL", 20) for slot in self.slots}
        self.records = Storage.of(folder, Clock())
        self.records.ledger.open(self.plan)
        for slot in self.slots:
            self._restock(slot)
        # Lately the same happened in both: what differs is how much lies behind it.
        self._write(folder / "ledger.db", movements - FEW)
        for _ in range(VISITS_SHOWN):
            self._restock(self.slots[7])
        self._write(folder / "ledger.db", FEW)
        self.stock_view = StockView(self._config())
        self.stock_view.arrange(self.records.ledger.lot_queues(), self.records.ledger.calendar.today())

    def stock(self) -> None:
        """Read what is in every slot from the file, and show it."""
        self.stock_view.update(self.records.ledger.counts(), ())

    def page(self) -> SlotDetail:
        """Gather what the page of one slot shows."""
        slot, reader = self.slots[7], self.records.reader
        history = reader.history(slot)
        return SlotDetail(stock=self.stock_view.slot(slot), drifts=history.drifts, events=history.events)

    def open_ms(self) -> float:
        """Return how long it takes to open and check the file."""
        took = _timed(lambda: self.records.ledger.open(self.plan))
        self.records.ledger.close()
        return took

    def _restock(self, slot: str) -> None:
        version = self.records.ledger.counts()[slot].version
        line = RestockLine(slot=slot, as_of=version, found=0, added=(Added(quantity=20, lot="7K2213"),))
        self.records.ledger.restocks.commit(RestockRequest(id=new_request_id(), lines=(line,)))

    def _write(self, path: Path, movements: int) -> None:
        """Write what years of vends leave behind: two movements, a vend and an event each, and visits in between."""
        db = connect(path)
        db.execute("BEGIN IMMEDIATE")
        vends = [(str(uuid.uuid4()), self.slots[number % COILS]) for number in range(movements // 2)]
        db.executemany("INSERT INTO vend VALUES (?, 1, 0, 'visitor', 'NAL', ?, 'dispensed')", sorted(vends))
        db.executemany(
            "INSERT INTO movement (slot, kind, on_hand, unresolved, lot, request, boot, up_h, hour, clock_ok)"
            " VALUES (?, ?, ?, ?, 1, ?, 1, 0, 494000, 1)",
            _movements(vends),
        )
        db.executemany(
            "INSERT INTO event (kind, slot, sku, lot, quantity, boot, up_h, hour, clock_ok, pending)"
            " VALUES ('dispensed', ?, 'NAL', 1, 1, 1, 0, 494000, 1, 0)",
            ((slot,) for _, slot in vends),
        )
        self._write_visits(db, movements // RESTOCK_EVERY)
        # What was taken was put in again: the stock stays as the visits left it.
        db.execute("UPDATE meta SET value = (SELECT max(seq) FROM event) WHERE key = 'outbox_after'")
        db.execute("COMMIT")
        db.close()

    def _write_visits(self, db: sqlite3.Connection, visits: int) -> None:
        first = db.execute("SELECT max(seq) FROM restock").fetchone()[0] + 1
        db.executemany(
            "INSERT INTO restock (seq, id, asked, hour) VALUES (?, ?, '{}', 494000)",
            ((first + number, str(uuid.uuid4())) for number in range(visits)),
        )
        db.executemany(
            "INSERT INTO restock_line SELECT ?, ?, 0, 0, 20, 20, 0, 0, '{}'",
            ((self.slots[number % COILS], first + number) for number in range(visits)),
        )

    def _config(self) -> Config:
        return Config(
            kiosk=Kiosk(id="bench", site="Bench"),
            products=(Product(sku="NAL", name="Naloxone", essential=True),),
            slots=tuple(Slot(id=slot, product="NAL", capacity=20) for slot in self.slots),
        )


def _movements(vends: list[tuple[str, str]]) -> Iterator[tuple[str, str, int, int, str]]:
    """Give the movements of vends that were dispensed, and of what was put in again for each."""
    for request, slot in vends:
        yield slot, "intent", -1, 1, request
        yield slot, "outcome", 1, -1, request
