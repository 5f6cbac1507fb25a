"""Every door at which somebody can knock: the control socket, the glass, and the staff pages with and without TLS."""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PATIENCE_S = 60.0
"""How long an answer may take on a busy machine before a test calls it missing."""


class Door(NamedTuple):
    """One server: how to reach it, what it answers, and which process it is part of."""

    name: str
    dial: Callable[[], socket.socket]
    pid: int
    page: str
    """What anybody may ask for."""
    form: str
    """Where a body may be sent."""
    tls: bool = False

    def connect(self) -> socket.socket:
        """Open a connection, with TLS where the door has it."""
        raw = self.dial()
        raw.settimeout(PATIENCE_S)
        return trusting().wrap_socket(raw) if self.tls else raw

    def ask(self) -> int:
        """Ask as everybody does; return the status of the answer."""
        with self.connect() as line:
            line.sendall(f"GET {self.page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(line)
            answer.begin()
            answer.read()
            return answer.status

    def post(self, *headers: str) -> bytes:
        """Return the head of a request with a body."""
        lines = (f"POST {self.form} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers, "", "")
        return "\r\n".join(lines).encode()


@functools.cache
def trusting() -> ssl.SSLContext:
    """Return the TLS of a client that trusts everybody. With 1.2, nothing comes after the handshake but answers."""
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def unix(path: Path) -> socket.socket:
    """Connect to a Unix socket."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(path))
    return line


def tcp(port: int) -> socket.socket:
    """Connect to a port of this machine."""
    return socket.create_connection(("127.0.0.1", port))
