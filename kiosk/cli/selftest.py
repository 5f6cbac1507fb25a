"""Try the machine out, slot by slot."""

from __future__ import annotations

import click

from kiosk.cli.following import follow
from kiosk.cli.group import FAILED, confirm, example, json_option, socket_option, yes_option
from kiosk.cli.printing import print_json, sentence
from kiosk.control.client import Client
from kiosk.model import Purpose, VendRequest, new_request_id


@click.command()
@socket_option
@yes_option
@json_option
@example("kiosk selftest")
def selftest(client: Client, yes: bool, as_json: bool) -> None:
    """Turn every slot once and tell what is wrong, slot by slot: motors turn and items may drop."""
    confirm("Every motor turns once; what drops is counted as taken out. Keep hands out of the machine.", yes=yes)
    results = []
    for slot in client.stock().slots:
        request = VendRequest(id=new_request_id(), slot=slot.slot, purpose=Purpose.TEST)
        results.append(follow(client, request, quiet=as_json))
    faults = client.state().faults
    if as_json:
        print_json({"slots": results, "faults": faults})
    for fault in () if as_json else faults:
        click.echo(sentence(fault))
    if faults:
        raise SystemExit(FAILED)
    if not as_json:
        click.echo("Everything answers.")
