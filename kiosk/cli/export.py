"""Hand the kiosk's numbers over in the forms that other software reads."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kiosk.cli.group import Group, example, socket_option
from kiosk.clock import HOUR_S
from kiosk.control.client import Client
from kiosk.errors import KioskError
from kiosk.export.audit_file import audit_file
from kiosk.export.evadts import read


@click.command("evadts")
@socket_option
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; without it the text is printed.")
@example("kiosk export evadts --output /media/stick/kiosk.dex")
def evadts(client: Client, output: Path | None) -> None:
    """Write the vending trade's audit file (EVA-DTS, "DEX"): what each slot gave out, and what is wrong."""
    written = audit_file(client.audit(), client.stock(), client.state(), int(time.time() // HOUR_S))
    if output is None:
        click.echo(written, nl=False)
        return
    try:
        output.write_bytes(written)
        lines = len(read(output.read_bytes()))
    except OSError as error:
        raise KioskError(f"{output} could not be written: {error.strerror}. Check the path, or the stick.") from error
    click.echo(f"{output} is written: {lines} lines about {client.state().kiosk}, read back whole.")


@click.group(cls=Group, commands=[evadts])
@example("kiosk export evadts --output /media/stick/kiosk.dex")
def export() -> None:
    """Write the kiosk's numbers in a form that other software reads."""
