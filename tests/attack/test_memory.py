"""Requests that would fill the memory: cut off while they are read, at every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.attack.doors import Door
from tests.attack.memory import GROWTH_MIB, forget_peak, peak_mib
from tests.conftest import Evidence

MIB = 1024 * 1024
FLOOD = 48
"""MiB that an attacker tries to send at a time: more than the memory may grow by, and quickly sent."""

DOORS = ("control", "glass", "pages", "pages with TLS")
TWO = ("control", "pages")
"""All doors have the same server; what differs are the limits of the application, and TLS."""


@pytest.fixture(scope="module")
def grown(doors: dict[str, Door], evidence: Evidence) -> Iterator[Callable[[Door], float]]:
    """Tell by how many MiB a door's process has ever grown since it was first asked."""
    for door in doors.values():
        assert door.ask() == 200
        forget_peak(door.pid)
    before = {door.pid: peak_mib(door.pid) for door in doors.values()}

    def growth(door: Door) -> float:
        return peak_mib(door.pid) - before[door.pid]

    yield growth
    evidence.count("memory_growth_mib", round(max(growth(door) for door in doors.values())))


def flood(door: Door, head: bytes, block: bytes, foot: bytes = b"") -> bytes:
    """Send a head and then blocks until 48 MiB went or the line was cut; return the answer, if one came."""
    with door.connect() as line:
        with suppress(OSError):
            line.sendall(head)
            for _ in range(FLOOD * MIB // len(block)):
                line.sendall(block)
            line.sendall(foot)
        with suppress(OSError):
            return line.recv(100)
    return b""


def one_chunk(door: Door) -> bytes:
    return flood(door, door.post("Transfer-Encoding: chunked") + b"%x\r\n" % (400 * MIB), b"x" * MIB)


def many_chunks(door: Door) -> bytes:
    return flood(door, door.post("Transfer-Encoding: chunked"), b"400\r\n" + b"x" * 1024 + b"\r\n")


def small_chunks(door: Door) -> bytes:
    return flood(door, door.post("Transfer-Encoding: chunked"), b"1\r\nx\r\n" * 10_000)


def a_chunk_extension(door: Door) -> bytes:
    return flood(door, door.post("Transfer-Encoding: chunked") + b"1;", b"x" * MIB)


def a_trailer(door: Door) -> bytes:
    return flood(door, door.post("Transfer-Encoding: chunked") + b"0\r\nX: ", b"x" * MIB)


def a_long_body(door: Door) -> bytes:
    return flood(door, door.post(f"Content-Length: {400 * MIB}"), b"x" * MIB)


def one_header(door: Door) -> bytes:
    return flood(door, b"GET / HTTP/1.1\r\nX: ", b"x" * MIB)


def many_headers(door: Door) -> bytes:
    return flood(door, b"GET / HTTP/1.1\r\n", b"".join(b"X-%d: y\r\n" % number for number in range(10_000)))


def a_long_address(door: Door) -> bytes:
    return flood(door, b"GET /", b"x" * MIB)


def empty_lines(door: Door) -> bytes:
    return flood(door, b"", b"\r\n" * MIB)


TOO_MUCH: dict[Callable[[Door], bytes], bytes] = {
    one_chunk: b" 413 ",
    many_chunks: b" 413 ",
    small_chunks: b" 413 ",
    a_chunk_extension: b" 413 ",
    a_trailer: b" 413 ",
    a_long_body: b" 413 ",
    one_header: b" 431 ",
    many_headers: b" 431 ",
    a_long_address: b" 431 ",
    empty_lines: b" 400 ",
}


AT_ALL_DOORS = (one_chunk, a_long_body, one_header)


@pytest.mark.parametrize(
    ("attack", "name"),
    [(attack, name) for attack in TOO_MUCH for name in (DOORS if attack in AT_ALL_DOORS else TWO)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_too_much_is_cut_off(
    doors: dict[str, Door],
    grown: Callable[[Door], float],
    evidence: Evidence,
    name: str,
    attack: Callable[[Door], bytes],
) -> None:
    evidence.count("memory_attacks")
    assert TOO_MUCH[attack] in attack(doors[name])
    assert doors[name].ask() == 200
    assert grown(doors[name]) <= GROWTH_MIB


NONSENSE = {
    "past 2^63": "Transfer-Encoding: chunked\r\n\r\n1180591620717411303424\r\nx",
    "of 5,000 digits": f"Transfer-Encoding: chunked\r\n\r\n{'f' * 5000}\r\nx",
    "negative chunk": "Transfer-Encoding: chunked\r\n\r\n-5\r\nx",
    "chunk that is no number": "Transfer-Encoding: chunked\r\n\r\nzz\r\nx",
    "negative length": "Content-Length: -5\r\n\r\nx",
    "length of 5,000 digits": f"Content-Length: {'9' * 5000}\r\n\r\nx",
    "two lengths": "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("sizes", NONSENSE.values(), ids=NONSENSE)
def test_a_size_that_makes_no_sense_is_a_mistake(
    doors: dict[str, Door], evidence: Evidence, name: str, sizes: str
) -> None:
    evidence.count("memory_attacks")
    door = doors[name]
    with door.connect() as line:
        line.sendall(f"POST {door.form} HTTP/1.1\r\nHost: localhost\r\n{sizes}".encode())
        assert b" 400 " in line.recv(100)


def half_open(door: Door, stack: ExitStack) -> None:
    """Have 250 requests wait, each with almost all that it may hold."""
    body = 120 * 1024 if door.name == "control" else 15 * 1024
    for _ in range(250):
        line = stack.enter_context(door.connect())
        with suppress(OSError):
            line.sendall(door.post("Content-Length: " + str(body)) + b"x" * (body - 1))


def at_once(door: Door, stack: ExitStack) -> None:
    """Send 200 times as many requests as go into 16 kB."""
    for _ in range(200):
        line = stack.enter_context(door.connect())
        with suppress(OSError):
            line.sendall(b"GET / HTTP/1.1\r\n\r\n" * 900)


def never_read(door: Door, stack: ExitStack) -> None:
    """Ask for 300 pages and read none of them."""
    for _ in range(300):
        line = stack.enter_context(door.connect())
        line.sendall(f"GET {door.page} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("attack", "name"),
    [(attack, name) for attack in (half_open, at_once) for name in DOORS] + [(never_read, name) for name in TWO],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_many_together_hold_no_more(
    doors: dict[str, Door],
    grown: Callable[[Door], float],
    evidence: Evidence,
    name: str,
    attack: Callable[[Door, ExitStack], None],
) -> None:
    evidence.count("memory_attacks")
    with ExitStack() as stack:
        attack(doors[name], stack)
        assert doors[name].ask() == 200
    assert grown(doors[name]) <= GROWTH_MIB
