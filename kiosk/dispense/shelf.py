"""What is in every slot, as everybody may read it at any time: an immutable picture that the vend thread renews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiosk.config import Config, Slot
from kiosk.dispense import words
from kiosk.dispense.ledger import Count
from kiosk.errors import NotFoundError
from kiosk.model import SlotStock, Stock


class Shelf:
    """The slots of the configuration with their counts from the ledger."""

    def __init__(self, config: Config, counts: Mapping[str, Count]) -> None:
        self._products = {product.sku: product for product in config.products}
        self._plan = {slot.id: slot for slot in config.slots}
        self._counts = dict(counts)
        self._owed: tuple[str, ...] = ()
        self._slots = {slot.id: self._picture(slot, counts[slot.id], 0) for slot in config.slots}
        self.stock = Stock(slots=tuple(self._slots.values()))

    def update(self, counts: Mapping[str, Count], owed: Sequence[str]) -> None:
        """Renew the slots in `counts`. `owed` names the slot of each vend that could not be recorded."""
        self._counts.update(counts)
        stale = {*counts, *self._owed, *owed}
        self._owed = tuple(owed)
        for name in stale & self._plan.keys():
            self._slots[name] = self._picture(self._plan[name], self._counts[name], owed.count(name))
        self.stock = Stock(slots=tuple(self._slots.values()))

    def slot(self, slot: str) -> SlotStock:
        """Return one slot. Raises NotFoundError."""
        if found := self._slots.get(slot):
            return found
        raise NotFoundError(f"This kiosk has no slot {slot!r}.")

    def _picture(self, slot: Slot, count: Count, unrecorded: int) -> SlotStock:
        product = self._products[slot.product]
        unrecorded = min(unrecorded, count.on_hand)
        unresolved = count.unresolved + unrecorded
        return SlotStock(
            slot=slot.id,
            sku=slot.product,
            product=product.name,
            pictogram=product.pictogram,
            essential=product.essential,
            capacity=slot.capacity,
            par=slot.par,
            on_hand=count.on_hand - unrecorded,
            unresolved=unresolved,
            jams=count.jams,
            version=count.version,
            faults=words.slot_faults(slot.id, count.jams, unresolved),
        )
