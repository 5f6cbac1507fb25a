"""Run the daemon, and look at its configuration."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path

import click

from kiosk import sdnotify, threads
from kiosk.cli.group import config_option, example, last_good_option
from kiosk.config import keep, load, load_or_last_good, show, warnings
from kiosk.hardware import registry

log = logging.getLogger(__name__)


@click.command()
@config_option
@last_good_option
@click.option("--log-level", default="INFO", show_default=True, type=click.Choice(["DEBUG", "INFO", "WARNING"]))
@example("kiosk run --config /etc/kiosk/kiosk.toml")
def run(config_path: Path, last_good: Path | None, log_level: str) -> None:
    """Run the kiosk until it is told to stop; a press may move metal from then on."""
    sdnotify.starting()
    from kiosk.daemon import Daemon

    logging.basicConfig(level=log_level, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    loaded = load_or_last_good(config_path, last_good, registry)
    daemon = Daemon(loaded.config)
    if loaded.mistakes:
        daemon.note_mistakes(config_path, loaded.mistakes)
    daemon.obey_signals()
    try:
        daemon.start()
        if last_good is not None and not loaded.mistakes:
            # In a thread of its own: its disk may hang.
            threads.start("settings", lambda: keep(loaded.text, last_good))
        # What start-up made stays until the end: the collector need not look at it again, least of all in a vend.
        gc.collect()
        gc.freeze()
        daemon.run()
    finally:
        daemon.stop()
        if daemon.hangs:
            log.error("The disk did not answer at the stop, so what waited for it is lost. Count every slot.")
            threads.end_process()


@click.command("check-config")
@click.argument("config_path", type=click.Path(path_type=Path), default=Path("/etc/kiosk/kiosk.toml"))
@example("kiosk check-config /etc/kiosk/kiosk.toml")
def check_config(config_path: Path) -> None:
    """Report every mistake in a configuration at once, or what is worth a look; exit status 2 if there is a mistake."""
    config, text, _ = load_or_last_good(config_path, None, registry)
    counted = ((len(config.slots), "slot"), (len(config.products), "product"))
    said = ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counted)
    click.echo(f"{config_path} is good: {said}.")
    for warning in warnings(config, text, registry):
        click.echo(f"Worth a look: {warning}")


@click.command("show-config")
@click.argument("config_path", type=click.Path(path_type=Path), default=Path("/etc/kiosk/kiosk.toml"))
@example("kiosk show-config /etc/kiosk/kiosk.toml")
def show_config(config_path: Path) -> None:
    """Print every setting as it takes effect, defaults included and secrets masked."""
    click.echo(show(load(config_path, registry)))
