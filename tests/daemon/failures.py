"""Everything that the failure table breaks: how it breaks, and how somebody mends it."""

from __future__ import annotations

import gc
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from random import Random

from msgspec import Struct

from kiosk.clock import day
from kiosk.errors import DaemonAwayError
from kiosk.simulator.faults import Fault
from kiosk.web import Server
from tests.children import child
from tests.daemon.broken_kiosk import Kiosk
from tests.ports import spare_port


def nothing(_kiosk: Kiosk) -> None:
    """Change nothing."""


class Failure(Struct, frozen=True, kw_only=True):
    """One way in which `subject` fails. It is broken before the start, or while the kiosk runs.

    `shows` says whether it is broken indeed: a failure that does not happen would prove nothing.
    `fails_first`: a coil is tried that gives nothing. `blind`: no drop can be seen.
    `silent`: a coil turns and gives nothing. `lost`: the ledger cannot be mended, a new one is begun.
    """

    subject: str
    shows: Callable[[Kiosk], bool]
    before_start: Callable[[Kiosk], None] | None = None
    while_running: Callable[[Kiosk], None] | None = None
    mend: Callable[[Kiosk], None] = nothing
    fails_first: bool = False
    blind: bool = False
    silent: bool = False
    lost: bool = False


def told(where: str) -> Callable[[Kiosk], bool]:
    """Return what says whether staff are told of a fault there."""
    return lambda kiosk: where in {fault.where for fault in kiosk.running.status.now().faults}


# -- the disk ----------------------------------------------------------------------------------------------------------


def fill_disk(kiosk: Kiosk) -> None:
    """Fill the disk to its last byte: first in large pieces, then byte by byte."""
    with (kiosk.state / "somebody-elses.log").open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    # One file cannot take what another one has given back since, so it is tried once more with a new file.
    with (kiosk.state / "another.log").open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 512)


def make_room(kiosk: Kiosk) -> None:
    """Delete what filled the disk."""
    (kiosk.state / "somebody-elses.log").unlink()
    (kiosk.state / "another.log").unlink()


# -- the database ------------------------------------------------------------------------------------------------------


def fold_log(ledger: Path) -> None:
    """Have everything in ledger.db itself, and nothing of it in the memory of whoever has it open."""
    with closing(sqlite3.connect(ledger)) as db, suppress(sqlite3.Error):
        db.execute("UPDATE meta SET value = value WHERE key = 'epoch'")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def overwrite_ledger(kiosk: Kiosk) -> None:
    """Overwrite every byte of ledger.db with other ones."""
    overwrite(kiosk.ledger)


def overwrite(ledger: Path) -> None:
    """Do so with a file of this name; its log is empty."""
    fold_log(ledger)
    with ledger.open("r+b") as file:
        file.write(Random(1).randbytes(ledger.stat().st_size))


def misplace_pages(kiosk: Kiosk) -> None:
    """Leave the header whole and put other pages' content into every other page, as a failing card does."""
    fold_log(kiosk.ledger)
    page = 1024
    content = kiosk.ledger.read_bytes()
    pages = [content[at : at + page] for at in range(0, len(content), page)]
    with kiosk.ledger.open("r+b") as file:
        file.seek(page)
        file.write(b"".join(pages[:0:-1]))


def is_lost(kiosk: Kiosk) -> bool:
    """Say whether the kiosk has found its ledger damaged."""
    return kiosk.running.service.damaged or bool(list(kiosk.state.glob("ledger.db.damaged-*")))


# -- the clock, the broker, the thermometer ----------------------------------------------------------------------------


def set_clock(year: int) -> Callable[[Kiosk], None]:
    """Return what has the clock in another year."""
    return lambda kiosk: kiosk.computer.set_clock(year)


def mend_clock(kiosk: Kiosk) -> None:
    """Set the clock."""
    kiosk.computer.mend_clock()


def clock_is_wrong(kiosk: Kiosk) -> bool:
    """Say whether the kiosk reads another year, from a clock that nothing has set."""
    stamp = kiosk.world.clock.stamp()
    return day(stamp.hour).year in {1970, 2099} and not stamp.synced


def is_offline(kiosk: Kiosk) -> bool:
    """Say whether the kiosk reaches no broker."""
    return not kiosk.running.status.now().telemetry.connected


def lose_broker(kiosk: Kiosk) -> None:
    """Have the broker at an address where nobody answers."""
    kiosk.broker_port = spare_port()
    kiosk.write_config()


