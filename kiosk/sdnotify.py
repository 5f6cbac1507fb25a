"""Tell systemd how the process is: sd_notify(3). Does nothing where systemd did not ask for it."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time

log = logging.getLogger(__name__)

STEP_S = 30.0
"""How long one step of a start may take, in seconds: as long as the units give all of it (their TimeoutStartSec)."""
EVERY_S = 1.0
"""A start tells its steps so many seconds apart, and not each of hundreds."""


class _Start:
    """A start under way, among those who are asked for modules: each that is looked for shows that it gets on."""

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def find_spec(self, *_asked: object) -> None:
        """Count it as a step, and leave it to the others to find the module."""
        self.step()

    def step(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= EVERY_S:
            self._told_at = now
            _send(f"EXTEND_TIMEOUT_USEC={STEP_S * 1e6:.0f}")


def starting() -> None:
    """Make systemd wait for as long as the start gets on, until `ready`: each import and each `step` proves it.

    On a slow machine most of a start is imports, so call this before them. One that hangs is ended `STEP_S` later.
    """
    if os.environ.get("NOTIFY_SOCKET") and not _starts():
        sys.meta_path.insert(0, _Start())


def step() -> None:
    """Say that a step of the start is done, so that the next may take `STEP_S`. Does nothing after `ready`."""
    for start in _starts():
        start.step()


def ready() -> None:
    """Say that start-up is done."""
    for start in _starts():
        sys.meta_path.remove(start)
    _send("READY=1", wait_s=STEP_S)  # it is said only once


def watchdog() -> None:
    """Say that work goes on. Call it only after progress was proven; without it systemd restarts the process."""
    _send("WATCHDOG=1")


def stopping() -> None:
    """Say that the process is about to end."""
    _send("STOPPING=1")


def status(text: str) -> None:
    """Show `text`, one line, in `systemctl status`."""
    _send("STATUS=" + " ".join(text.split()))


def _starts() -> list[_Start]:
    """Return the start that is under way, if one is."""
    return [finder for finder in sys.meta_path if isinstance(finder, _Start)]


def _send(message: str, wait_s: float = 0.0) -> None:
    """Send a note. If systemd does not listen just now, it gets lost: the next one follows, and nobody waits for it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.settimeout(wait_s)
        try:
            connection.connect(address)
            connection.send(message.encode())
        except OSError as error:
            # A kiosk that works must not end because nobody listens; if systemd does, its watchdog will tell.
            log.debug("systemd did not take a note: note=%s error=%s", message, error)
