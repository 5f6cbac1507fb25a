"""What staff do from the keyboard: sign-ins, anonymous codes and recalls."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli.group import example, json_option, socket_option
from kiosk.cli.printing import print_json, print_table
from kiosk.control.client import Client
from kiosk.model import Recall, RecallRequest, new_request_id


@click.command("admin-code")
@socket_option
@example("kiosk admin-code")
def admin_code(client: Client) -> None:
    """Make a one-time code with which one person makes a staff sign-in."""
    made = client.make_admin_code()
    click.echo(f"{made.code}\nGood once, for {made.valid_s // 60} minutes. An earlier code is void now.")


@click.command("new-code")
@socket_option
@example("kiosk new-code")
def new_code(client: Client) -> None:
    """Make an anonymous code, four easy words, for a visitor; nothing of it is kept."""
    made = client.new_code()
    click.echo(f"{made.code}\nGood until {made.until.isoformat()}, at every kiosk of the programme.")


@click.command("new-code-key")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@example("kiosk new-code-key /etc/kiosk/codes.key")
def new_code_key(path: Path) -> None:
    """Make the secret key that all kiosks of a programme share, so that each knows the others' codes."""
    from kiosk.config.keys import save_new_key

    save_new_key(path)
    click.echo(f"{path} is made. Copy it to every kiosk of the programme, and to nobody else.")


@click.command()
@click.argument("lot")
@click.option("--product", "sku", help="Only this product (sku).")
@socket_option
@json_option
@example("kiosk recall 7K2213")
def recall(lot: str, sku: str | None, client: Client, as_json: bool) -> None:
    """Lock a lot in every coil, as a lot of a product or of a part of a kit, now and when it is put in later."""
    made = client.recall(RecallRequest(id=new_request_id(), lot=lot, sku=sku))
    if as_json:
        print_json(made)
        return
    where = f"{made.quantity} in {', '.join(made.slots)}: take them out" if made.slots else "none here now"
    click.echo(f"Lot {made.lot} is locked, {where}. To end it: kiosk lift-recall {made.id}")


@click.command()
@socket_option
@json_option
@example("kiosk recalls")
def recalls(client: Client, as_json: bool) -> None:
    """Show every recall, newest first."""
    found = client.recalls().recalls
    if as_json:
        print_json({"recalls": found})
    elif found:
        rows = [(made.lot, made.sku or "every", made.hour, _standing(made), made.id) for made in found]
        print_table(("lot", "product", "since", "inside", "id"), rows)
    else:
        click.echo("No lot was ever recalled here.")


def _standing(made: Recall) -> str:
    if made.lifted:
        return "lifted"
    return f"{made.quantity} in {', '.join(made.slots)}" if made.slots else "none"


@click.command("lift-recall")
@click.argument("recall_id", metavar="ID")
@socket_option
@example("kiosk lift-recall 3f1c9a52-8a0e-4f0a-9a55-2f4f5c1f9b7e")
def lift_recall(recall_id: str, client: Client) -> None:
    """End a recall: its lots are given out again."""
    click.echo(f"The recall of lot {client.lift_recall(recall_id).lot} is lifted.")
