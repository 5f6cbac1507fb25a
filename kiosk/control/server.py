"""The control API on a Unix socket."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import Flask

from kiosk import web
from kiosk.dispense.cover import hide_reading

WORKERS = 17
"""Three may wait for the end of a vend, six for the next thing that the machine does, three with a change, three for an
answer of the ledger and one for its sums."""

VENDS = web.Reserved("POST", "/v1/vends", workers=6)
"""Whoever asks for an item finds somebody to take it, whatever all others wait for. Three look-ups wait for a disk that
does not answer, and so some are left for naloxone."""

SOCKET_MODE = 0o660
"""The daemon's group may connect: the staff pages' user is in it."""

PATIENCE_S = 1.0
"""How long answers that are under way may take at a stop, in seconds."""


class ControlServer:
    """Serves `app` at the socket `path` from `start` until `stop`."""

    def __init__(self, app: Flask, path: Path) -> None:
        self._app = app
        self._path = path

    def start(self) -> None:
        """Listen; the socket exists when this returns. Raises OSError when it cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        listener = web.unix(self._path, SOCKET_MODE)
        with suppress(OSError):
            hide_reading(self._path)  # else the first question of a day would be noted
        self._server = web.Server(self._app, listener, name="control", workers=WORKERS, reserved=VENDS)
        self._server.start()

    def stop(self) -> None:
        """Answer what is under way, at most a second long, and remove the socket."""
        self._server.stop(PATIENCE_S)
        self._path.unlink(missing_ok=True)