def kill_broker(kiosk: Kiosk) -> None:
    """End the broker that the kiosk is connected to."""
    kiosk.broker.kill()


def start_broker(kiosk: Kiosk) -> None:
    """Bring the broker back."""
    kiosk.broker.kill()
    kiosk.broker.start()


def thermometer(kiosk: Kiosk) -> Path:
    """Return the file that the kernel shows the temperature in."""
    return next((kiosk.folder / "sys").rglob("temperature"))


def unplug_thermometer(kiosk: Kiosk) -> None:
    """Take the kernel's file away."""
    thermometer(kiosk).unlink()


def spoil_thermometer(kiosk: Kiosk) -> None:
    """Have the kernel's file hold no number, and no text."""
    thermometer(kiosk).write_bytes(b"\xff\xfe85000 YES\x00\n")


def mend_thermometer(kiosk: Kiosk) -> None:
    """Plug it in again."""
    kiosk.world.set_temperature(21.0)


# -- the staff pages, and the screen -----------------------------------------------------------------------------------


def kill_admin_web(kiosk: Kiosk) -> None:
    """Start the staff pages, have them ask the kiosk something, and end them at this instant."""
    command = [sys.executable, "-m", "admin_web", "--socket", str(kiosk.socket), "--port", "0"]
    with child([*command, "--state", str(kiosk.folder / "admin")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = re.search(r"http://([^:]+):(\d+)/", process.stdout.readline())
        assert told
        half_a_request("GET / HTTP/1.1\r\nHost", kiosk, (told[1], int(told[2])))
        process.kill()
    kiosk.admin_status = process.returncode


def remove_socket(kiosk: Kiosk) -> None:
    """Remove the control socket."""
    kiosk.socket.unlink()


def hang_control(kiosk: Kiosk) -> None:
    """Have all of the control API's workers wait for something that does not come."""
    hang("control", kiosk)


def api_is_away(kiosk: Kiosk) -> bool:
    """Say whether the control API does not answer."""
    try:
        kiosk.client.state()
    except DaemonAwayError:
        return True
    return False


def screen_is_away(kiosk: Kiosk) -> bool:
    """Say whether the screen does not answer."""
    try:
        with closing(HTTPConnection("127.0.0.1", kiosk.glass_port, timeout=1.0)) as connection:
            connection.request("GET", "/")
            connection.getresponse()
    except OSError:
        return True
    return False


def take_screen_port(kiosk: Kiosk) -> None:
    """Have something else on the screen's port."""
    other = kiosk.held.enter_context(socket.socket())
    other.bind(("127.0.0.1", kiosk.glass_port))
    other.listen()


def hang_screen(kiosk: Kiosk) -> None:
    """Have all of the screen's workers wait for something that does not come."""
    hang("glass", kiosk)


class Stuck:
    """A request that nobody ever answers, in the place of one: whatever clients do, no worker waits for them."""

    def __init__(self, gone: threading.Event) -> None:
        self.service = gone.wait
        self.cancel = gone.set


def hang(server: str, kiosk: Kiosk) -> None:
    """Have all workers of a server in this process stuck until the failure is let go of."""
    gone = threading.Event()
    kiosk.held.callback(gone.set)
    for found in gc.get_objects():
        if isinstance(found, Server) and found.name == server:
            for dispatcher in (found.task_dispatcher, found._apart):
                for _ in range(found.adj.threads):
                    dispatcher.add_task(Stuck(gone))


def half_a_request(text: str, kiosk: Kiosk, address: tuple[str, int]) -> None:
    """Send the beginning of a request and stay."""
    asker = kiosk.held.enter_context(socket.create_connection(address))
    asker.sendall(text.encode())


def let_go(kiosk: Kiosk) -> None:
    """Let go of whatever a failure holds on to."""
    kiosk.held.close()


# -- the configuration -------------------------------------------------------------------------------------------------


def edit_badly(kiosk: Kiosk) -> None:
    """Break kiosk.toml while the kiosk runs: a half-typed table, and no naloxone any more."""
    kiosk.config.write_text(kiosk.config.read_text().replace('"NAL"', '"NALOX')[:-40] + "\n[[slots]\n")


def edit_badly_and_restart(kiosk: Kiosk) -> None:
    """Break kiosk.toml, and have the power go away and come back."""
    edit_badly(kiosk)
    kiosk.restart()


def spoil_last_good(kiosk: Kiosk) -> None:
    """Have what is kept of the last settings that worked be no text."""
    kiosk.last_good.write_bytes(b"\xff\xfe\x00" * 100)


def last_good_is_kept(kiosk: Kiosk) -> bool:
    """Say whether the settings that work are kept once more."""
    return kiosk.last_good.read_bytes() == kiosk.config.read_bytes()


def mend_config(kiosk: Kiosk) -> None:
    """Write kiosk.toml as it was."""
    kiosk.write_config()


def order(fault: Fault, slot: str | None = None, *, on: bool = True) -> Callable[[Kiosk], None]:
    """Return what orders a fault of the machine, or ends it."""
    return lambda kiosk: kiosk.world.set_fault(fault, on, slot)


FAILURES: dict[str, Failure] = {
    "beam-dead": Failure(
        subject="beam",
        shows=told("drop sensor"),
        while_running=order(Fault.BEAM_DEAD),
        mend=order(Fault.BEAM_DEAD, on=False),
        blind=True,
    ),
    "beam-blocked": Failure(
        subject="beam",
        shows=told("drop sensor"),
        while_running=order(Fault.BEAM_BLOCKED),
        mend=order(Fault.BEAM_BLOCKED, on=False),
        blind=True,
    ),
    "clock-1970": Failure(subject="clock", shows=clock_is_wrong, before_start=set_clock(1970), mend=mend_clock),
    "clock-jumps-to-2099": Failure(
        subject="clock",
        shows=clock_is_wrong,
        before_start=set_clock(2016),
        while_running=set_clock(2099),
        mend=mend_clock,
    ),
    "disk-full": Failure(subject="disk", shows=told("ledger"), while_running=fill_disk, mend=make_room),
    "ledger-overwritten": Failure(subject="ledger", shows=is_lost, while_running=overwrite_ledger, lost=True),
    "ledger-pages-misplaced": Failure(subject="ledger", shows=is_lost, while_running=misplace_pages, lost=True),
    "ledger-damaged-at-start": Failure(subject="ledger", shows=is_lost, before_start=overwrite_ledger, lost=True),
    "broker-unreachable": Failure(subject="broker", shows=is_offline, before_start=lose_broker),
    "broker-dies": Failure(subject="broker", shows=is_offline, while_running=kill_broker, mend=start_broker),
    "admin-dies": Failure(
        subject="admin",
        shows=lambda kiosk: kiosk.admin_status == -signal.SIGKILL,
        while_running=kill_admin_web,
        mend=let_go,
    ),
    "admin-socket-gone": Failure(subject="admin", shows=api_is_away, while_running=remove_socket),
    "admin-api-hangs": Failure(subject="admin", shows=api_is_away, while_running=hang_control, mend=let_go),
    "screen-port-taken": Failure(subject="screen", shows=screen_is_away, before_start=take_screen_port, mend=let_go),
    "screen-hangs": Failure(subject="screen", shows=screen_is_away, while_running=hang_screen, mend=let_go),
    "motor-missing": Failure(
        subject="motor",
        shows=told("A1"),
        while_running=order(Fault.MOTOR_MISSING, "A1"),
        mend=order(Fault.MOTOR_MISSING, "A1", on=False),
        fails_first=True,
    ),
    "motor-stalled": Failure(
        subject="motor",
        shows=told("A1"),
        while_running=order(Fault.STALL, "A1"),
        mend=order(Fault.STALL, "A1", on=False),
        fails_first=True,
    ),
    "motor-jams": Failure(
        subject="motor",
        shows=told("A1"),
        while_running=order(Fault.JAM, "A1"),
        mend=order(Fault.JAM, "A1", on=False),
        fails_first=True,
        silent=True,
    ),
    "thermometer-gone": Failure(
        subject="thermometer", shows=told("thermometer"), while_running=unplug_thermometer, mend=mend_thermometer
    ),
    "thermometer-garbled": Failure(
        subject="thermometer", shows=told("thermometer"), while_running=spoil_thermometer, mend=mend_thermometer
    ),
    "config-broken": Failure(
        subject="config",
        shows=lambda kiosk: "[[slots]\n" in kiosk.config.read_text(),
        while_running=edit_badly,
        mend=mend_config,
    ),
    "config-last-good-spoiled": Failure(subject="config", shows=last_good_is_kept, before_start=spoil_last_good),
    "config-broken-restart": Failure(
        subject="config", shows=told("kiosk.toml"), while_running=edit_badly_and_restart, mend=mend_config
    ),
}
"""Each failure of the table by its name. Faults of a motor are on A1, which is tried first: A2 is left."""
