"""Say what a kiosk would run with, and nobody is likely to want."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.config.mistakes import said
from kiosk.config.settings import Config
from kiosk.config.shelves import Drivers
from kiosk.config.validate import Mistake


def warnings(config: Config, text: str, drivers: Drivers) -> list[str]:
    """Return what is worth a look in a configuration without mistakes, each with its place in `text`, the file."""
    found = (*_inessential(config), *_out_of_reach(config), *_unseen(config, drivers), *_unreported(config))
    return said(found, (), text)


def _inessential(config: Config) -> Iterator[Mistake]:
    if not any(product.essential for product in config.products):
        yield Mistake("products", "none is essential. Set essential = true for naloxone, so that nothing keeps it in.")


def _out_of_reach(config: Config) -> Iterator[Mistake]:
    """Give each product that is in a slot, and that no button, number or machine's key stands for."""
    reached = {part.product for part in config.inputs}
    signs = [set(part.options.signs()) for part in config.inputs]
    for slot in config.slots:
        typed = [set(text) for text in (slot.id, "" if slot.number is None else str(slot.number)) if text]
        if slot.options.chosen_there or any(text <= keys for text in typed for keys in signs):
            reached.add(slot.product)
    held = {slot.product for slot in config.slots}
    for index, product in enumerate(config.products):
        if product.sku in held - reached and not product.hidden:
            yield Mistake(
                f"products[{index}]",
                f"nobody can ask for {product.name}. Give it a button in [[inputs]], or its slots a number that a "
                "keypad has.",
            )


def _unseen(config: Config, drivers: Drivers) -> Iterator[Mistake]:
    falling = [slot for slot in config.slots if slot.driver not in drivers.names("lock")]
    if any(part.options.sees_drops for part in config.sensors):
        return
    if any(not slot.options.sees_drops for slot in falling):
        yield Mistake(
            "sensors",
            "nothing sees an item fall, so no vend is certain and nothing is tried again after a jam. Add a drop "
            "sensor, such as drop_beam.",
        )


def _unreported(config: Config) -> Iterator[Mistake]:
    if not config.telemetry.host:
        yield Mistake("telemetry.host", "is not set, so stock is reported to nobody. Set it, or look at the kiosk.")
