"""One client's connection. Only the server's own thread reads and writes it; a worker never waits for a client."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel

from kiosk.web.request import HEAD_BYTES, Request

if TYPE_CHECKING:
    from kiosk.web.server import Server

GOODBYE_BYTES = 1024 * 1024
"""How much is thrown away of what a client still sends after it was refused, so that it reads why."""

READ_BYTES = 16 * 1024
"""The longest TLS record (RFC 8446, 5.1): so nothing of a record waits in OpenSSL, where poll() cannot see it."""

SPEAK_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nOpen this with https://\r\n"
)
LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection(HTTPChannel):
    """A client, from the accept to the close. It keeps us waiting `since` then (monotonic, in seconds)."""

    parser_class = Request

    close_when_flushed: bool
    total_outbufs_len: int

    def __init__(self, server: Server, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002
        self.renew()
        self._lingering = False
        self._thrown_away = 0
        if server.tls is not None:
            # The handshake goes on with the first read, like any other wait for the client.
            sock = server.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        super().__init__(server, sock, addr, adj, map)

    def renew(self) -> None:
        """Let the client's time begin now."""
        self.since = time.monotonic()

    def held(self) -> int:
        """Return how many bytes of a request and of an answer are kept here."""
        asked = self.request or next(iter(self.requests), None)
        return self.total_outbufs_len + (len(asked.header_plus) + len(asked.body_rcv or b"") if asked else 0)

    def readable(self) -> bool:
        return self._lingering or super().readable()

    def handle_read(self) -> None:
        """Read once, at most a TLS record."""
        try:
            data = self.socket.recv(READ_BYTES)
        except LATER:
            return
        except OSError as error:
            if getattr(error, "reason", "") == "HTTP_REQUEST":
                socket.socket.send(self.socket, SPEAK_TLS)
            data = b""
        if not data:
            self.handle_close()
        elif self._lingering:
            self._thrown_away += len(data)
            if self._thrown_away > GOODBYE_BYTES:
                self.handle_close()
        else:
            self.received(data)

    def received(self, data: bytes) -> bool:
        """Take in bytes of a request; its time begins with its first byte."""
        if self.request is None:
            self.renew()
        taken = bool(super().received(data))
        if self.held() > 2 * HEAD_BYTES:
            self.server.relieve()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the client takes now; return how many bytes that were. None in a worker: it wakes the server."""
        if not self.server.is_this_thread():
            return 0
        try:
            return int(super().send(data, do_close))
        except LATER:
            return 0

    def handle_write(self) -> None:
        """Send what waits; after the last answer say that it was the last, and hear the client out."""
        last, self.close_when_flushed = self.close_when_flushed, False
        super().handle_write()
        if not last or not self.connected:
            return
        if self.total_outbufs_len:
            self.close_when_flushed = True
        else:
            self._linger()

    def _linger(self) -> None:
        # Whoever is cut off while still sending gets a reset, and never reads the answer.
        self._lingering = True
        self.renew()
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()

    def handle_expt(self) -> None:
        """Close: nobody honest sends urgent data, and poll() would report it for ever."""
        self.handle_close()
