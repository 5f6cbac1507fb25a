"""Clients that are slow, silent or half-way: 200 of them keep nobody waiting, at any door."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask

from kiosk.web import Server
from kiosk.web import unix as unix_socket
from tests.attack.doors import Door, trusting, unix
from tests.conftest import Evidence
from tests.pages_process import certificate, pages

SLOW = 200
Kind = Callable[[Door], socket.socket]
DOORS = ("control", "glass", "pages", "pages with TLS")


def half_a_head(door: Door) -> socket.socket:
    line = door.connect()
    line.sendall(b"GET / HTTP/1.1\r\nHost: local")
    return line


def half_a_body(door: Door) -> socket.socket:
    line = door.connect()
    line.sendall(door.post("Content-Length: 100") + b"{")
    return line


def half_a_chunk(door: Door) -> socket.socket:
    line = door.connect()
    line.sendall(door.post("Transfer-Encoding: chunked") + b"10\r\n{")
    return line


def silent(door: Door) -> socket.socket:
    line = door.dial()
    line.settimeout(60)
    return line


def half_a_handshake(door: Door) -> socket.socket:
    line = silent(door)
    hello = ssl.MemoryBIO()
    begun = trusting().wrap_bio(ssl.MemoryBIO(), hello)
    with pytest.raises(ssl.SSLWantReadError):
        begun.do_handshake()
    line.sendall(hello.read()[:-9])
    return line


def unread(door: Door) -> socket.socket:
    """Ask for a page and never read it."""
    line = door.dial()
    if line.family != socket.AF_UNIX:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.settimeout(60)
    line = trusting().wrap_socket(line) if door.tls else line
    line.sendall(f"GET {door.page} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return line


@contextmanager
def crowd(door: Door, kind: Kind, number: int = SLOW) -> Iterator[list[socket.socket]]:
    """Have so many clients of a kind at a door."""
    with ExitStack() as stack:
        yield [stack.enter_context(kind(door)) for _ in range(number)]


def still_waits(line: socket.socket) -> bool:
    """Say whether it was neither answered nor hung up on."""
    return not select.select([line], [], [], 0)[0]


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("kind", [half_a_head, half_a_body, half_a_chunk, silent], ids=lambda kind: kind.__name__)
def test_an_honest_request_is_answered_first(doors: dict[str, Door], evidence: Evidence, name: str, kind: Kind) -> None:
    door = doors[name]
    evidence.count("starved_requests", 0)
    with crowd(door, kind) as slow:
        assert door.ask() == 200
        assert still_waits(slow[-1]), "Who came later was answered first."


@pytest.mark.parametrize("name", DOORS)
def test_beside_clients_that_send_a_byte_at_a_time(doors: dict[str, Door], evidence: Evidence, name: str) -> None:
    door = doors[name]
    with crowd(door, half_a_head) as slow:
        for _ in range(5):
            for line in slow:
                line.send(b"x")
            assert door.ask() == 200
    evidence.count("starved_requests", 0)


@pytest.mark.parametrize("name", DOORS)
def test_beside_clients_that_never_read_their_answer(doors: dict[str, Door], evidence: Evidence, name: str) -> None:
    with crowd(doors[name], unread):
        assert doors[name].ask() == 200
    evidence.count("starved_requests", 0)


@pytest.mark.parametrize("name", DOORS)
def test_beside_more_than_it_takes(doors: dict[str, Door], evidence: Evidence, name: str) -> None:
    """The next one takes the place of the slowest."""
    with crowd(doors[name], silent, 600) as slow:
        assert doors[name].ask() == 200
        assert still_waits(slow[-1])
        assert not still_waits(slow[0])
    evidence.count("starved_requests", 0)


def test_beside_half_a_handshake(doors: dict[str, Door], evidence: Evidence) -> None:
    with crowd(doors["pages with TLS"], half_a_handshake) as slow:
        assert doors["pages with TLS"].ask() == 200
        assert still_waits(slow[-1])
    evidence.count("starved_requests", 0)


def test_urgent_data_is_no_reason_to_spin(doors: dict[str, Door]) -> None:
    """poll() would report it for ever: whoever sends it is hung up on."""
    door = doors["pages"]
    with door.connect() as line:
        line.send(b"!", socket.MSG_OOB)
        with suppress(ConnectionResetError):
            assert line.recv(1) == b""
        assert door.ask() == 200


def test_who_forgets_the_s_of_https_is_told(doors: dict[str, Door]) -> None:
    with doors["pages with TLS"].dial() as line:
        line.settimeout(60)
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"Open this with https://" in line.recv(1000)


def test_a_whole_request_has_its_time_however_it_drips(tmp_path: Path) -> None:
    """And so has an answer that nobody takes, and a connection that nobody uses."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024
    app.get("/")(lambda: "x" * 4_000_000)
    server = Server(app, unix_socket(tmp_path / "sock", 0o600), name="test", workers=1, patience_s=0.2)
    server.start()
    try:
        with unix(tmp_path / "sock") as idle, unix(tmp_path / "sock") as greedy, unix(tmp_path / "sock") as dripping:
            greedy.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while still_waits(dripping):
                dripping.send(b"x")
                time.sleep(0.01)
            for line in (idle, greedy):
                line.settimeout(60)
                with suppress(ConnectionResetError):
                    while line.recv(1 << 20):
                        pass
    finally:
        server.stop(1)


def test_silent_clients_starve_no_watchdog(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, ExitStack() as stack:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        cert, key = certificate(tmp_path)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        with pages(tmp_path, "--cert", cert, "--key", key, environment=environment) as at:
            for _ in range(5):
                stack.enter_context(socket.create_connection(("127.0.0.1", at.port)))
            while select.select([systemd], [], [], 0)[0]:
                systemd.recv(100)  # what was told before they came
            fed = 0
            while fed < 2:  # The first may have been on its way.
                fed += systemd.recv(100) == b"WATCHDOG=1"
