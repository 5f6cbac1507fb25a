"""A serial port through its life, on a real pty: late, held by another, pulled, full, idle, closed."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from kiosk import threads
from kiosk.errors import HardwareError
from kiosk.hardware.shared import serial_port
from kiosk.hardware.shared.request_reply import Exchange
from kiosk.hardware.shared.serial_port import SerialPort
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import LATE_S, STALLED_BYTES, Line
from kiosk.simulator.store import Store
from kiosk.simulator.timeline_clock import TimelineClock
from tests.hardware.machine import until

NAME = "serial/by-id/usb-adapter"


class Bench:
    """The far end of a line, what it heard, and ports that were opened on it."""

    def __init__(self, root: Path) -> None:
        self.cabinet = Cabinet(1.0, 1, Store(None), root / "sys", root / "dev", flows=False)
        self.clock = TimelineClock(self.cabinet.timeline)
        self.path = root / "dev" / NAME
        self.heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.line = Line(self.cabinet, NAME, lambda data, _: self.heard.put(data))
        self._opened: list[SerialPort | Exchange] = []

    def port(self) -> SerialPort:
        port = SerialPort("The adapter", self.path, 9600, self.clock, self.came.put)
        port.start()
        self._opened.append(port)
        return port

    def exchange(self) -> Exchange:
        exchange = Exchange("The board", self.path, 9600, self.clock)
        self._opened.append(exchange)
        assert exchange.port.wait_open(5.0)
        return exchange

    def opened(self) -> SerialPort:
        port = self.port()
        assert port.wait_open(5.0)
        assert self.came.get(timeout=5) == b""
        return port

    def say(self, data: bytes) -> None:
        with self.cabinet.timeline.lock:
            self.line.say(data)

    def later(self, after_s: float, data: bytes) -> None:
        """Say something in so many seconds of the machine's time."""
        timeline = self.cabinet.timeline
        timeline.at(timeline.now() + after_s, lambda _: self.line.say(data))

    def cable(self, out: bool) -> None:
        self.line.set_faults({Fault.CABLE_OUT} if out else set())

    def close(self) -> None:
        for opened in self._opened:
            opened.close()
        self.line.close()
        self.cabinet.timeline.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_bytes_go_both_ways(bench: Bench) -> None:
    port = bench.opened()
    port.write(bytes(range(256)))
    assert bench.heard.get(timeout=5) == bytes(range(256))
    bench.say(b"\x00\x03\x04\x11\x13\x1a\r\n\xff")
    assert bench.came.get(timeout=5) == b"\x00\x03\x04\x11\x13\x1a\r\n\xff"
    assert port.fault() is None


def test_a_second_program_cannot_open_it_and_is_told_so(bench: Bench) -> None:
    bench.opened()
    second = bench.port()
    assert until(lambda: "another program holds the port" in (second.fault() or ""))
    assert "The adapter does not answer at usb-adapter" in str(second.fault())
    with pytest.raises(serial.SerialException):
        serial.Serial(str(bench.path), exclusive=True)


def test_it_waits_for_another_program_to_let_go(bench: Bench) -> None:
    with serial.Serial(str(bench.path), exclusive=True):
        port = bench.port()
        assert until(lambda: "another program" in (port.fault() or ""))
    assert port.wait_open(5.0)


def test_a_device_that_appears_later_is_found(bench: Bench) -> None:
    bench.cable(out=True)
    port = bench.port()
    assert until(lambda: "there is no such device" in (port.fault() or ""))
    with pytest.raises(HardwareError, match="Check its cable and its power"):
        port.write(b"x")
    bench.cable(out=False)
    assert port.wait_open(5.0)
    port.write(b"hello")
    assert bench.heard.get(timeout=5) == b"hello"


def test_a_cable_that_comes_back_is_found(bench: Bench) -> None:
    port = bench.opened()
    for _ in range(3):
        bench.cable(out=True)
        assert until(lambda: not port.is_open)
        with pytest.raises(HardwareError):
            port.write(b"x")
        bench.cable(out=False)
        began = time.monotonic()
        assert port.wait_open(5.0)
        assert time.monotonic() - began < 1.0
        assert bench.came.get(timeout=5) == b"", "whoever reads is told that it is another connection"


