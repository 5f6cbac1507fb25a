"""What is in every slot, as everybody may read it at any time: an immutable picture, drawn anew after a change."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Container, Iterator, Mapping, Sequence

from msgspec.structs import replace

from kiosk.config import Config, Slot
from kiosk.dispense import words
from kiosk.dispense.ledger import Count
from kiosk.dispense.ledger.lot_queues import LotQueues
from kiosk.dispense.rules import lot_queue
from kiosk.dispense.rules.lot_queue import Batch
from kiosk.errors import NotFoundError
from kiosk.model import CoilLot, Lock, SlotStock, Stock

UNWRITTEN = -1
"""The version of a slot while the ledger does not know of all that may have left it. What waits is written down under
versions to come, so that a count of now would seem to be older than it: no count may name this version.
"""


class StockView:
    """The slots of the configuration, with counts and lots from the ledger.

    Until it is told counts, every slot may hold anything up to its capacity. Any thread may ask, and tell. What has
    changed is drawn when somebody asks: two changes follow each other closely in a vend, while a motor or the next
    visitor may wait.
    """

    def __init__(self, config: Config, lockers: Container[str] = ()) -> None:
        """Prepare. `lockers` are the slots with a door."""
        self._lockers = lockers
        self._products = {product.sku: product for product in config.products}
        self._plan = {slot.id: slot for slot in config.slots}
        self._counts = {slot.id: Count(slot.id, slot.product, 0, slot.capacity, 0, 0) for slot in config.slots}
        self._lot_queues = LotQueues()
        self._owed: tuple[str, ...] = ()
        self._today = datetime.date.min
        self._lots: dict[tuple[str, int], tuple[CoilLot, ...]] = {}
        self._slots: dict[str, SlotStock] = {}
        self._lock = threading.Lock()
        self._stale = set(self._plan)
        self._stock = Stock(slots=())

    def update(self, counts: Mapping[str, Count], owed: Sequence[str]) -> None:
        """Renew the slots in `counts`. `owed` names the slot of each vend that could not be recorded."""
        stale = {*counts, *self._owed, *owed}
        if not stale:
            return
        with self._lock:
            self._counts.update(counts)
            self._owed = tuple(owed)
            self._stale |= stale & self._plan.keys()

    def arrange(self, lot_queues: LotQueues | None, today: datetime.date) -> None:
        """Renew all slots if the coils are arranged anew (None: they are not), or if it is another day."""
        if lot_queues is None and today == self._today:
            return
        with self._lock:
            self._lot_queues, self._today = lot_queues or self._lot_queues, today
            self._lots.clear()
            self._stale |= self._plan.keys()

    @property
    def stock(self) -> Stock:
        """Every slot."""
        self._draw()
        return self._stock

    def slot(self, slot: str) -> SlotStock:
        """Return one slot. Raises NotFoundError."""
        self._draw()
        if found := self._slots.get(slot):
            return found
        raise NotFoundError(f"This kiosk has no slot {slot!r}.")

    def sku(self, slot: str) -> str:
        """Return the product that is in a slot. Raises NotFoundError."""
        return self.slot(slot).sku

    def _draw(self) -> None:
        """Draw what has changed since it was drawn last."""
        if not self._stale:
            return
        with self._lock:
            for name in self._stale:
                self._slots[name] = self._picture(self._plan[name], self._counts[name], self._owed.count(name))
            self._stock = Stock(slots=tuple(self._slots[name] for name in self._plan))
            self._stale.clear()

    def _picture(self, slot: Slot, count: Count, unrecorded: int) -> SlotStock:
        # A product that kiosk.toml no longer knows may still lie in a coil until somebody takes it out.
        product = self._products.get(count.sku) or self._products[slot.product]
        doubtful = min(unrecorded, count.on_hand)
        on_hand, unresolved = count.on_hand - doubtful, count.unresolved + doubtful
        lots = self._queue(slot.id, on_hand + unresolved)
        front = tuple(_first(lots, unresolved + 1))
        picture = SlotStock(
            slot=slot.id,
            sku=product.sku,
            product=product.name,
            pictogram=product.pictogram,
            essential=product.essential,
            capacity=slot.capacity,
            par=slot.par,
            on_hand=on_hand,
            unresolved=unresolved,
            jams=count.jams,
            version=UNWRITTEN if unrecorded else count.version,
            lots=lots,
            front_locked=any(lot.locked for lot in front),
            front_expired=any(lot.expired for lot in front),
            locked=sum(lot.quantity for lot in lots if lot.locked),
            hidden=product.hidden or product.sku in self._lot_queues.hidden,
        )
        faults = words.slot_faults(picture, locker=slot.id in self._lockers)
        return replace(picture, faults=faults) if faults else picture

    def _queue(self, slot: str, items: int) -> tuple[CoilLot, ...]:
        """Return the lots of a coil that may hold so many items; worked out once for each number."""
        if (slot, items) not in self._lots:
            queue = lot_queue.last(self._lot_queues.queues.get(slot, ()), items)
            self._lots[slot, items] = tuple(self._lot(batch) for batch in queue)
        return self._lots[slot, items]

    def _lot(self, batch: Batch) -> CoilLot:
        lot = self._lot_queues.lots.get(batch.lot)
        if lot is None:
            return CoilLot(
                id=lot_queue.UNKNOWN, quantity=batch.quantity, locked=Lock.SPOILED if batch.spoiled else None
            )
        return CoilLot(
            id=lot.id,
            quantity=batch.quantity,
            lot=lot.code,
            expiry=lot.expiry,
            funder=lot.funder,
            parts=lot.parts,
            expired=lot.expiry is not None and lot.expiry < self._today,
            locked=Lock.RECALLED if lot.recalled else Lock.SPOILED if batch.spoiled else None,
        )


def _first(lots: Sequence[CoilLot], items: int) -> Iterator[CoilLot]:
    """Give the lots of the first `items` items."""
    for lot in lots:
        if items <= 0:
            return
        yield lot
        items -= lot.quantity
