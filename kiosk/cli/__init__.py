"""The `kiosk` command: run the daemon, check its configuration, and ask the running kiosk.

One file a subject. A command's file is imported when the command is used, so that `kiosk stock` loads no driver and
`kiosk run` nothing that it does not need.
"""

from __future__ import annotations

import click

from kiosk import __version__
from kiosk.cli.group import Group

PLACES = {
    "run": "kiosk.cli.run:run",
    "check-config": "kiosk.cli.run:check_config",
    "show-config": "kiosk.cli.run:show_config",
    "outputs-off": "kiosk.cli.outputs:outputs_off",
    "wiring": "kiosk.cli.wiring:wiring",
    "status": "kiosk.cli.queries:status",
    "stock": "kiosk.cli.queries:stock",
    "events": "kiosk.cli.queries:events",
    "vend": "kiosk.cli.queries:vend",
    "export": "kiosk.cli.export:export",
    "selftest": "kiosk.cli.selftest:selftest",
    "admin-code": "kiosk.cli.staff:admin_code",
    "new-code": "kiosk.cli.staff:new_code",
    "new-code-key": "kiosk.cli.staff:new_code_key",
    "recall": "kiosk.cli.staff:recall",
    "recalls": "kiosk.cli.staff:recalls",
    "lift-recall": "kiosk.cli.staff:lift_recall",
}
"""Where each command is: its module and its name there."""


@click.group(cls=Group, places=PLACES)
@click.version_option(__version__, prog_name="kiosk")
def main() -> None:
    """Run a harm-reduction kiosk and ask it how it is."""
