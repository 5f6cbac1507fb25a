"""A Modbus RTU relay and input board: what its firmware does, byte by byte, with its own timers."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Line

THINKS_S = 0.002
"""How long the firmware takes for an answer, besides the time of the bytes on the wire."""
FORGETS_S = 0.1
"""Half a request is forgotten when the rest does not follow."""
BITS_A_BYTE = 10
ANSWER_BYTES = 8

Switched = Callable[[bool], None]


class BoardKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    faults: tuple[Fault, ...] = ()


class Refuses(Exception):  # noqa: N818 - it is no error of ours
    """The board answers with an exception."""


class Body(Part):
    """The board. Parts that hang on it are built after it: see `wire` and `set_input`."""

    accepts = Line.accepts | {Fault.BOARD_OFF}

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"board {name}", BoardKept)
        self.faults = set(kept.faults if kept else ())
        self.relays = [False] * self.options.relays
        self.inputs = [False] * self.options.inputs
        self._wires: dict[int, Switched] = {}
        self._pulse = [0] * self.options.relays
        self._heard = b""
        self._heard_at = cabinet.timeline.now()
        self.line = Line(cabinet, self.options.port, self._hear)
        self.line.set_faults(self.faults)
        cabinet.on_power.append(self._power)

    def wire(self, relay: int, switched: Switched) -> None:
        """Lead a relay, from 1, to something that is switched by it. A relay that is not there is never switched."""
        self._wires[relay - 1] = switched

    def set_input(self, number: int, on: bool) -> None:
        """Put a level on an input, from 1. A wire to an input that the board does not have leads nowhere."""
        if number <= len(self.inputs):
            self.inputs[number - 1] = on

    def fault_changed(self) -> None:
        self.cabinet.store.put(f"board {self.name}", BoardKept(tuple(self.faults)))
        if not self._powered():
            self._reset()
        self.line.set_faults(self.faults)

    def close(self) -> None:
        self.line.close()

    def _powered(self) -> bool:
        return self.cabinet.powered and Fault.BOARD_OFF not in self.faults

    def _power(self, _: float) -> None:
        self._reset()

    def _reset(self) -> None:
        self._heard = b""
        for relay in range(len(self.relays)):
            self._set(relay, False)

    def _set(self, relay: int, on: bool) -> None:
        self._pulse[relay] += 1  # whatever timer ran for it is void
        if on != self.relays[relay]:
            self.relays[relay] = on
            if relay in self._wires:
                self._wires[relay](on)

    def _hear(self, data: bytes, at: float) -> None:
        if not self._powered():
            return
        if at - self._heard_at > FORGETS_S:
            self._heard = b""
        self._heard, self._heard_at = (self._heard + data)[-256:], at
        while (length := self._length()) and len(self._heard) >= length:
            frame, self._heard = self._heard[:length], self._heard[length:]
            if _crc(frame[:-2]) != frame[-2:]:
                self._heard = b""
            elif frame[0] == self.options.address:
                self._answer(frame, at)

    def _length(self) -> int:
        """Return how long the request is that began, 0 while that is not known."""
        if len(self._heard) < 7:
            return 0
        return 9 + self._heard[6] if self._heard[1] == 0x0F else 8

    def _answer(self, frame: bytes, at: float) -> None:
        """Carry a request out once it and its answer have had their time on the wire."""
        on_wire_s = BITS_A_BYTE * (len(frame) + ANSWER_BYTES) / self.options.baudrate
        self.cabinet.timeline.at(at + on_wire_s + THINKS_S, lambda _: self._act(frame))

    def _act(self, frame: bytes) -> None:
        if not self._powered():
            return
        address, function, where, value = struct.unpack(">BBHH", frame[:6])
        try:
            said = self._do(function, where, value, frame)
        except Refuses as refusal:
            said = bytes([address, function | 0x80, refusal.args[0]])
        self.line.say(said + _crc(said))

    def _do(self, function: int, where: int, value: int, frame: bytes) -> bytes:
        if function in (0x01, 0x02):
            bits = (self.relays if function == 0x01 else self.inputs)[where : where + value]
            if not 1 <= value == len(bits):
                raise Refuses(2)
            packed = sum(1 << place for place, bit in enumerate(bits) if bit).to_bytes((value + 7) // 8, "little")
            return frame[:2] + bytes([len(packed)]) + packed
        if function == 0x05:
            self._write(where, value)
        elif function == 0x0F:
            if where + value > len(self.relays):
                raise Refuses(2)
            for place in range(value):
                self._set(where + place, bool(frame[7 + place // 8] >> place % 8 & 1))
        else:
            raise Refuses(1)
        return frame[:6]

    def _write(self, where: int, value: int) -> None:
        flashes = where >= 0x0200 and self.options.pulses
        relay = where - 0x0200 if flashes else where
        if relay >= len(self.relays):
            raise Refuses(2)
        if flashes:
            self._set(relay, True)
            pulse = self._pulse[relay]
            self.cabinet.timeline.at(self.cabinet.timeline.now() + value / 10, lambda _: self._end(relay, pulse))
        elif value in (0x0000, 0xFF00):
            self._set(relay, value == 0xFF00)
        else:
            raise Refuses(3)

    def _end(self, relay: int, pulse: int) -> None:
        if pulse == self._pulse[relay]:
            self._set(relay, False)


def _crc(frame: bytes) -> bytes:
    """Return the two bytes of a frame's CRC: CRC-16 with 0x8005, every byte and the result with its bits reversed."""
    register = 0xFFFF
    for byte in frame:
        register ^= int(f"{byte:08b}"[::-1], 2) << 8
        for _ in range(8):
            register = (register << 1 ^ (0x8005 if register & 0x8000 else 0)) & 0xFFFF
    return int(f"{register:016b}"[::-1], 2).to_bytes(2, "little")
