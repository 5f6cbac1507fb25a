"""What the commands share: how they are found, how their errors read, and the options that many of them take."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from kiosk.errors import ConfigError, KioskError

T = TypeVar("T", bound=Callable[..., Any])

BAD_CONFIG = 2
"""Exit status for mistakes in kiosk.toml, and for wrong options."""

FAILED = 1


class Group(click.Group):
    """Commands that are imported when they are used, and whose errors are one sentence, without a traceback."""

    def __init__(self, *args: Any, places: Mapping[str, str] | None = None, **settings: Any) -> None:
        """Prepare. `places` gives each command's module and name there, as `package.module:function`."""
        super().__init__(*args, **settings)
        self._places = dict(places or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, sorted."""
        return sorted({*super().list_commands(ctx), *self._places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if it was not yet."""
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._places[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn an error of ours into its sentence and an exit status."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for mistake in error.mistakes:
                click.echo(mistake, err=True)
            count = len(error.mistakes)
            click.echo(f"{count} {'mistake' if count == 1 else 'mistakes'}. Nothing was started.", err=True)
            ctx.exit(BAD_CONFIG)
        except KioskError as error:
            click.echo(str(error), err=True)
            ctx.exit(FAILED)


def _client(_ctx: click.Context, _param: click.Parameter, path: str) -> Any:
    from kiosk.control.client import Client

    return Client(path)


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("/etc/kiosk/kiosk.toml"),
    show_default=True,
    help="The kiosk's configuration.",
)
last_good_option = click.option(
    "--last-good",
    type=click.Path(path_type=Path),
    help="Where the last settings that worked are kept; they are used while the configuration has mistakes.",
)
socket_option = click.option(
    "--socket",
    "client",
    default="/run/kiosk/control.sock",
    show_default=True,
    envvar="KIOSK_SOCKET",
    callback=_client,
    help="The running kiosk's control socket.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask before metal moves.")


def example(line: str) -> Callable[[T], T]:
    """Give a command the one line to paste that its help ends with."""

    def add(function: T) -> T:
        function.__doc__ = f"{function.__doc__}\n\n\b\nExample:\n  {line}"
        return function

    return add


def confirm(what: str, *, yes: bool) -> None:
    """Ask before metal moves; where nobody can answer, demand --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} Nobody can be asked here: add --yes to do it.")
    click.confirm(f"{what} Go on?", abort=True)
