"""Kerong lock boards KR-CU16: 16 electric locks a board, up to 16 boards on one RS-485 line.

Frames, as Kerong hands them out with the boards and their users publish them (https://github.com/jin0949/KR-CU16_locker),
19200 baud, 8N1; ADDR has the board in its upper four bits, as its switches say, and the lock in its lower four, from 0;
SUM = the lowest eight bits of the sum of all before it:

    unlock   02 ADDR 31 03 SUM      some boards answer as to `status`, others not at all
    status   02 ADDR 30 03 SUM      02 ADDR 35 locks1-8 locks9-16 sensors1-8 sensors9-16 03 SUM

Bit 0 is the first lock of a byte; it is set while the lock's hook is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.checksum import sum8
from kiosk.config import SerialOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.lock_board.board import ANSWER_S, Lock, LockBoard

START, END = 0x02, 0x03
STATUS, UNLOCK, STATE = 0x30, 0x31, 0x35
ANSWER = 9
"""The length of an answer, in bytes."""


class Options(SerialOptions, frozen=True, kw_only=True):
    """One RS-485 line with one or more boards, told apart by the switches on them."""

    baudrate: Annotated[int, Meta(ge=1200, le=115200, description="The boards' speed, in bits a second")] = 19200


class Driver(LockBoard):
    """The boards on one line."""

    unlock_s = ANSWER_S

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the port; nothing is raised if it or a board is not there yet."""
        super().__init__(name, options.port, options.baudrate, board)

    def unlock(self, lock: Lock) -> bool:
        address = lock.board << 4 | lock.number - 1
        try:
            self.exchange.ask(frame(address, UNLOCK), hooks_of(lock.board), self.unlock_s)
        except HardwareError:
            if not self.exchange.port.is_open:
                raise
            return False
        return True

    def contact(self, lock: Lock, tries: int) -> bool:
        hooks = self.exchange.ask(frame(lock.board << 4, STATUS), hooks_of(lock.board), ANSWER_S, tries)
        return bool(hooks >> (lock.number - 1) & 1)


def frame(address: int, command: int) -> bytes:
    """Return a request with its check byte."""
    body = bytes((START, address, command, END))
    return body + bytes((sum8(body),))


def hooks_of(board: int) -> Callable[[bytes], int | None]:
    """Return what finds the newest answer of `board` among bytes: a bit for each lock, from the lowest; or None."""

    def hooks(heard: bytes) -> int | None:
        for start in range(len(heard) - ANSWER, -1, -1):
            found = heard[start : start + ANSWER]
            shaped = found[0] == START and found[2] == STATE and found[7] == END
            if shaped and found[1] >> 4 == board and sum8(found[:-1]) == found[-1]:
                return int.from_bytes(found[3:5], "little")
        return None

    return hooks
