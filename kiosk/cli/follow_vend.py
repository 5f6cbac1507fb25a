"""Ask for a vend and follow it to its end."""

from __future__ import annotations

import click

from kiosk.control.client import Client
from kiosk.model import Vend, VendRequest, VendState

WAIT_S = 0.5
"""How long one question about a vend is held back, in seconds: so soon each new sentence is shown."""


def follow(client: Client, request: VendRequest, *, quiet: bool = False) -> Vend:
    """Ask for a vend and show each new sentence until it is over, unless `quiet`. Raises what the client raises."""
    vend_now, said = client.vend(request), ""
    while True:
        if vend_now.message != said and not quiet:
            said = vend_now.message
            click.echo(f"{vend_now.slot or request.slot or request.sku}: {said}")
        if vend_now.state is VendState.DONE:
            if vend_now.warning and not quiet:
                click.echo(vend_now.warning)
            return vend_now
        vend_now = client.wait_vend(request.id, WAIT_S)
