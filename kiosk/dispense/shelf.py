"""What is in every slot, as everybody may read it at any time: an immutable picture that the vend thread renews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiosk.config import Config
from kiosk.dispense import words
from kiosk.dispense.ledger import Count
from kiosk.errors import NotFoundError
from kiosk.model import SlotStock, Stock


class Shelf:
    """The slots of the configuration with their counts from the ledger."""

    def __init__(self, config: Config, counts: Mapping[str, Count]) -> None:
        self._config = config
        self._products = {product.sku: product for product in config.products}
        self.stock = Stock(slots=())
        self.update(counts, ())

    def update(self, counts: Mapping[str, Count], owed: Sequence[str]) -> None:
        """Replace the picture. `owed` names the slot of each vend that could not be recorded."""
        self._counts = counts
        self.stock = Stock(slots=tuple(self._slot(index, owed) for index in range(len(self._config.slots))))

    def slot(self, slot: str) -> SlotStock:
        """Return one slot. Raises NotFoundError."""
        for found in self.stock.slots:
            if found.slot == slot:
                return found
        raise NotFoundError(f"This kiosk has no slot {slot!r}.")

    def _slot(self, index: int, owed: Sequence[str]) -> SlotStock:
        slot = self._config.slots[index]
        product, count = self._products[slot.product], self._counts[slot.id]
        unrecorded = min(owed.count(slot.id), count.on_hand)
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
