"""The `kiosk` command: run the daemon, check its configuration, and ask the running kiosk."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from kiosk import __version__
from kiosk.config import Config, keep, load, load_or_last_good, show
from kiosk.config.keys import save_new_key
from kiosk.control.client import Client
from kiosk.errors import ConfigError, KioskError
from kiosk.hardware import registry
from kiosk.model import Outcome, Purpose, RecallRequest, SlotStock, Vend, VendRequest, VendState, new_request_id

T = TypeVar("T", bound=Callable[..., Any])

BAD_CONFIG = 2
"""Exit status for mistakes in kiosk.toml, and for wrong options."""

FAILED = 1


class Group(click.Group):
    """Commands whose errors are one sentence, without a traceback."""

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
    callback=lambda _ctx, _param, value: Client(value),
    help="The running kiosk's control socket.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask before metal moves.")


def _example(line: str) -> Callable[[T], T]:
    """Give a command the one line to paste that its help ends with."""

    def add(function: T) -> T:
        function.__doc__ = f"{function.__doc__}\n\n\b\nExample:\n  {line}"
        return function

    return add


@click.group(cls=Group)
@click.version_option(__version__, prog_name="kiosk")
def main() -> None:
    """Run a harm-reduction kiosk and ask it how it is."""


@main.command()
@config_option
@last_good_option
@click.option("--log-level", default="INFO", show_default=True, type=click.Choice(["DEBUG", "INFO", "WARNING"]))
@_example("kiosk run --config /etc/kiosk/kiosk.toml")
def run(config_path: Path, last_good: Path | None, log_level: str) -> None:
    """Run the kiosk until it is told to stop; a press may move metal from then on."""
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
            keep(loaded.text, last_good)
        # What start-up made stays until the end: the collector need not look at it again, least of all in a vend.
        gc.collect()
        gc.freeze()
        daemon.run()
    finally:
        daemon.stop()


@main.command("check-config")
@click.argument("config_path", type=click.Path(path_type=Path), default=Path("/etc/kiosk/kiosk.toml"))
@_example("kiosk check-config /etc/kiosk/kiosk.toml")
def check_config(config_path: Path) -> None:
    """Tell every mistake in a configuration at once; exit status 2 if there is one."""
    config = load(config_path, registry)
    click.echo(f"{config_path} is good: {len(config.slots)} slots, {len(config.products)} products.")


@main.command("show-config")
@click.argument("config_path", type=click.Path(path_type=Path), default=Path("/etc/kiosk/kiosk.toml"))
@_example("kiosk show-config /etc/kiosk/kiosk.toml")
def show_config(config_path: Path) -> None:
    """Print every setting as it takes effect, defaults included and secrets masked."""
    click.echo(show(load(config_path, registry)))


@main.command()
@socket_option
@json_option
@_example("kiosk stock")
def stock(client: Client, as_json: bool) -> None:
    """Show what is in every slot."""
    found = client.stock()
    if as_json:
        _print_json(found)
        return
    for slot in found.slots:
        click.echo(
            f"{slot.slot:<4} {slot.product:<28} {_amount(slot):>8} of {slot.capacity:<4}{'; '.join(slot.faults)}"
        )


@main.command()
@click.argument("what", metavar="SLOT-or-PRODUCT")
@socket_option
@yes_option
@_example("kiosk vend A1")
def vend(what: str, client: Client, yes: bool) -> None:
    """Give out one item from a slot or of a product: a motor turns."""
    _confirm(f"A motor turns and an item of {what} drops.", yes)
    slots = {slot.slot for slot in client.stock().slots}
    by_slot = what in slots
    request = VendRequest(id=new_request_id(), slot=what if by_slot else None, sku=None if by_slot else what)
    done = _follow(client, request)
    if done.outcome not in (Outcome.DISPENSED, Outcome.PRESUMED):
        raise SystemExit(FAILED)


@main.command()
@socket_option
@yes_option
@json_option
@_example("kiosk selftest")
def selftest(client: Client, yes: bool, as_json: bool) -> None:
    """Turn every slot once and tell what is wrong, slot by slot: motors turn and items may drop."""
    _confirm("Every motor turns once; what drops is counted as taken out. Keep hands out of the machine.", yes)
    results = []
    for slot in client.stock().slots:
        request = VendRequest(id=new_request_id(), slot=slot.slot, purpose=Purpose.TEST)
        done = _follow(client, request, quiet=as_json)
        results.append(done)
    faults = client.state().faults
    if as_json:
        _print_json({"slots": results, "faults": faults})
    for fault in () if as_json else faults:
        click.echo(f"{fault.where}: {fault.text}")
    if faults:
        raise SystemExit(FAILED)
    if not as_json:
        click.echo("Everything answers.")


@main.command()
@socket_option
@json_option
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@_example("kiosk events --limit 50")
def events(client: Client, as_json: bool, limit: int) -> None:
    """Show what happened lately, newest first; times are hours."""
    found = client.events(limit)
    if as_json:
        _print_json(found)
        return
    for event in found.events:
        doubt = "" if event.clock_ok else " (clock not set)"
        click.echo(f"{event.seq:>6}  {event.hour}{doubt}  {event.slot or '':<4} {event.sku or '':<12} {event.text}")


@main.command("admin-code")
@socket_option
@_example("kiosk admin-code")
def admin_code(client: Client) -> None:
    """Make a one-time code with which one person makes a staff sign-in."""
    made = client.make_admin_code()
    click.echo(f"{made.code}\nGood once, for {made.valid_s // 60} minutes. An earlier code is void now.")


@main.command("new-code")
@socket_option
@_example("kiosk new-code")
def new_code(client: Client) -> None:
    """Make an anonymous code, four easy words, for a visitor; nothing of it is kept."""
    made = client.new_code()
    click.echo(f"{made.code}\nGood until {made.until.isoformat()}, at every kiosk of the programme.")


@main.command("new-code-key")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@_example("kiosk new-code-key /etc/kiosk/codes.key")
def new_code_key(path: Path) -> None:
    """Make the secret key that all kiosks of a programme share, so that each knows the others' codes."""
    save_new_key(path)
    click.echo(f"{path} is made. Copy it to every kiosk of the programme, and to nobody else.")


