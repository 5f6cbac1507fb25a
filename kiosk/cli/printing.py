"""How answers are printed: tables and sentences for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click
import msgspec

from kiosk.model import Fault, SlotStock


def print_json(value: object) -> None:
    """Print structs, or lists and dictionaries of them, as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their heading, each column as wide as its widest cell."""
    lines = [heading, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def sentence(fault: Fault) -> str:
    """Return what to tell staff about a fault, with its place in front."""
    return fault.text if fault.text.startswith(fault.where) else f"{fault.where}: {fault.text}"


def amount(slot: SlotStock) -> str:
    """Return what is in a slot: `5`, or `5 to 6` while something is unresolved."""
    if slot.unresolved:
        return f"{slot.on_hand} to {slot.on_hand + slot.unresolved}"
    return str(slot.on_hand)
