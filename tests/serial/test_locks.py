"""Lock boards as their makers' sheets describe them, and what a locker's driver makes of what they say."""

from __future__ import annotations

import itertools
import os
import pty
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.clock import Clock
from kiosk.config import Hardware
from kiosk.errors import HardwareError
from kiosk.hardware.api import Turn
from kiosk.hardware.drivers.controller import kerong_cu, lock_board_8a
from kiosk.hardware.pins.base import BaseBoard
from kiosk.hardware.shared.lock_board.board import Lock
from kiosk.simulator.faults import Fault
from tests.serial.lock_rig import BOARDS, Wall, wall


@pytest.fixture(params=BOARDS)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wall]:
    with wall(tmp_path, request.param) as made:
        yield made


# --- The bytes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "lock", "sent"),
    [(1, 1, "8A 01 01 11 9B"), (2, 1, "8A 02 01 11 98"), (1, 6, "8A 01 06 11 9C"), (1, 7, "8A 01 07 11 9D")],
)
def test_8a_unlocks_with_the_frames_of_the_sheet(board: int, lock: int, sent: str) -> None:
    frame = lock_board_8a.frame(lock_board_8a.UNLOCK, Lock(board, lock), lock_board_8a.PULL)
    assert frame == bytes.fromhex(sent)


@pytest.mark.parametrize(("board", "lock", "sent"), [(1, 1, "80 01 01 33 B3"), (2, 1, "80 02 01 33 B0")])
def test_8a_reads_with_the_frames_of_the_sheet(board: int, lock: int, sent: str) -> None:
    frame = lock_board_8a.frame(lock_board_8a.READ, Lock(board, lock), lock_board_8a.ASK)
    assert frame == bytes.fromhex(sent)


@pytest.mark.parametrize(
    ("heard", "made"),
    [
        ("80 01 01 11 91", True),
        ("80 01 01 00 80", False),
        ("00 FF 80 01 01 11 91 FF", True),
        ("80 01 01 00 80 80 01 01 11 91", True),
        ("80 01 01 11", None),
        ("80 01 01 11 90", None),
        ("80 01 01 22 A2", None),
        ("80 02 01 11 92", None),
        ("80 01 02 11 92", None),
        ("8A 01 01 11 9B", None),
        ("80 01 01 33 B3", None),
        ("", None),
    ],
)
def test_8a_believes_only_a_whole_answer_about_that_lock(heard: str, made: bool | None) -> None:
    assert lock_board_8a.state_of(Lock(1, 1), lock_board_8a.READ)(bytes.fromhex(heard)) is made


@pytest.mark.parametrize(
    ("address", "command", "sent"),
    [
        (0x00, kerong_cu.STATUS, "02 00 30 03 35"),
        (0x00, kerong_cu.UNLOCK, "02 00 31 03 36"),
        (0x0F, kerong_cu.UNLOCK, "02 0F 31 03 45"),
        (0x12, kerong_cu.UNLOCK, "02 12 31 03 48"),
    ],
)
def test_kerong_asks_with_the_frames_of_the_sheet(address: int, command: int, sent: str) -> None:
    assert kerong_cu.frame(address, command) == bytes.fromhex(sent)


@pytest.mark.parametrize(
    ("heard", "hooks"),
    [
        ("02 00 35 FF FF 00 00 03 38", 0xFFFF),
        ("02 00 35 FE 7F 00 00 03 B7", 0x7FFE),
        ("02 05 35 01 00 00 00 03 40", 0x0001),
        ("02 10 35 FF FF 00 00 03 48", None),
        ("02 00 35 FF FF 00 00 03 39", None),
        ("02 00 36 FF FF 00 00 03 39", None),
        ("02 00 35 FF FF 00 00 03", None),
        ("02 00 30 03 35", None),
    ],
)
def test_kerong_believes_only_a_whole_answer_of_that_board(heard: str, hooks: int | None) -> None:
    assert kerong_cu.hooks_of(0)(bytes.fromhex(heard)) == hooks


