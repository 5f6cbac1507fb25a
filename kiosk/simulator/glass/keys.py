"""The keypads of the simulated machine: which keys there are, and what to type for each slot. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.config import Config, Input

ENTER = "Enter"
USB_ROWS = ("123", "456", "789", "0")
"""The digits of a USB keypad, as they lie on a telephone."""


def pads(config: Config) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """Give each keypad that is drawn with its keys, row by row: those on pins, or else the first on USB.

    A second device on USB is a scanner more likely than a second keypad, and is typed at as a whole.
    """
    on_pins = [part for part in config.inputs if part.driver == "gpio_keypad"]
    on_usb = [part for part in config.inputs if part.driver == "usb_keypad"]
    for part in on_pins or on_usb[:1]:
        yield part.name, tuple(_rows(part))


def _rows(part: Input) -> Iterator[tuple[str, ...]]:
    if part.driver == "usb_keypad":
        *rows, last = (tuple(row) for row in USB_ROWS)
        yield from rows
        yield (*last, ENTER)
        return
    columns = len(part.options.column_pins)
    for row in part.options.keys[: len(part.options.row_pins)]:
        yield tuple(row[:columns])


def numbers(config: Config) -> dict[str, int | None]:
    """Return what a visitor types for each slot where that is not its id; nothing where there is no keypad."""
    typed = any(pads(config))
    return {slot.id: slot.number if typed else None for slot in config.slots}
