"""One case of the failure table: break things, press for naloxone, mend them, and look at what is known afterwards."""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import os
import signal
import subprocess
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from tests.crash.ext4 import privileged
from tests.daemon.broken_kiosk import FAILS_S, WORKS_S, Kiosk, eventually
from tests.daemon.failures import FAILURES, Failure

DISK_BYTES = 3 << 20
"""A small disk: the journal of 1 MiB, the ledger, and some room to fill."""

CASE_S = 180.0
"""How long a case may take on a busy machine, in seconds; it takes 1 to 3."""

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(
    ["tests.daemon.survival", "paho.mqtt.client", "gpiozero", "sqlite_utils", "flask", "waitress"]
)


CHILDREN = threading.Lock()
"""Guards the list of children that multiprocessing keeps: it looks at all of them when it starts one."""


def case(names: Sequence[str], folder: Path) -> str:
    """Run a case in a process of its own; return what went wrong, nothing if naloxone came out and all was told."""
    with disk(folder / "disk", small="disk-full" in names):
        said, saying = START.Pipe(duplex=False)
        process = START.Process(target=_child, args=(names, folder, saying))
        with CHILDREN:
            process.start()
        group = process.pid
        assert group is not None
        saying.close()
        try:
            told = str(said.recv()) if said.poll(CASE_S) else "It took too long."
        except EOFError:
            told = "The process ended."
        finally:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)  # with the broker and whatever else it started
            with CHILDREN:
                process.kill()
                process.join()
                process.close()
            said.close()
        log = folder / "log.txt"
        return told and f"{told}\n{log.read_text() if log.exists() else ''}"


@contextmanager
def disk(root: Path, *, small: bool) -> Iterator[None]:
    """Have a disk at `root`: a small one of its own, or a folder."""
    root.mkdir(parents=True)
    if not small:
        yield
        return
    subprocess.run(
        [*privileged(), "mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=777", "disk", root], check=True
    )
    try:
        yield
    finally:
        subprocess.run([*privileged(), "umount", "--lazy", root], check=True)


def _child(names: Sequence[str], folder: Path, saying: Connection) -> None:
    os.setsid()
    log = (folder / "log.txt").open("w")
    faulthandler.dump_traceback_later(CASE_S * 0.8, file=log)
    logging.basicConfig(stream=log, level=logging.DEBUG, format="%(threadName)s %(levelname)s %(name)s %(message)s")
    kiosk = Kiosk(folder)
    try:
        _survive(kiosk, [FAILURES[name] for name in names])
        kiosk.close()
    except BaseException:  # noqa: BLE001 - whatever it is, the test tells it
        saying.send(traceback.format_exc())
    else:
        saying.send("")


def _survive(kiosk: Kiosk, failures: Sequence[Failure]) -> None:
    kiosk.broker.start()
    kiosk.start()
    kiosk.fill()
    _break(kiosk, failures)
    _press(kiosk, failures)
    if len(failures) == 1:
        shown = failures[0].shows
        eventually(lambda: shown(kiosk), "it is broken")
    for failure in reversed(failures):
        failure.mend(kiosk)
    kiosk.settle()
    _look_again(kiosk, failures)


def _break(kiosk: Kiosk, failures: Sequence[Failure]) -> None:
    if any(failure.before_start for failure in failures):
        kiosk.stop()
        for failure in failures:
            if failure.before_start:
                failure.before_start(kiosk)
        kiosk.start()
    for failure in failures:
        if failure.while_running:
            failure.while_running(kiosk)


def _press(kiosk: Kiosk, failures: Sequence[Failure]) -> None:
    """Press until naloxone is out: once, wherever the kiosk can know that it is not.

    With no beam to see by, a coil that turned and gave nothing cannot be told from one that gave. The kiosk says "If
    it is not in the tray, press again", and then turns the other coil.
    """
    within_s = WORKS_S + FAILS_S * sum(failure.fails_first for failure in failures)
    cannot_know = any(failure.blind for failure in failures) and any(failure.silent for failure in failures)
    fell = kiosk.press(within_s)
    assert not kiosk.lies(), kiosk.lies()
    if cannot_know:
        assert not fell
        fell = kiosk.press(within_s)
        assert not kiosk.lies(), kiosk.lies()
    assert fell, f"no naloxone within {within_s:g} s: {kiosk.stock()}"
    assert kiosk.dropped() == 1


def _look_again(kiosk: Kiosk, failures: Sequence[Failure]) -> None:
    """Everything is mended: the kiosk gives again, knows each attempt once, and the same after another start."""
    lost = any(failure.lost for failure in failures)
    assert not kiosk.lies(), kiosk.lies()
    assert kiosk.press(WORKS_S + FAILS_S), "no naloxone after everything was mended"
    assert not kiosk.lies(), kiosk.lies()
    if {"disk", "ledger"} & {failure.subject for failure in failures}:
        kiosk.restart()
        assert not kiosk.lies(), kiosk.lies()
    kiosk.stop()
    kiosk.look_at_ledger()
    served = kiosk.served()
    assert served == kiosk.presses or (lost and 1 <= served <= kiosk.presses), f"{served} of {kiosk.presses}"
    assert b"HRJ1" not in (kiosk.state / "journal.bin").read_bytes(), "the ledger has taken over every record"
