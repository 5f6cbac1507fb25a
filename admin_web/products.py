"""The products of this kiosk, as far as its slots tell. Pure."""

from __future__ import annotations

import dataclasses

from kiosk.model import SlotStock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Known:
    """A product and the slots that hold it."""

    sku: str
    name: str
    pictogram: str
    essential: bool
    hidden: bool
    slots: tuple[str, ...]


def known(slots: tuple[SlotStock, ...]) -> list[Known]:
    """Return every product that a slot is for, by name."""
    found: dict[str, list[SlotStock]] = {}
    for slot in slots:
        found.setdefault(slot.sku, []).append(slot)
    products = [
        Known(
            sku=sku,
            name=held[0].product,
            pictogram=held[0].pictogram,
            essential=held[0].essential,
            hidden=held[0].hidden,
            slots=tuple(slot.slot for slot in held),
        )
        for sku, held in found.items()
    ]
    return sorted(products, key=lambda product: (product.name.casefold(), product.sku))


def choices(slots: tuple[SlotStock, ...]) -> list[tuple[str, str]]:
    """Return every product as a choice of a form: its sku and its name."""
    return [(product.sku, product.name) for product in known(slots)]


def others(slots: tuple[SlotStock, ...], stock: SlotStock) -> list[tuple[str, str]]:
    """Return the products that a slot is not for, as choices."""
    return [(sku, name) for sku, name in choices(slots) if sku != stock.sku]


def name_of(slots: tuple[SlotStock, ...], sku: str | None) -> str:
    """Return a product's name; its sku when no slot is for it any more, "any product" for None."""
    return dict(choices(slots)).get(sku, sku) if sku else "any product"
