"""Lock boards "8A/80": the common RS-485 boards for 8 to 50 electric locks, many on one line.

Frames, from the sheet that comes with them ("485锁控板24路通讯协议", 2021; an English one is quoted at
https://raspberrypi.stackexchange.com/questions/68013), 9600 baud, 8N1, XX = all bytes before it combined by XOR:

    unlock   8A board lock 11 XX      about a second later   8A board lock 11 or 00 XX   (older boards: 80 ...)
    read     80 board lock 33 XX      at once                80 board lock 11 or 00 XX

11 stands for a contact that is made. The answer to `unlock` with 11 has the very bytes of the request, so that an
adapter that hears itself would say "open" for any lock: only what `read` tells is believed. To read lock 0 gives all
locks in one answer, but which byte comes first differs from board to board: each lock is read by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.checksum import xor8
from kiosk.config import SerialOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.lock_board.board import ANSWER_S, Lock, LockBoard

UNLOCK, READ = 0x8A, 0x80
PULL, ASK = 0x11, 0x33
MADE, PARTED = 0x11, 0x00
FRAME = 5
"""The length of every frame in use here, in bytes."""


class Options(SerialOptions, frozen=True, kw_only=True):
    """One RS-485 line with one or more boards, told apart by the switches on them."""

    baudrate: Annotated[int, Meta(ge=1200, le=115200, description="The boards' speed, in bits a second")] = 9600


class Driver(LockBoard):
    """The boards on one line."""

    unlock_s = 1.6
    """The boards answer about a second after they began to pull."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the port; nothing is raised if it or a board is not there yet."""
        super().__init__(name, options.port, options.baudrate, board)

    def unlock(self, lock: Lock) -> bool:
        try:
            self.exchange.ask(frame(UNLOCK, lock, PULL), state_of(lock, UNLOCK, READ), self.unlock_s)
        except HardwareError:
            if not self.exchange.port.is_open:
                raise
            return False
        return True

    def contact(self, lock: Lock, tries: int) -> bool:
        return self.exchange.ask(frame(READ, lock, ASK), state_of(lock, READ), ANSWER_S, tries)


def frame(command: int, lock: Lock, last: int) -> bytes:
    """Return a frame with its check byte."""
    body = bytes((command, lock.board, lock.number, last))
    return body + bytes((xor8(body),))


def state_of(lock: Lock, *heads: int) -> Callable[[bytes], bool | None]:
    """Return what finds the newest answer about `lock` among bytes: True if its contact is made, None if none came."""

    def state(heard: bytes) -> bool | None:
        for start in range(len(heard) - FRAME, -1, -1):
            found = heard[start : start + FRAME]
            about = found[0] in heads and found[1:3] == bytes(lock)
            if about and found[3] in (MADE, PARTED) and xor8(found) == 0:
                return found[3] == MADE
        return None

    return state
