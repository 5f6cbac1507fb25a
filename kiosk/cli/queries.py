"""Ask the running kiosk: what is in it, what happened, and for an item."""

from __future__ import annotations

import click

from kiosk.cli.follow_vend import follow
from kiosk.cli.group import FAILED, confirm, example, json_option, socket_option, yes_option
from kiosk.cli.printing import amount, print_json, print_table, sentence
from kiosk.control.client import Client
from kiosk.model import KioskState, Outcome, VendRequest, new_request_id


@click.command()
@socket_option
@json_option
@example("kiosk stock")
def stock(client: Client, as_json: bool) -> None:
    """Show what is in every slot, and below it every fault that waits for a person."""
    found = client.stock()
    if as_json:
        print_json(found)
        return
    rows = [(slot.slot, slot.product, amount(slot), str(slot.capacity)) for slot in found.slots]
    print_table(("slot", "product", "inside", "holds"), rows)
    _tell_faults(client.state())


@click.command()
@socket_option
@json_option
@example("kiosk status")
def status(client: Client, as_json: bool) -> None:
    """Show how the kiosk is: what drives its pins, its readings and its faults."""
    state = client.state()
    if as_json:
        print_json(state)
        return
    door = {None: "none", True: "open", False: "closed"}[state.door_open]
    rows = [("kiosk", f"{state.kiosk}, {state.site}"), ("software", state.software), ("pins", state.pins)]
    rows += [("door", door), ("telemetry", state.telemetry.text)]
    rows += [(reading.name, reading.text) for reading in state.readings]
    print_table(("what", "how it is"), rows)
    _tell_faults(state)


def _tell_faults(state: KioskState) -> None:
    if state.faults:
        click.echo()
    for fault in state.faults:
        click.echo(sentence(fault))


@click.command()
@click.argument("what", metavar="SLOT-or-PRODUCT")
@socket_option
@yes_option
@example("kiosk vend A1")
def vend(what: str, client: Client, yes: bool) -> None:
    """Give out one item from a slot or of a product: a motor turns."""
    confirm(f"A motor turns and an item of {what} drops.", yes=yes)
    slots = {slot.slot for slot in client.stock().slots}
    by_slot = what in slots
    request = VendRequest(id=new_request_id(), slot=what if by_slot else None, sku=None if by_slot else what)
    done = follow(client, request)
    if done.outcome not in (Outcome.DISPENSED, Outcome.PRESUMED):
        raise SystemExit(FAILED)


@click.command()
@socket_option
@json_option
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@example("kiosk events --limit 50")
def events(client: Client, as_json: bool, limit: int) -> None:
    """Show what happened lately, newest first; times are hours."""
    found = client.events(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ("number", "hour", "slot", "product", "what"),
        [
            (
                str(event.seq).rjust(len("number")),
                event.hour + ("" if event.clock_ok else " (clock not set)"),
                event.slot or "",
                event.sku or "",
                event.text,
            )
            for event in found.events
        ],
    )
