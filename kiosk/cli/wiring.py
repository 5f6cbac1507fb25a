"""Which wire goes where, for whoever holds the screwdriver."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from kiosk.cli.group import config_option, example
from kiosk.cli.printing import print_table
from kiosk.config import load
from kiosk.errors import KioskError
from kiosk.hardware import registry
from kiosk.wiring import Hub, Plan, draw, plan


@click.command()
@config_option
@click.option("--svg", type=click.Path(path_type=Path), help="Draw it into this file, to print or to look at.")
@example("kiosk wiring --svg wiring.svg")
def wiring(config_path: Path, svg: Path | None) -> None:
    """Show which wire goes where: each pin of the header, and each board with what hangs on it."""
    # The drivers are opened on paper only, where no port answers: what they say of that is of no interest.
    logging.getLogger("kiosk").addHandler(logging.NullHandler())
    config = load(config_path, registry)
    found = plan(config)
    _print_pins(found)
    for hub in found.hubs:
        _print_hub(hub)
    for sentence in found.refused:
        click.echo(f"\nThis will not work. {sentence}")
    if svg is not None:
        try:
            svg.write_text(draw(found, f"Wiring of {config.kiosk.id}"), encoding="utf-8")
        except OSError as error:
            raise KioskError(f"{svg} could not be written: {error.strerror}. Check the path.") from error
        click.echo(f"\n{svg} is drawn.")


def _print_pins(found: Plan) -> None:
    if not found.wires:
        click.echo("Nothing hangs on the pins of the header: all of them are free.")
        return
    rows = [
        (str(wire.header), str(wire.gpio), wire.part, wire.role, wire.direction, wire.active, wire.pull)
        for wire in found.wires
    ]
    print_table(("pin", "GPIO", "part", "wire", "direction", "active", "pulled"), rows)
    click.echo(f"\nFree: GPIO {', '.join(map(str, found.free())) or 'none'}")


def _print_hub(hub: Hub) -> None:
    click.echo(f"\n{hub.name}: {hub.driver}{' on ' + hub.device if hub.device else ', on the header'}")
    if hub.branches:
        print_table(("part", "where"), hub.branches)
