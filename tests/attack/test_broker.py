"""A broker that sends what no kiosk asked for: the line is cut before it is read, and staff are told."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest

from kiosk.config import Telemetry
from kiosk.telemetry.connection import Connection, Will
from kiosk.telemetry.notices import Arrived, Closed, Signals
from kiosk.telemetry.pace import Pace
from tests.attack.memory import GROWTH_MIB, forget_peak, peak_mib
from tests.broker.collector import until
from tests.conftest import Evidence
from tests.kiosk_process import KioskProcess

CONNACK = b"\x20\x03\x00\x00\x00"
TOPIC = b"hr/v1/test-kiosk/ack"
FLOOD_MIB = 48


def publish(payload_bytes: int, first: int = 0x30) -> bytes:
    """Return the beginning of a PUBLISH, up to its payload."""
    middle = len(TOPIC).to_bytes(2) + TOPIC + (b"\x00\x07" if first & 6 else b"") + b"\x00"
    length, digits = len(middle) + payload_bytes, b""
    while True:
        length, digit = divmod(length, 128)
        digits += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([first]) + digits + middle


def huge(line: socket.socket) -> None:
    line.sendall(publish(200 << 20))
    for _ in range(FLOOD_MIB):
        line.sendall(b"x" * (1 << 20))


def never_asked_for(line: socket.socket) -> None:
    """QoS 2, which a client has to keep until it is released: 800 times 60 kB."""
    for _ in range(800):
        line.sendall(publish(60_000, 0x34) + b"x" * 60_000)


def flood(line: socket.socket) -> None:
    """Send 200 times 60 kB as fast as it goes."""
    for _ in range(200):
        line.sendall(publish(60_000) + b"x" * 60_000)


def pings(line: socket.socket) -> None:
    """Ask whether the kiosk is there, and never read that it is."""
    for _ in range(FLOOD_MIB):
        line.sendall(b"\xc0\x00" * (1 << 16))


class BadBroker:
    """Lets the kiosk in and does something bad, each time anew."""

    def __init__(self, bad: Callable[[socket.socket], None]) -> None:
        self.times = 0
        self._bad = bad
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                with line, suppress(OSError):
                    line.recv(4096)
                    line.sendall(CONNACK)
                    self._bad(line)
                self.times += 1


def blamed(kiosk: KioskProcess) -> str:
    """Return what staff are told of telemetry, nothing if all is well."""
    return "".join(fault.text for fault in kiosk.client.state().faults if fault.where == "telemetry")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (huge, "it sent a message of more than 64 kB"),
        (never_asked_for, "it sent a message with QoS 2, which nobody asked for"),
    ],
)
def test_a_bad_broker_is_cut_off_and_told(
    tmp_path: Path, evidence: Evidence, bad: Callable[[socket.socket], None], told: str
) -> None:
    evidence.count("memory_attacks")
    with BadBroker(bad) as broker:
        kiosk = KioskProcess(tmp_path, telemetry=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false')
        try:
            kiosk.start()
            forget_peak(kiosk.pid)
            before = peak_mib(kiosk.pid)
            until(lambda: broker.times >= 2, "it is tried again", 60)
            assert told in blamed(kiosk)
            assert peak_mib(kiosk.pid) - before <= GROWTH_MIB
        finally:
            kiosk.kill()


def test_messages_that_wait_to_be_read_are_bounded(evidence: Evidence) -> None:
    """While the ledger does not answer, the telemetry thread reads nothing."""
    evidence.count("memory_attacks")
    misdeed, unread = ended(flood)
    assert misdeed == "it sends messages faster than they can be read"
    assert unread <= 4 << 20


def test_answers_that_wait_to_be_read_are_bounded(evidence: Evidence) -> None:
    evidence.count("memory_attacks")
    assert ended(pings, room=4096)[0] == "it does not read what it is answered"


def ended(bad: Callable[[socket.socket], None], room: int | None = None) -> tuple[str, int]:
    """Return for what a connection ended, and how many bytes of messages came until then.

    `room` is how much the kernel keeps of what is not read; it would be megabytes.
    """
    signals: Signals = queue.SimpleQueue()
    unread = 0
    with BadBroker(bad) as broker:
        config = Telemetry(host="127.0.0.1", port=broker.port, tls=False)
        connection = Connection(config, "test-kiosk", Will("hr/v1/test-kiosk/status", b""), signals, Pace())
        if room:
            connection._client.on_socket_open = lambda *opened: _keep(opened[-1], room)
        connection.open()
        try:
            while not isinstance(signal := signals.get(timeout=60), Closed):
                unread += len(signal.payload) if isinstance(signal, Arrived) else 0
        finally:
            connection.close()
    return signal.misdeed, unread


def _keep(line: Any, room: int) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