def test_a_cable_pulled_at_the_very_moment_of_opening(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The far end vanishes between the port's opening and each of the calls that set it up."""
    monkeypatch.setattr(serial_port, "RETRY_S", 0.0)
    died: list[str] = []
    monkeypatch.setattr(threads.start, "__defaults__", (lambda: died.append("the port's thread"),))
    port = bench.port()
    for _ in range(300):
        bench.line.set_faults({Fault.CABLE_OUT})
        bench.line.set_faults(set())
    assert died == []
    assert port.wait_open(5.0)


def test_nothing_is_heard_before_it_is_started(bench: Bench) -> None:
    """Whoever listens may answer at once, and needs the port for it."""
    port = SerialPort("The adapter", bench.path, 9600, bench.clock, bench.came.put)
    assert not port.wait_open(0.2)
    port.close()
    assert bench.came.empty()


def test_what_was_said_before_it_opened_is_not_heard(bench: Bench) -> None:
    bench.say(b"before")
    bench.opened()
    bench.say(b"after")
    assert bench.came.get(timeout=5) == b"after"


def test_a_device_that_takes_nothing_is_told_and_found_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "WRITE_TIMEOUT_S", 0.2)
    port = bench.opened()

    def flood() -> None:
        for _ in range(200):
            port.write(bytes(4096))

    with bench.cabinet.timeline.lock:  # the device does not read
        with pytest.raises(HardwareError, match="the connection was lost"):
            flood()
        assert not port.is_open
    assert port.wait_open(5.0)


def test_closing_ends_the_thread_while_it_reads_or_looks(bench: Bench) -> None:
    reading = bench.opened()
    looking = bench.port()
    for port in (reading, looking):
        began = time.monotonic()
        port.close()
        port.close()
        assert time.monotonic() - began < serial_port.RETRY_S
        assert port.fault() is None
        with pytest.raises(HardwareError, match="was closed"):
            port.write(b"x")
    assert not [thread for thread in threading.enumerate() if thread.name == "port-The adapter"]


def test_writing_from_many_threads_while_the_cable_comes_and_goes(bench: Bench) -> None:
    port = bench.opened()
    ended: list[str] = []

    def write() -> None:
        for _ in range(200):
            try:
                port.write(b"abcdefgh")
            except HardwareError as error:
                ended.append(str(error))
            time.sleep(0.0005)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for out in (True, False, True, False):
        time.sleep(0.03)
        bench.cable(out)
    for thread in threads:
        thread.join()
    assert all("The adapter" in sentence for sentence in ended)
    assert port.wait_open(5.0)


