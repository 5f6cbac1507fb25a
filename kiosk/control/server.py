"""The control API on a Unix socket, served by cheroot in threads of its own."""

from __future__ import annotations

from pathlib import Path

from cheroot.wsgi import Server
from flask import Flask

from kiosk.threads import start

THREADS = 4
"""One for each likely asker: staff page, command line, a waiting vend, and one more."""

SOCKET_MODE = 0o660
"""The daemon's group may connect: the staff pages' user is in it."""


class ControlServer:
    """Serves `app` at the socket `path` from `start` until `stop`."""

    def __init__(self, app: Flask, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._server = Server(str(path), app, numthreads=THREADS, request_queue_size=64, timeout=40, shutdown_timeout=1)
        self._server.max_request_header_size = 16 * 1024

    def start(self) -> None:
        """Listen; the socket exists when this returns."""
        self._server.prepare()
        self._path.chmod(SOCKET_MODE)
        start("control", self._server.serve)

    def stop(self) -> None:
        """Answer what is under way, at most a second long, and remove the socket."""
        self._server.stop()
        self._path.unlink(missing_ok=True)
