"""Switch every output off while no kiosk runs. systemd does this after each stop, so that nothing is left turning."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from kiosk.cli.group import FAILED, config_option, example, last_good_option
from kiosk.config import Config, SerialOptions, load_or_last_good
from kiosk.errors import RunningError
from kiosk.hardware import registry
from kiosk.hardware.api import Board, Controller, Selector
from kiosk.hardware.machine import Machine
from kiosk.sole import hold

FOUND_S = 1.0
"""A serial port whose device is plugged in is open within so many seconds."""
LOOK_S = 0.02


@click.command("outputs-off")
@config_option
@last_good_option
@example("kiosk outputs-off")
def outputs_off(config_path: Path, last_good: Path | None) -> None:
    """Switch every output off while the kiosk is not running; systemd does this after each stop."""
    from kiosk.hardware.pins import open_board

    config = load_or_last_good(config_path, last_good, registry).config
    with _no_kiosk(Path(config.paths.state)):
        troubles = switch_off(config, open_board(config))
    for name, why in troubles.items():
        click.echo(why if name in why else f"{name}: {why}", err=True)
    if troubles:
        click.echo("What could be reached is off; what is named above may still be on.", err=True)
        raise SystemExit(FAILED)
    click.echo("Every output that could be reached is off.")


def switch_off(config: Config, board: Board) -> dict[str, str]:
    """Switch off all that can be reached; return for each part that could not, by its name, a sentence for staff.

    Raises nothing for a part. All that hangs on pins is off before the first serial line is opened.
    """
    machine = Machine.open(config, board)
    troubles = dict(machine.broken)
    try:
        troubles |= _faults(machine.controllers, FOUND_S)
    finally:
        machine.close()
    # Only now a board has told whether it took the order to switch its relays off. A machine with a keypad works its
    # own motors, and is silent as we take no part any more.
    serial = (part.name for part in config.controllers if isinstance(part.options, SerialOptions))
    boards = {name: machine.controllers[name] for name in serial if name in machine.controllers}
    told = {name: part for name, part in boards.items() if not isinstance(part, Selector)}
    return _faults(told, 0.0) | troubles


@contextmanager
def _no_kiosk(state: Path) -> Iterator[None]:
    """Keep a kiosk from starting meanwhile. Raises RunningError while one runs, or while nobody can tell."""
    release = _nothing
    try:
        release = hold(state)
    except PermissionError as error:
        raise RunningError(
            f"You may not look in {state} whether the kiosk is running. Nothing was switched: use sudo."
        ) from error
    except RunningError as error:
        raise RunningError(
            "The kiosk is running and holds the outputs, so nothing was switched. "
            "Stop it first: sudo systemctl stop kiosk"
        ) from error
    except OSError:
        pass  # no kiosk was ever started here, or its disk is away: then off is the safer thing
    try:
        yield
    finally:
        release()


def _nothing() -> None:
    """Release nothing."""


def _faults(controllers: Mapping[str, Controller], patience_s: float) -> dict[str, str]:
    """Return what is wrong with these controllers, once nothing is or `patience_s` seconds are over."""
    give_up = time.monotonic() + patience_s
    while True:
        wrong = {name: why for name, part in controllers.items() if (why := part.fault())}
        if not wrong or time.monotonic() >= give_up:
            return wrong
        time.sleep(LOOK_S)