def cpu_s(name: str) -> float:
    """Return the processor time that a thread has used."""
    native = next(thread.native_id for thread in threading.enumerate() if thread.name == name)
    fields = Path(f"/proc/self/task/{native}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("out", [False, True], ids=["idle", "gone"])
def test_it_costs_next_to_nothing_to_wait(bench: Bench, out: bool) -> None:
    bench.opened()
    bench.cable(out)
    time.sleep(0.1)
    before = cpu_s("port-The adapter")
    time.sleep(1.5)
    assert cpu_s("port-The adapter") - before <= 0.03
    assert cpu_s(f"line-{bench.path.name}") <= 0.1


def whole(heard: bytes) -> bytes | None:
    """Understand what ends with a full stop."""
    return heard if heard.endswith(b".") else None


def test_an_answer_in_pieces_is_one_answer(bench: Bench) -> None:
    exchange = bench.exchange()
    for after_s, piece in ((0.03, b"ye"), (0.06, b"s"), (0.09, b".")):
        bench.later(after_s, piece)
    assert exchange.ask(b"?", whole, 0.1) == b"yes."
    assert exchange.fault() is None


def test_a_late_answer_is_none_to_the_next_request(bench: Bench) -> None:
    exchange = bench.exchange()
    with pytest.raises(HardwareError, match="The board does not answer at usb-adapter: check its power"):
        exchange.ask(b"1?", whole, 0.05)
    stumbles = exchange.stumbles
    bench.say(b"one.")
    bench.clock.sleep(0.05)
    bench.later(0.05, b"two.")
    assert exchange.ask(b"2?", whole, 0.1) == b"two."
    assert exchange.stumbles == stumbles + 1, "what came unasked is remembered"


def test_it_asks_as_often_as_it_may(bench: Bench) -> None:
    exchange = bench.exchange()
    with pytest.raises(HardwareError):
        exchange.ask(b"?", whole, 0.05, tries=3)
    assert [bench.heard.get(timeout=5) for _ in range(3)] == [b"?"] * 3
    assert bench.heard.empty()
    assert "check its power" in str(exchange.fault())


def test_who_asks_is_not_kept_waiting_by_noise_that_never_ends(bench: Bench) -> None:
    exchange = bench.exchange()
    for number in range(1000):
        bench.later(number * 0.001, bytes(500))
    began = bench.clock.monotonic()
    with pytest.raises(HardwareError):
        exchange.ask(b"?", whole, 0.3)
    assert bench.clock.monotonic() - began == pytest.approx(0.3)


def test_a_cable_pulled_while_it_waits_ends_the_wait(bench: Bench) -> None:
    exchange, timeline = bench.exchange(), bench.cabinet.timeline
    began = timeline.now()

    def out_and_in(_: float) -> None:
        bench.cable(out=True)
        bench.cable(out=False)

    timeline.at(began + 0.1, out_and_in)
    with pytest.raises(HardwareError):
        exchange.ask(b"?", whole, 30.0)
    assert timeline.now() - began < 5.0


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.LINE_DROPS, []),
        (Fault.LINE_STALLS, [b"abcdef"[:STALLED_BYTES]]),
        (Fault.LINE_TWICE, [b"abcdefabcdef"]),
    ],
)
def test_what_a_bad_line_makes_of_a_message(bench: Bench, fault: Fault, expected: list[bytes]) -> None:
    bench.opened()
    bench.line.set_faults({fault})
    bench.say(b"abcdef")
    heard = b""
    while len(heard) < len(b"".join(expected)):
        heard += bench.came.get(timeout=5)
    assert heard == b"".join(expected)
    time.sleep(0.02)
    assert bench.came.empty()


def test_a_corrupted_message_has_one_wrong_bit(bench: Bench) -> None:
    bench.opened()
    bench.line.set_faults({Fault.LINE_CORRUPTS})
    bench.say(b"abcdef")
    heard = bench.came.get(timeout=5)
    wrong = [first ^ second for first, second in zip(heard, b"abcdef", strict=True)]
    assert sum(bits.bit_count() for bits in wrong) == 1


def test_a_late_message_comes_late(bench: Bench) -> None:
    bench.opened()
    bench.line.set_faults({Fault.LINE_LATE})
    began = bench.cabinet.timeline.now()
    bench.say(b"abcdef")
    assert bench.clock.get(bench.came, 10.0) == b"abcdef"
    assert bench.cabinet.timeline.now() - began == pytest.approx(LATE_S)


def test_time_stands_while_bytes_are_under_way(bench: Bench) -> None:
    """However long whoever is to read them is held up by other work of the computer."""
    reads, heard_at = threading.Event(), list[float]()

    def hear(data: bytes) -> None:
        if data:
            reads.wait()
            heard_at.append(bench.clock.monotonic())

    port = SerialPort("The adapter", bench.path, 9600, bench.clock, hear)
    port.start()
    assert port.wait_open(5.0)
    bench.say(b"nobody reads this yet")
    began = bench.clock.monotonic()
    threading.Timer(0.2, reads.set).start()
    bench.clock.sleep(100)
    assert heard_at == [began]
    assert bench.clock.monotonic() == pytest.approx(began + 100)
    port.close()
