"""A reader at a serial port: lines become texts; noise, pauses and pulled cables make none."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.shared.keys.entry import LineEntry
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.hardware.bench import Bench, bench

PORT = "serial/by-id/usb-Reader_0815"


class Rig:
    def __init__(self, made: Bench) -> None:
        self.bench, self.body = made, made.body
        self.reader: Any = made.open()
        self.texts: list[str] = []
        self.reader.on_entry(self.texts.append)
        assert self.bench.until(lambda: self.reader.fault() is None)


@contextmanager
def reader(state: Path) -> Iterator[Rig]:
    with bench(state, "input", "serial_reader", port=PORT) as made:
        running = Rig(made)
        try:
            yield running
        finally:
            running.reader.close()


@pytest.mark.parametrize(
    ("sent", "texts"),
    [
        (b"4006381333931\r\n", ["4006381333931"]),
        (b"4006381333931\r", ["4006381333931"]),
        (b"4006381333931\n4711\n", ["4006381333931", "4711"]),
        (b"\x02620000F4A4B2\x03", ["620000F4A4B2"]),
        (b"\x020415AB5DF6B2\r\n\x03", ["0415AB5DF6B2"]),
        (b"\r\n\r\n12\r\n", ["12"]),
        (b"1\x00\x1d2\x7f3\r", ["123"]),
        ("café\n".encode(), ["café"]),
        (b"1" * 300 + b"\n", ["1" * 100]),
    ],
)
def test_a_line_is_a_text(tmp_path: Path, sent: bytes, texts: list[str]) -> None:
    with reader(tmp_path) as it:
        it.body.send(sent)
        assert it.bench.until(lambda: len(it.texts) == len(texts))
        assert it.texts == texts


def test_a_line_that_arrives_in_pieces_is_one_text(tmp_path: Path) -> None:
    with reader(tmp_path) as it:
        for piece in (b"40", b"0638", b"1\r", b"\n"):
            it.body.send(piece)
            it.bench.pass_s(0.01)
        assert it.bench.until(lambda: it.texts == ["4006381"])


def test_what_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    with reader(tmp_path) as it:
        it.body.send(b"4006")
        assert it.bench.until(lambda: it.reader._entry._entry._text == "4006")
        it.bench.pass_s(2)
        it.body.send(b"12\r")
        assert it.bench.until(lambda: it.texts == ["12"])


def test_a_pulled_cable_is_told_and_it_is_found_again(tmp_path: Path, evidence: Evidence) -> None:
    with reader(tmp_path) as it:
        it.body.send(b"4006")
        assert it.bench.until(lambda: it.reader._entry._entry._text == "4006")
        it.bench.world.set_fault(Fault.CABLE_OUT, True)
        assert it.bench.until(lambda: it.reader.fault() is not None)
        assert "Check its cable" in it.reader.fault()
        it.bench.world.set_fault(Fault.CABLE_OUT, False)
        assert it.bench.until(lambda: it.reader.fault() is None, 5)
        it.body.type("12")
        assert it.bench.until(lambda: it.texts == ["12"])
        evidence.count("cable_pulls")


def test_nothing_that_is_read_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with reader(tmp_path) as it:
        it.body.type("4711081547")
        assert it.bench.until(lambda: it.texts == ["4711081547"])
        assert "4711081547" not in caplog.text


def test_noise_harms_nothing(tmp_path: Path, evidence: Evidence) -> None:
    chance = random.Random(9)
    with reader(tmp_path) as it:
        for _ in range(300):
            it.body.send(chance.randbytes(chance.randint(1, 60)))
        it.body.send(b"\r")
        assert it.bench.until(lambda: not it.reader._entry._entry.begun)
        it.bench.pass_s(0.05)
        assert all(0 < len(text) <= 100 and text.isprintable() for text in it.texts)
        it.texts.clear()
        it.body.type("12")
        assert it.bench.until(lambda: "12" in it.texts)
        evidence.count("serial_bad_frames", 300)
        evidence.count("serial_violations", 0)


def spoilt(line: bytes, chance: random.Random) -> bytes:
    """Corrupt, cut off, double or interleave a line, as a bad cable does."""
    at = chance.randrange(len(line))
    return chance.choice(
        [
            line[:at] + bytes([line[at] ^ (1 << chance.randrange(8))]) + line[at + 1 :],
            line[:at],
            line + line,
            line[:at] + chance.randbytes(chance.randint(1, 200)) + line[at:],
            line[:at] + line[::-1] + line[at:],
        ]
    )


def test_ten_thousand_spoilt_lines_leave_the_next_one_whole(evidence: Evidence) -> None:
    chance = random.Random(11)
    entry, now, violations = LineEntry(1.0), 0.0, 0
    for _ in range(10_000):
        line = f"{chance.randrange(10**12):012d}\r\n".encode()
        for text in entry.feed(spoilt(line, chance), now):
            violations += not (0 < len(text) <= 100 and text.isprintable())
        now += 1.1  # a reader sends nothing for longer than this between two cards
        violations += entry.feed(line, now) != [line.decode().strip()]
    evidence.count("serial_bad_frames", 10_000)
    evidence.count("serial_violations", violations)
    assert violations == 0


@given(st.lists(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1, max_size=100), max_size=8))
def test_whole_texts_arrive_whatever_the_pieces(texts: list[str]) -> None:
    entry = LineEntry(1.0)
    stream = "".join(f"{text}\r\n" for text in texts).encode()
    came = [text for at in range(0, len(stream), 7) for text in entry.feed(stream[at : at + 7], 0.0)]
    assert came == texts
