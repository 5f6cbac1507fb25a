"""Tell systemd how the process is: sd_notify(3). Does nothing where systemd did not ask for it."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


def ready() -> None:
    """Say that start-up is done."""
    _send("READY=1")


def watchdog() -> None:
    """Say that work goes on. Call it only after progress was proven; without it systemd restarts the process."""
    _send("WATCHDOG=1")


def stopping() -> None:
    """Say that the process is about to end."""
    _send("STOPPING=1")


def status(text: str) -> None:
    """Show `text`, one line, in `systemctl status`."""
    _send("STATUS=" + " ".join(text.split()))


def _send(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        try:
            connection.connect(address)
            connection.send(message.encode())
        except OSError as error:
            # A kiosk that works must not end because nobody listens; if systemd does, its watchdog will tell.
            log.debug("systemd did not take a note: note=%s error=%s", message, error)
