"""Frames of the "VMC - upper computer" protocol, which vending machines of several Chinese makers speak. Pure.

    FA FB  command  length  [number, text]  XOR        RS-232, 57600 8N1

The machine is the master: it polls every 200 ms, and each frame of either side is answered within 100 ms. Commands,
codes and times are those of "VMC - Upper computer" V3.0; the paragraph is named where one matters.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from kiosk.checksum import xor8

START = b"\xfa\xfb"
OVERHEAD = 5
"""Bytes of a frame besides number and text."""
LONGEST_BODY = 128
"""More than any frame that a machine sends without being asked for sales figures; a longer one is an error."""
GAP_S = 0.08
"""A frame has no pause in it. At 57600 baud its bytes are 0.2 ms apart; a USB adapter adds at most 16 ms."""
LAST_NUMBER = 255
"""Frames of one side are numbered 1 to 255, and then from 1 again; a number is said again with a repeat (2.)."""


class Command(enum.IntEnum):
    """What a frame is for. Others exist, for money and prices; they are acknowledged, and nothing else."""

    CHECK = 0x01
    """Ours: can this selection be driven? (4.3.1)"""
    STATE = 0x02
    """The machine's answer to CHECK."""
    BUY = 0x03
    """Drive a selection as its own menu says. Never sent by us."""
    STATUS = 0x04
    """The machine tells how the drive of a selection goes, and ends (4.3.3)."""
    DRIVE = 0x06
    """Ours: drive a selection, with or without its drop sensor and its elevator (4.3.5)."""
    SYNC = 0x31
    """Either begins anew and wants to know all (4.4.4)."""
    POLL = 0x41
    ACK = 0x42
    ASK_HEALTH = 0x53
    """Ours: how are elevator and delivery door? (4.3.6)"""
    HEALTH = 0x54


class Packet(Struct, frozen=True):
    """A frame that arrived whole: its command, and number and text if it has any."""

    command: int
    body: bytes

    @property
    def number(self) -> int:
        """Return its number, 0 if it has none."""
        return self.body[0] if self.body else 0

    @property
    def selection(self) -> int | None:
        """Return the selection that a STATE or STATUS is about."""
        return int.from_bytes(self.body[2:4], "big") if len(self.body) >= 4 else None

    @property
    def code(self) -> int | None:
        """Return what a STATE, STATUS or HEALTH says."""
        return self.body[1] if len(self.body) >= 2 else None


def frame(command: int, body: bytes = b"") -> bytes:
    """Return the bytes of a frame; `body` is number and text, at most LONGEST_BODY bytes."""
    head = START + bytes([command, len(body)]) + body
    return head + bytes([xor8(head)])


POLL = frame(Command.POLL)
ACK = frame(Command.ACK)


def check_text(selection: int) -> bytes:
    """Return the text of a CHECK of a selection, 1 to 999."""
    return selection.to_bytes(2, "big")


def drive_text(selection: int, *, drop_sensor: bool, elevator: bool) -> bytes:
    """Return the text of a DRIVE of a selection, 1 to 999."""
    return bytes([drop_sensor, elevator]) + selection.to_bytes(2, "big")


def after(number: int) -> int:
    """Return the number that follows `number`."""
    return number % LAST_NUMBER + 1


class Decoder:
    """Finds frames among bytes. Whatever came before, a good frame after a pause is found.

    A wrong length makes it wait for bytes that never come, at most for GAP_S: then what it holds is searched again
    from the next byte on, so a good frame behind a wrong one is only late.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._fed = float("-inf")

    def feed(self, data: bytes, now: float) -> list[Packet]:
        """Take bytes that came at `now` (monotonic seconds), and return the frames that are whole."""
        found: list[Packet] = []
        if self._held and now - self._fed > GAP_S:
            found = self._take(paused=True)
            self._held.clear()
        self._fed = now
        self._held += data
        return found + self._take(paused=False)

    @property
    def held(self) -> int:
        """How many bytes wait for more, less than the longest frame."""
        return len(self._held)

    def clear(self) -> None:
        """Forget what is held."""
        self._held.clear()

    def _take(self, *, paused: bool) -> list[Packet]:
        """Take every whole frame out of what is held; after a pause nothing is left of it."""
        found: list[Packet] = []
        while (size := self._size()) is not None:
            if size > len(self._held):
                if not paused:
                    return found
            elif xor8(bytes(self._held[:size])) == 0:
                found.append(Packet(self._held[2], bytes(self._held[4 : size - 1])))
                del self._held[:size]
                continue
            del self._held[:1]  # no frame begins here
        return found

    def _size(self) -> int | None:
        """Return how long the frame must be that begins first, at least OVERHEAD; None if nothing can begin one.

        What cannot belong to a frame is dropped on the way.
        """
        while (begins := self._held.find(START)) >= 0:
            del self._held[:begins]
            if len(self._held) < len(START) + 2:
                return OVERHEAD
            if self._held[3] <= LONGEST_BODY:
                return OVERHEAD + self._held[3]
            del self._held[:1]
        half = self._held.endswith(START[:1])
        del self._held[: len(self._held) - half]
        return None
