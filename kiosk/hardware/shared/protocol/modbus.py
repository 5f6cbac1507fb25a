"""Modbus RTU frames for relay boards: what is asked, and the answer found among whatever arrived. Pure.

Functions and layouts are those of the Modbus Application Protocol 1.1b3, section 6, in the frames of Modbus over
Serial Line 1.02, section 2.5.1: address, function, data, CRC with the low byte first. `pulse` is the "flash on" of
Waveshare's relay boards and those that copy them.
"""

from __future__ import annotations

from typing import NamedTuple

from kiosk.checksum import MODBUS, crc16_arc

READ_COILS = 0x01
READ_INPUTS = 0x02
WRITE_COIL = 0x05
WRITE_COILS = 0x0F
EXCEPTION = 0x80
PULSE_FROM = 0x0200
"""Coil addresses from here on switch on for as many tenths of a second as the value says; the board counts them."""

REASONS = {
    1: "it does not know this function",
    2: "it has no such relay or input",
    3: "it does not take this value",
    4: "it failed",
    6: "it is busy",
}


class Refusal(NamedTuple):
    """A board's exception answer."""

    code: int

    def __str__(self) -> str:
        return REASONS.get(self.code, f"exception {self.code}")


class Question(NamedTuple):
    """A request, and how its answer begins and how many bytes it has before its CRC."""

    request: bytes
    begins: bytes
    length: int

    def answer(self, heard: bytes) -> Found | None:
        """Return the first whole answer in `heard`, with a right CRC, or None while there is none."""
        refused = bytes([self.request[0], self.request[1] | EXCEPTION])
        for at in range(len(heard)):
            if (frame := _frame(heard, at, self.begins, self.length)) is not None:
                return Found(frame[len(self.begins) :], None, alone=len(heard) == self.length + 2)
            if (frame := _frame(heard, at, refused, 3)) is not None:
                return Found(b"", Refusal(frame[2]), alone=len(heard) == 5)
        return None


class Found(NamedTuple):
    """An answer: its data, or the board's refusal. `alone`: nothing but it was heard."""

    data: bytes
    refusal: Refusal | None
    alone: bool

    def bit(self, number: int) -> bool:
        """Return one of the bits that were read, from 0."""
        return bool(self.data[number // 8] >> number % 8 & 1)


def read(function: int, address: int, quantity: int) -> Question:
    """Ask for the first `quantity` relays (READ_COILS) or inputs (READ_INPUTS)."""
    size = (quantity + 7) // 8
    request = bytes([address, function, 0, 0]) + quantity.to_bytes(2, "big")
    return Question(sealed(request), bytes([address, function, size]), 3 + size)


def switch(address: int, relay: int, on: bool) -> Question:
    """Switch a relay, from 0."""
    return _echoed(address, relay, 0xFF00 if on else 0)


def pulse(address: int, relay: int, tenths: int) -> Question:
    """Switch a relay, from 0, on for 1 to 65535 tenths of a second, which the board itself counts."""
    return _echoed(address, PULSE_FROM + relay, tenths)


def all_off(address: int, relays: int) -> Question:
    """Switch all of the first `relays` relays off."""
    size = (relays + 7) // 8
    head = bytes([address, WRITE_COILS, 0, 0]) + relays.to_bytes(2, "big")
    return Question(sealed(head + bytes([size]) + bytes(size)), head, len(head))


def sealed(frame: bytes) -> bytes:
    """Return a frame with its CRC."""
    return frame + crc16_arc(frame, MODBUS).to_bytes(2, "little")


def _echoed(address: int, coil: int, value: int) -> Question:
    request = bytes([address, WRITE_COIL]) + coil.to_bytes(2, "big") + value.to_bytes(2, "big")
    return Question(sealed(request), request, len(request))


def _frame(heard: bytes, at: int, begins: bytes, length: int) -> bytes | None:
    frame = heard[at : at + length]
    if frame.startswith(begins) and heard[at : at + length + 2] == sealed(frame):
        return frame
    return None
