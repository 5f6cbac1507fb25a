"""A card, fob or barcode reader on a serial port, which sends each text as a line.

Name its port by its stable path, `port = "serial/by-id/usb-…"`; readers with an RS-232 plug need a USB adapter,
readers with TTL levels the header's UART at 3.3 V. A text ends with CR, LF or ETX; STX before it, and all other
control characters, are left out. What nobody ended is forgotten after one second. After its cable was pulled the port
is found again by itself. Written for barcode modules (Waveshare, Honeywell; 9600 or 115200 baud) and for 125 kHz
readers such as ID-12 and RDM6300 (9600 baud, STX, ten digits and a checksum of two, ETX), whose text here is all
twelve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from kiosk.config import SerialOptions
from kiosk.hardware.api import Board
from kiosk.hardware.shared.keys.entry import LineEntry
from kiosk.hardware.shared.serial_port import SerialPort

FORGET_S = 1.0
"""A reader sends a line at once. After such a pause what came before was cut off."""


class Options(SerialOptions, frozen=True, kw_only=True):
    """One reader."""

    baudrate: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600


class Driver:
    """A keypad as in `kiosk.hardware.api.Keypad`. What is read is neither kept nor logged."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the port; nothing is raised if it is not there yet."""
        self._clock = board.clock
        self._entered: Callable[[str], None] | None = None
        self._entry = LineEntry(FORGET_S)
        path = board.device(options.port)
        self._port = SerialPort(name, path, options.baudrate, board.clock, self._received)
        self._port.start()

    def on_entry(self, entered: Callable[[str], None]) -> None:
        """Call `entered` with each whole text, in the port's thread."""
        self._entered = entered

    def fault(self) -> str | None:
        """Return a sentence for staff while the port is not open."""
        return self._port.fault()

    def close(self) -> None:
        """Give the port back. May be called twice."""
        self._port.close()

    def _received(self, data: bytes) -> None:
        if not data:
            self._entry.forget()
        for text in self._entry.feed(data, self._clock.monotonic()):
            if self._entered:
                self._entered(text)