class Sheet:
    """The far end of a cable at which somebody answers from a sheet of paper, line by line."""

    def __init__(self, dev: Path, lines: list[tuple[str, str]]) -> None:
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        (dev / "ttyUSB0").symlink_to(os.ttyname(self._far))
        self._lines = lines
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def close(self) -> None:
        self._thread.join(timeout=5)
        os.close(self._near)
        os.close(self._far)

    def _answer(self) -> None:
        for asked, answer in self._lines:
            wanted = len(bytes.fromhex(asked))
            heard = b""
            while len(heard) < wanted:
                heard += os.read(self._near, wanted - len(heard))
            self.heard.append(heard.hex(" ").upper())
            os.write(self._near, bytes.fromhex(answer))


@pytest.mark.parametrize(
    ("driver", "lines"),
    [
        (
            lock_board_8a,
            [
                ("80 01 03 33 B1", "80 01 03 00 82"),
                ("8A 01 03 11 99", "8A 01 03 11 99"),
                ("80 01 03 33 B1", "80 01 03 11 93"),
            ],
        ),
        (
            kerong_cu,
            [
                ("02 10 30 03 45", "02 10 35 04 00 00 00 03 4E"),
                ("02 12 31 03 48", "02 12 35 04 00 00 00 03 50"),
                ("02 10 30 03 45", "02 10 35 00 00 00 00 03 4A"),
            ],
        ),
    ],
    ids=["8a", "kerong"],
)
def test_a_door_that_opens_byte_by_byte(driver: Any, lines: list[tuple[str, str]], tmp_path: Path) -> None:
    """No simulated machine here: what goes over the wire stands in makers' sheets."""
    sheet = Sheet(tmp_path, lines)
    board: Any = BaseBoard(Hardware(), Clock(), sys_root=tmp_path, dev_root=tmp_path)
    locks = driver.Driver("locks", driver.Options(port="ttyUSB0"), board)
    lock = Lock(1, 3)
    locks.attach(lock, "open" if driver is lock_board_8a else "closed")
    assert locks.is_open(lock) is False
    assert locks.unlock(lock)
    assert locks.is_open(lock) is True
    locks.close()
    sheet.close()
    assert sheet.heard == [asked for asked, _ in lines]


# --- A locker -------------------------------------------------------------------------------------------------------


def test_a_visitor_takes_what_is_in_a_locker_and_closes_it(running: Wall) -> None:
    started: list[bool] = []
    assert running.motors["A1"].turn(lambda: started.append(True)) is Turn.UNLOCKED
    assert started == [True]
    assert running.locker("A1").opened
    running.leave()
    assert not running.locker("A1").opened
    assert running.truth("A1") == (1, 1, False)
    assert running.motors["A1"].fault() is None


def test_a_contact_that_says_open_is_not_believed_to_the_harm_of_whoever_waits(running: Wall) -> None:
    running.locker("A2").set_open(True)
    assert running.turn("A2") is Turn.UNLOCKED
    assert "A2: the door stood open before: close it." in running.motors["A2"].advice()
    assert running.world.motions("A2") == 1
    running.locker("A2").set_open(False)
    assert running.turn("A2") is Turn.UNLOCKED
    assert running.motors["A2"].advice() is None


def test_a_stuck_bolt_names_the_cable_and_the_door(running: Wall) -> None:
    running.world.set_fault(Fault.BOLT_STUCK, True, "A3")
    for failures in (1, 2):
        assert running.turn("A3") is Turn.NOT_STARTED
        assert "A3: did not open. Check lock cable 3 of board" in running.motors["A3"].advice()
        assert (running.motors["A3"].fault() is None) == (failures < 2)
    assert running.world.motions("A3") == 2
    assert running.world.inside("A3") == 1


def test_nothing_is_sent_to_a_lock_whose_board_is_silent(running: Wall) -> None:
    running.world.set_fault(Fault.BOARD_OFF, True, "locks")
    assert running.turn() is Turn.ABSENT
    assert "A1: not unlocked. locks does not answer at usb-locks" in running.motors["A1"].advice()
    assert "check its power" in running.locks.fault()
    running.world.set_fault(Fault.BOARD_OFF, False, "locks")
    assert running.turn() is Turn.UNLOCKED
    assert running.locks.fault() is None