@main.command()
@click.argument("lot")
@click.option("--product", "sku", help="Only this product (sku).")
@socket_option
@json_option
@_example("kiosk recall 7K2213")
def recall(lot: str, sku: str | None, client: Client, as_json: bool) -> None:
    """Lock a lot in every coil, as a lot of a product or of a part of a kit, now and when it is put in later."""
    made = client.recall(RecallRequest(id=new_request_id(), lot=lot, sku=sku))
    if as_json:
        _print_json(made)
        return
    where = f"{made.quantity} in {', '.join(made.slots)}: take them out" if made.slots else "none here now"
    click.echo(f"Lot {made.lot} is locked, {where}. To end it: kiosk lift-recall {made.id}")


@main.command()
@socket_option
@json_option
@_example("kiosk recalls")
def recalls(client: Client, as_json: bool) -> None:
    """Show every recall, newest first."""
    found = client.recalls()
    if as_json:
        _print_json(found)
        return
    for made in found.recalls:
        state = (
            "lifted" if made.lifted else f"{made.quantity} in {', '.join(made.slots)}" if made.slots else "none here"
        )
        click.echo(f"{made.id}  {made.hour}  lot {made.lot}{f' of {made.sku}' if made.sku else ''}: {state}")


@main.command("lift-recall")
@click.argument("recall_id", metavar="ID")
@socket_option
@_example("kiosk lift-recall 3f1c9a52-8a0e-4f0a-9a55-2f4f5c1f9b7e")
def lift_recall(recall_id: str, client: Client) -> None:
    """End a recall: its lots are given out again."""
    click.echo(f"The recall of lot {client.lift_recall(recall_id).lot} is lifted.")


@main.command("outputs-off")
@config_option
@last_good_option
@_example("kiosk outputs-off")
def outputs_off(config_path: Path, last_good: Path | None) -> None:
    """Switch every output off while the kiosk is not running; systemd does this after each stop."""
    from kiosk.daemon import open_parts
    from kiosk.hardware.pins import open_board

    config: Config = load_or_last_good(config_path, last_good, registry).config
    parts = open_parts(config, open_board(config))
    parts.close()
    for name, why in parts.broken.items():
        click.echo(f"{name}: {why}", err=True)
    click.echo("Every output that could be reached is off.")


def _confirm(what: str, yes: bool) -> None:
    """Ask before metal moves; where nobody can answer, demand --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} Nobody can be asked here: add --yes to do it.")
    click.confirm(f"{what} Go on?", abort=True)


def _follow(client: Client, request: VendRequest, *, quiet: bool = False) -> Vend:
    """Ask for a vend and show each new sentence until it is over."""
    vend_now, said = client.vend(request), ""
    while True:
        if vend_now.message != said and not quiet:
            said = vend_now.message
            click.echo(f"{vend_now.slot or request.slot or request.sku}: {said}")
        if vend_now.state is VendState.DONE:
            if vend_now.warning and not quiet:
                click.echo(vend_now.warning)
            return vend_now
        vend_now = client.wait_vend(request.id, 0.5)


def _amount(slot: SlotStock) -> str:
    if slot.unresolved:
        return f"{slot.on_hand} to {slot.on_hand + slot.unresolved}"
    return str(slot.on_hand)


def _print_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
