"""A process of its own that serves pages: systemd hears when it is ready and that it lives, and its end always ends."""

from __future__ import annotations

import signal
import threading

from kiosk import sdnotify
from kiosk.web import watchdog
from kiosk.web.server import Server

PATIENCE_S = 3.0
"""How long answers that are under way may take at a stop, in seconds."""

END_S = 8
"""When the kernel ends what something holds up, in seconds; systemd would do it after ten."""


def serve_until_told(server: Server, what: str, *, https: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C. `what` names it where its address is printed. Only from the main thread."""
    told_to_end = threading.Event()

    def end(*_: object) -> None:
        if not told_to_end.is_set():
            signal.alarm(END_S)  # SIGALRM ends a process whatever its threads do.
        told_to_end.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    server.start()
    host, port = server.getsockname()
    watchdog.start(host, port, https=https)
    sdnotify.ready()
    print(f"{what}: {'https' if https else 'http'}://{host}:{port}/", flush=True)
    told_to_end.wait()
    sdnotify.stopping()
    server.stop(PATIENCE_S)
