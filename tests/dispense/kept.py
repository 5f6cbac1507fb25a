"""Everything that is kept in one folder, on real files, with a clock that is set by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kiosk.clock import HOUR_S, Clock
from kiosk.config import Config, Product, Slot
from kiosk.config.settings import Kiosk
from kiosk.dispense.ledger import Intent, Ledger, Planned, Unrecorded
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.dispense.service.stock_view import StockView
from kiosk.model import Event, Outcome, RestockLine, RestockResult, SlotStock, VendRequest, new_request_id
from tests.stocking import counted, visit

NALOXONE = Product(sku="NAL", name="Naloxone", essential=True, temperature_c=(15, 25), excursion_c=(4, 40))
STRIP = Product(sku="STRIP", name="Test strips", temperature_c=(2, 30))
SOCK = Product(sku="SOCK", name="Socks")

NOW_H = 497_000
"""Some hour of 2026, since 1970."""

DISPENSED = Finish(Outcome.DISPENSED, certain=True, drops=1)
JAMMED = Finish(Outcome.JAMMED, certain=True, drops=0)
PRESUMED = Finish(Outcome.PRESUMED, certain=False, drops=0)


class HandClock(Clock):
    """A clock whose hour, trust and seconds a test sets; waiting takes no time but passes on it."""

    def __init__(self, folder: Path, hour: int = NOW_H) -> None:
        self.wall_s = float(hour * HOUR_S)
        self.now_s = 0.0
        self._marker = folder / "synchronized"
        super().__init__(synchronized=self._marker, wall=lambda: self.wall_s)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)

    def pass_h(self, hours: float) -> None:
        """Let hours go by, on the wall and since the start."""
        self.wall_s += hours * HOUR_S
        self.now_s += hours * HOUR_S

    def show(self, hour: int) -> None:
        """Set the wall clock, as somebody or something might."""
        self.wall_s = float(hour * HOUR_S)

    def trust(self, trusted: bool = True) -> None:
        """Say whether the clock was set from the network."""
        if trusted:
            self._marker.touch()
        else:
            self._marker.unlink(missing_ok=True)
        self._look_again = 0.0


def kiosk_of(*products: Product, slots: dict[str, str], capacity: int = 9, **tables: Any) -> Config:
    """Return the configuration of a kiosk with these products, and slots that each hold the product they name."""
    held = tuple(Slot(id=slot, product=sku, capacity=capacity) for slot, sku in slots.items())
    return Config(kiosk=Kiosk(id="test-kiosk", site="Test Street"), products=products, slots=held, **tables)


CONFIG = kiosk_of(
    NALOXONE, STRIP, SOCK, slots={"A1": "NAL", "A2": "NAL", "B1": "STRIP", "B2": "STRIP", "B3": "STRIP", "C1": "SOCK"}
)


def told(clock: Clock, request: VendRequest, slot: str, sku: str = "NAL", **what: Any) -> Unrecorded:
    """Return an attempt on a slot as it is told to the ledger."""
    return Unrecorded(**{"attempt": 1, "lot": 0, **what}, request=request, slot=slot, sku=sku, stamp=clock.stamp())


class Kept:
    """The ledger and the view of its stock as the vend thread uses them."""

    def __init__(self, folder: Path, config: Config = CONFIG, clock: HandClock | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.path = folder / "ledger.db"
        self.config = config
        self.clock = clock or HandClock(folder)
        self.storage = Storage.of(folder, self.clock)
        self.ledger = self.storage.ledger
        self.reader = self.storage.reader
        self.open()

    def open(self, config: Config | None = None) -> None:
        """Open the ledger, as a start does."""
        self.config = config or self.config
        self.open_only()
        self.ledger.vends.recover()

    def open_only(self) -> None:
        """Open the ledger, and leave alone what a power cut left open."""
        self._stock_view = StockView(self.config)
        plan = {slot.id: Planned(slot.product, slot.capacity) for slot in self.config.slots}
        self.ledger.open(plan, [product.sku for product in self.config.products])

    def reopen(self, config: Config | None = None) -> None:
        """Close it and start again."""
        self.close()
        self.open(config)

    def close(self) -> None:
        self.storage.close()

    def slot(self, name: str) -> SlotStock:
        """Return a slot as everybody may see it now."""
        return self.slots()[name]

    def slots(self) -> dict[str, SlotStock]:
        """Return every slot as everybody may see it now."""
        self._stock_view.update(self.ledger.changed(), ())
        self._stock_view.arrange(self.ledger.lot_queues(), self.ledger.calendar.today())
        return {slot.slot: slot for slot in self._stock_view.stock.slots}

    def bounds(self, name: str) -> tuple[int, int]:
        """Return on_hand and unresolved of a slot."""
        count = self.ledger.counts()[name]
        return count.on_hand, count.unresolved

    def queue(self, name: str) -> list[tuple[str | None, int]]:
        """Return a coil's lots, the front first: what is printed, and how many."""
        return [(lot.lot, lot.quantity) for lot in self.slot(name).lots]

    def line(self, slot: str, found: int | None = None, **what: Any) -> RestockLine:
        """Return a line of a visit to a slot as it is now; see `stocking.counted`."""
        return counted(self.slot(slot), found, **what)

    def restock(self, *lines: RestockLine, request_id: str | None = None) -> RestockResult:
        """Record a visit."""
        return self.ledger.restocks.commit(visit(*lines, request_id=request_id))

    def find_empty(self) -> None:
        """Count every slot, and find nothing in any."""
        self.restock(*(self.line(slot, 0) for slot in self.slots()))

    def put(self, slot: str, quantity: int, lot: str | None = None, **what: Any) -> RestockResult:
        """Find what was expected, and put items of a lot in behind it."""
        return self.restock(self.line(slot, added=quantity, lot=lot, **what))

    def intend(self, slot: str, request_id: str | None = None) -> Intent:
        """Record that an item of a slot is about to leave."""
        stock = self.slot(slot)
        request = VendRequest(id=request_id or new_request_id(), sku=stock.sku)
        return self.ledger.vends.intent(
            told(self.clock, request, slot, stock.sku, lot=stock.lots[0].id if stock.lots else 0)
        )

    def vend(self, slot: str, verdict: Finish = DISPENSED, request_id: str | None = None) -> None:
        """Record a whole vend."""
        self.ledger.vends.outcome(self.intend(slot, request_id), verdict)

    def stray(self, slot: str) -> Unrecorded:
        """Record that an item may have left a slot outside any vend."""
        made = told(self.clock, VendRequest(id=new_request_id(), slot=slot), slot, attempt=0, unseen="stray_drop")
        self.ledger.vends.merge([made])
        return made

    def kinds(self, limit: int = 20) -> list[str]:
        """Return the kinds of the latest events, newest first."""
        return [event.kind for event in self.events(limit)]

    def events(self, limit: int = 20) -> tuple[Event, ...]:
        return self.reader.events(limit)


@contextmanager
def locked(ledger: Ledger) -> Iterator[None]:
    """Keep a ledger from being written, as a backup that hangs would."""
    ledger._file.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(ledger._file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
