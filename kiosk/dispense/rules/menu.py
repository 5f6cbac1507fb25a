"""What may be had now, as a visitor sees it before asking. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from kiosk.config import Product
from kiosk.dispense.rules.choose import candidates
from kiosk.model import Availability, Menu, MenuItem, Refusal, RefusalCode, SlotStock


def menu(
    products: Iterable[Product],
    slots: Iterable[SlotStock],
    resting: Container[str],
    refusal: Callable[[Product], Refusal | None],
) -> Menu:
    """Return every product that is offered and that a slot is meant for.

    `resting` names slots that rest, and `refusal` says which rule keeps a product from whoever asks now.
    """
    held: dict[str, list[SlotStock]] = {}
    for slot in slots:
        held.setdefault(slot.sku, []).append(slot)
    offered = (product for product in products if any(not slot.hidden for slot in held.get(product.sku, ())))
    return Menu(items=tuple(_item(product, held[product.sku], resting, refusal(product)) for product in offered))


def _item(product: Product, held: list[SlotStock], resting: Container[str], refusal: Refusal | None) -> MenuItem:
    left = sum(slot.on_hand + slot.unresolved for slot in held)
    if not (left and candidates(held, product, resting)):
        availability = Availability.OUT
        refusal = None if product.essential else Refusal(code=RefusalCode.STUCK if left else RefusalCode.SOLD_OUT)
    elif refusal is not None:
        availability = Availability.REFUSED
    else:
        low = sum(slot.on_hand for slot in held) < max(1, sum(slot.par for slot in held))
        availability = Availability.LOW if low else Availability.IN
    return MenuItem(
        sku=product.sku,
        name=product.name,
        description=product.description,
        category=product.category,
        pictogram=product.pictogram,
        picture=product.picture,
        essential=product.essential,
        units=product.units,
        availability=availability,
        refusal=refusal.code if refusal else None,
        wait_s=refusal.wait_s if refusal else None,
        opens=refusal.opens if refusal else None,
    )
