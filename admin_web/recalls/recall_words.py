"""Which items of a kiosk a recalled lot is. Pure."""

from __future__ import annotations

import dataclasses

from admin_web.words import hangs
from kiosk.model import CoilLot, SlotStock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Met:
    """Items of one slot that a recall is about. `part` is the part of the kit that has the lot; empty for the item."""

    slot: str
    product: str
    essential: bool
    quantity: int
    part: str


def met(slots: tuple[SlotStock, ...], lot: str, sku: str | None) -> list[Met]:
    """Return what is inside of a lot, as it is printed, of one product or of any; for people to see, not to decide."""
    return [
        Met(
            slot=slot.slot,
            product=slot.product,
            essential=slot.essential,
            quantity=held.quantity,
            part=_part(held, lot),
        )
        for slot in sorted(slots, key=lambda slot: hangs(slot.slot))
        if not sku or slot.sku == sku
        for held in slot.lots
        if _same(held.lot, lot) or _part(held, lot)
    ]


def _part(held: CoilLot, lot: str) -> str:
    """Return the name of the kit's part that has the lot; empty when the item itself has it, or none."""
    if _same(held.lot, lot):
        return ""
    return next((part.name for part in held.parts if _same(part.lot, lot)), "")


def _same(one: str | None, other: str) -> bool:
    """Compare lots as the kiosk does: case, spaces and dashes do not matter."""
    return one is not None and _plain(one) == _plain(other)


def _plain(lot: str) -> str:
    return "".join(letter for letter in lot.upper() if letter.isalnum())