def test_a_board_that_falls_silent_after_the_request_leaves_it_open_what_happened(running: Wall) -> None:
    after_the_request(running, lambda: running.world.set_fault(Fault.LINE_DROPS, True, "locks"))
    assert running.turn() is HardwareError
    assert "look whether it is open" in running.motors["A1"].advice()
    assert running.world.motions("A1") == 1


def test_an_answer_that_is_lost_once_costs_nothing(running: Wall) -> None:
    lost = iter([True, False, True, False, True])
    running.line.mangle = lambda data: [] if next(lost, False) else [(0.0, data)]
    assert running.turn() is Turn.UNLOCKED
    assert running.world.motions("A1") == 1


def test_one_answer_alone_opens_nothing(running: Wall) -> None:
    """It may be a late one to a question of the visit before."""
    late = bytes.fromhex(
        "80 01 01 11 91" if isinstance(running.locks, lock_board_8a.Driver) else "02 00 35 00 00 00 00 03 3A"
    )
    messages = itertools.count()
    running.world.set_fault(Fault.BOLT_STUCK, True, "A1")
    running.line.mangle = lambda data: [(0.0, late if next(messages) == 2 else data)]
    assert running.turn() is Turn.NOT_STARTED


def test_the_limit_is_kept_on_a_line_that_never_is_quiet(running: Wall) -> None:
    running.line.mangle = lambda _: [(0.1 * late, b"\x80") for late in range(100)]
    began = running.clock.monotonic()
    assert running.turn() is Turn.ABSENT
    assert running.clock.monotonic() - began < running.motors["A1"].limit_s


def test_a_door_that_stands_open_is_told_after_a_minute_and_forgotten_when_closed(running: Wall) -> None:
    running.world.set_fault(Fault.DOOR_LEFT_OPEN, True, "A16")
    assert running.turn("A16") is Turn.UNLOCKED
    running.clock.sleep(50)
    assert running.motors["A16"].fault() is None
    running.clock.sleep(20)
    assert "A16: the door stands open. Close it" in running.motors["A16"].fault()
    running.world.set_fault(Fault.DOOR_LEFT_OPEN, False, "A16")
    running.locks.look()
    assert running.motors["A16"].fault() is None


def test_the_doors_are_looked_at_by_themselves(tmp_path: Path) -> None:
    with wall(tmp_path, "lock_board_8a") as running:
        running.locker("A2").set_open(True)
        assert running.until(lambda: running.locks.open_for_s(Lock(1, 2)) > 0)
        running.locker("A2").set_open(False)
        assert running.until(lambda: running.locks.open_for_s(Lock(1, 2)) == 0)


def test_to_ask_for_faults_asks_nothing_of_a_silent_board(running: Wall) -> None:
    running.world.set_fault(Fault.LINE_DROPS, True, "locks")
    began = running.clock.monotonic()
    for _ in range(100):
        running.locks.fault()
        running.motors["A1"].fault()
    assert running.clock.monotonic() == began


def test_a_locker_without_a_contact_is_believed_if_the_board_answers(tmp_path: Path) -> None:
    with wall(tmp_path, "lock_board_8a", feedback="none") as running:
        assert running.turn() is Turn.UNLOCKED
        running.leave()
        after_the_request(running, lambda: running.world.set_fault(Fault.LINE_DROPS, True, "locks"))
        assert running.turn() is HardwareError


def test_no_second_lock_is_opened_meanwhile(running: Wall) -> None:
    nested: list[object] = []
    assert running.motors["A1"].turn(lambda: nested.append(running.turn("A2"))) is Turn.UNLOCKED
    assert nested == [Turn.ABSENT]
    assert running.world.motions("A2") == 0
    assert "opens another lock" in running.motors["A2"].advice()


def after_the_request(running: Wall, do: Callable[[], None]) -> None:
    """Let something happen as soon as the request to unlock has arrived."""

    def heard(data: bytes) -> list[tuple[float, bytes]]:
        if data[0] == lock_board_8a.UNLOCK or data[2] == kerong_cu.UNLOCK:
            do()
        return [(0.0, data)]

    running.line.mangle_heard = heard
