"""The server: a thread of its own waits for all clients at once, and workers answer requests that are complete.

So a client that is slow, silent or half-way through its TLS handshake costs a few kilobytes, and keeps nobody waiting.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher

from kiosk import threads
from kiosk.web.connection import Connection
from kiosk.web.request import HEAD_BYTES

if TYPE_CHECKING:  # A start shows that it goes on before it loads Flask.
    from flask import Flask

PATIENCE_S = 20.0
"""How long a client may take for its handshake, for a whole request, to take its answer, and between two requests."""

CONNECTIONS = 256
"""So many clients at once; the next one takes the place of whoever kept us waiting longest."""

HELD_BYTES = 8 * 1024 * 1024
"""So much is kept of requests that are not complete and answers that were not taken, of all clients together."""

GRACE_S = 0.5
"""Nobody has to go for the next one before that, in seconds: whoever just came is not slow yet."""

LOOK_S = 1.0
"""How often clients that took too long are looked for, in seconds."""

FLUSH_S = 1.0
"""How long clients may take for their last answers at a stop, in seconds."""

NEVER = 1 << 40
"""A size nothing reaches: no request and no answer goes through a file."""

# It would log each client that hung up, and each request that had to wait: moments at which somebody was here.
logging.getLogger("waitress").setLevel(logging.ERROR)


def unix(path: Path, mode: int) -> socket.socket:
    """Bind a Unix socket at `path`, in place of what is there. Nobody can connect before its mode is set."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        path.chmod(mode)
    except OSError:
        listener.close()
        raise
    return listener


def tcp(host: str, port: int) -> socket.socket:
    """Listen on a name or an address; port 0 picks a free one. Raises OSError when it is taken or unknown."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, dualstack_ipv6=host == "::")


def tls(cert: Path, key: Path) -> ssl.SSLContext:
    """Return the TLS of a server with this certificate. Raises OSError when it cannot be read or does not fit."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(cert, key)
    return context


class Reserved(NamedTuple):
    """Workers for one kind of request, which so never waits in line behind any other."""

    method: str
    path: str
    workers: int


class Server(BaseWSGIServer):
    """Serves `app` at `listener` from `start` until `stop`. `workers` requests are answered at once.

    Those of one kind may have workers of their own, `reserved` for it. A request's head may have 16 KiB and its body
    what the app's MAX_CONTENT_LENGTH says; both hold while they are read.
    """

    channel_class = Connection
    active_channels: dict[int, Connection]

    def __init__(
        self,
        app: Flask,
        listener: socket.socket,
        *,
        name: str,
        workers: int,
        reserved: Reserved | None = None,
        context: ssl.SSLContext | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.tls = context
        self.patience_s = patience_s
        self.name = name
        self._reserved = reserved
        self._apart = ThreadedTaskDispatcher()
        self._next_look = 0.0
        self._leave_at: float | None = None
        self._waking = threading.Lock()
        self._awake = True
        settings = Adjustments(
            sockets=[listener],
            threads=workers,
            ident="kiosk",
            server_name="kiosk",
            url_scheme="https" if context else "http",
            max_request_header_size=HEAD_BYTES,
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
            inbuf_overflow=NEVER,
            outbuf_overflow=NEVER,
            outbuf_high_watermark=NEVER,
            log_socket_errors=False,
        )
        address = (listener.family, listener.type, 0, None)
        super().__init__(app, _start=False, _sock=listener, adj=settings, sockinfo=address, bind_socket=False)

    def start(self) -> None:
        """Listen, and answer in threads of their own; a server that fails ends the process."""
        if self._reserved:
            self._apart.set_thread_count(self._reserved.workers)
        self.accept_connections()
        self._thread = threads.start(self.name, self._serve)

    def stop(self, patience_s: float) -> None:
        """Answer what is under way and end, after `patience_s` and 2 s more at the latest. Close all connections.

        A worker that does not come back is left behind; it is no thread that holds the process.
        """
        self.accepting = False
        until = time.monotonic() + patience_s
        for dispatcher in (self._apart, self.task_dispatcher):
            dispatcher.shutdown(timeout=max(0.0, until - time.monotonic()))
        self._leave_at = time.monotonic() + FLUSH_S
        self.pull_trigger()
        self._thread.join(2 * FLUSH_S)

    def add_task(self, task: Connection) -> None:
        """Have a worker answer a request that is complete."""
        asked = task.requests[0]
        if self._reserved and (asked.command, asked.path) == self._reserved[:2]:
            self._apart.add_task(task)
        else:
            super().add_task(task)

    def pull_trigger(self) -> None:
        """Wake the server's thread, unless it has ended: by then its pipe's number may be that of another file."""
        with self._waking:
            if self._awake:
                super().pull_trigger()

    def relieve(self) -> None:
        """Drop the clients that hold most, until all together hold no more than they may."""
        held = {client: client.held() for client in self.active_channels.values()}
        while sum(held.values()) > HELD_BYTES:
            heaviest = max(held, key=lambda client: held[client])
            heaviest.handle_close()
            del held[heaviest]

    def readable(self) -> bool:
        """Look after all clients, once a second; say whether the next one may come in."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_S
            self._look(now)
        return self.accepting and (len(self.active_channels) < CONNECTIONS or self._slowest() is not None)

    def handle_accept(self) -> None:
        """Let the next client in, and the slowest go when there are too many.

        In this order: a file descriptor that was closed before would be the next client's, and what poll() has just
        said of the old one would close the new one.
        """
        with contextlib.suppress(OSError):  # of a client that hung up before TLS could begin
            super().handle_accept()
        if len(self.active_channels) > CONNECTIONS and (slowest := self._slowest()):
            slowest.handle_close()
        self.relieve()

    def set_socket_options(self, conn: socket.socket) -> None:
        if conn.family != socket.AF_UNIX:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fix_addr(self, addr: object) -> object:
        return addr or ("localhost", None)

    def getsockname(self) -> tuple[str, int]:
        """Return host and port, or "unix" and the path."""
        name = self.socket.getsockname()
        return ("unix", name) if self.family == socket.AF_UNIX else name[:2]

    def handle_error(self) -> None:
        """Fail: whatever it is, nobody is let in any more. A client's own mistakes do not come here."""
        raise  # noqa: PLE0704 - called while the error is handled

    def is_this_thread(self) -> bool:
        """Say whether the caller is the server's own thread, the only one that touches clients' sockets."""
        return threading.get_ident() == self._ident

    def _serve(self) -> None:
        self._ident = threading.get_ident()
        while self._leave_at is None or (time.monotonic() < self._leave_at and self._unsent()):
            wasyncore.loop(timeout=LOOK_S / 4, use_poll=True, map=self._map, count=1)
        for client in list(self.active_channels.values()):
            client.handle_close()
        with self._waking:
            self._awake = False
            self.close()

    def _unsent(self) -> bool:
        return any(client.total_outbufs_len for client in self.active_channels.values())

    def _look(self, now: float) -> None:
        for client in list(self.active_channels.values()):
            if client.requests:
                client.renew()
            elif client.since < now - self.patience_s:
                client.handle_close()

    def _slowest(self) -> Connection | None:
        """Return who keeps us waiting longest, of the address with most such clients; None when we keep all waiting."""
        by = time.monotonic() - GRACE_S
        waiting = [client for client in self.active_channels.values() if not client.requests and client.since < by]
        crowds = Counter(client.addr[0] for client in waiting)
        if not crowds:
            return None
        crowd = max(crowds, key=lambda address: crowds[address])
        return min((client for client in waiting if client.addr[0] == crowd), key=lambda client: client.since)
