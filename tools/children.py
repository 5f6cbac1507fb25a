"""The processes that `make run` looks after: started, waited for, started again when they fall, stopped."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
STOP_S = 30.0
"""A vend under way is brought to its end first."""


class DemoError(Exception):
    """The demonstration cannot go on; the message says why and what to do."""


class Child:
    """One process of the kiosk. What it says goes to its own log file."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, lock: int) -> None:
        self.name = name
        self.log = folder / f"{name.replace(' ', '-')}.log"
        self._arguments = [sys.executable, "-m", *arguments]
        self._folder = folder
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self._falls: list[float] = []

    def start(self) -> None:
        """Start it. It does not get Ctrl-C; `stop` ends it in its turn."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[self._lock],
            )

    def ended(self) -> int | None:
        """Return its exit status if it ended by itself, else None."""
        return None if self._process is None else self._process.poll()

    def wait_for(self, answers: Callable[[], bool], timeout_s: float = 120.0) -> None:
        """Wait until it answers. Raises DemoError, with the end of its log, if it ends or takes too long."""
        deadline = time.monotonic() + timeout_s
        while not answers():
            if (status := self.ended()) is not None:
                raise DemoError(f"The {self.name} ended with status {status}.\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise DemoError(f"The {self.name} did not answer within {timeout_s:g} s.\n{self.last_words()}")
            time.sleep(0.05)

    def fell(self) -> bool:
        """Note that it ended by itself; False if that was the third time within ten seconds."""
        self._falls = [moment for moment in self._falls if time.monotonic() - moment < 10] + [time.monotonic()]
        return len(self._falls) < 3

    def last_words(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"Its log, {self.log}, ends:", *(f"  {line}" for line in lines)])

    def stop(self) -> None:
        """End it in order; kill it if it does not end."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def take_lock(folder: Path) -> IO[str]:
    """Make sure that one demonstration runs at a time; its children share the lock, so none is overlooked.

    Raises DemoError if another one runs, or a child of an earlier one is left.
    """
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        starter = lock.read().strip()
        lock.close()
        raise DemoError(
            f"A kiosk already runs in {folder} (started by process {starter}). Stop it first; what is left "
            f"of one that was killed is shown by: fuser -v {folder / 'lock'}"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


_given: dict[int, int] = {}
"""Ports that this process has given out, each with its lock: nobody listens there yet, and they are taken all the
same, for another demonstration too."""


def free_port(wanted: int, what: str) -> int:
    """Return `wanted`, or the next port that is free on loopback and was not given out before, and say so."""
    for port in range(wanted, min(wanted + 200, 65536)):
        if port in _given or (lock := _reserved(port)) is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                os.close(lock)
                continue
        if port != wanted:
            print(f"Port {wanted} is taken: {what} on {port} instead.", flush=True)
        _given[port] = lock
        return port
    raise DemoError(f"No port from {wanted} on is free for {what}. Stop what listens there.")


def _reserved(port: int) -> int | None:
    """Keep other demonstrations of this user from taking the port for as long as this process lives; None if taken."""
    name = Path(tempfile.gettempdir()) / f"kiosk-port-{port}-{os.getuid()}.lock"
    lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def listens(port: int) -> bool:
    """Say whether somebody accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
