"""A serial port that one controller or reader owns: named stably, held exclusively, found again after its cable.

The port opens by itself as soon as its device is there, also long after the kiosk started, and again whenever the
cable was pulled. A thread of its own reads and hands on what came at once; nothing polls, so the first byte of a
request leaves as soon as it is written.
"""

from __future__ import annotations

import contextlib
import os
import select
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import serial

from kiosk.clock import Clock
from kiosk.errors import HardwareError

RETRY_S = 0.25
"""How often a port that is not there is looked for, in seconds of the board's clock."""
WRITE_TIMEOUT_S = 1.0
"""A port that takes no byte for so long, in seconds of real time, hangs. All our messages fit into its buffer."""

LOST = (OSError, serial.SerialException, termios.error, ValueError, TypeError)
"""What pyserial raises when a device vanishes, whatever it was just doing: termios.error is no OSError."""

Received = Callable[[bytes], None]


class SerialPort:
    """An 8N1 serial port. `write` may be called from any thread; what comes is handed on in the port's own thread."""

    def __init__(self, name: str, path: Path, baudrate: int, clock: Clock, received: Received) -> None:
        """Prepare for the port at `path`; `start` begins to look for it.

        `received` gets the bytes as they come, in the port's thread, and must not raise; `b""` means that the port
        was opened just now, so that whatever came before is void.
        """
        self._name = name
        self._path = path
        self._baudrate = baudrate
        self._clock = clock
        self._cable = clock.cable(path)
        self._received = received
        self._port: serial.Serial | None = None
        self._lock = threading.Lock()
        self._trouble = "it was not opened yet"
        self._closing = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        self._opened = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for the port; nothing is raised if it is not there yet.

        Call this last: `received` may be called, and may call `write`, before it returns.
        """
        self._thread = self._clock.start(f"port-{self._name}", self._run)

    def write(self, data: bytes) -> None:
        """Send `data` at once. Raises HardwareError if the port is not open or takes nothing; some may have left."""
        with self._lock:
            port = self._port
            if port is None:
                raise HardwareError(self.fault() or f"The port of {self._name} was closed.")
            self._cable.sends(len(data))
            try:
                port.write(data)
            except LOST as error:
                self._cable.sends(-len(data))
                self._lost(error)
                raise HardwareError(self.fault() or str(error)) from error

    def wait_open(self, timeout_s: float) -> bool:
        """Wait until the port is open, at most `timeout_s` seconds of the board's clock; say whether it is."""
        return self._clock.wait(self._opened, timeout_s)

    @property
    def is_open(self) -> bool:
        """Whether the port is open now."""
        return self._opened.is_set()

    def fault(self) -> str | None:
        """Return a sentence for staff while the port is not open."""
        if self._opened.is_set() or self._closing.is_set():
            return None
        return (
            f"{self._name} does not answer at {self._path.name}: {self._trouble}. Check its cable and its power; "
            "it is found again by itself."
        )

    def close(self) -> None:
        """Give the port back. May be called twice, but not from `received`."""
        with self._lock:
            self._closing.set()
            self._wake()
        if self._thread is not None:
            self._clock.join(self._thread)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if self._port is not None:
                    self._read(self._port)
                elif not self._open():
                    self._clock.wait(self._closing, RETRY_S)
        finally:
            with self._lock:
                self._drop()
                os.close(self._wake_read)
                os.close(self._wake_write)
                self._wake_write = -1

    def _open(self) -> bool:
        try:
            with self._cable.opening():
                port = serial.Serial(
                    str(self._path), self._baudrate, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True
                )
        except LOST as error:
            self._trouble = _reason(error)
            return False
        with self._lock:
            self._port = port
            self._opened.set()
        self._received(b"")
        return True

    def _read(self, port: serial.Serial) -> None:
        try:
            if self._woken(port):
                return
            data = port.read(4096)
        except LOST as error:
            with self._lock:
                self._lost(error)
            return
        if data:
            self._received(data)
            self._cable.took(len(data))

    def _woken(self, port: serial.Serial) -> bool:
        """Wait until there is something to read from `port`; True if something else is to do."""
        with self._clock.away(lambda: self._closing.is_set() or self._port is not port):
            ready, _, _ = select.select([port.fileno(), self._wake_read], [], [])
        if self._wake_read in ready:
            os.read(self._wake_read, 64)
            return True
        return False

    def _lost(self, error: Exception) -> None:
        self._trouble = _reason(error)
        self._drop()
        self._wake()

    def _drop(self) -> None:
        port, self._port = self._port, None
        self._opened.clear()
        if port is not None:
            with contextlib.suppress(*LOST):
                port.close()
            self._cable.closed()

    def _wake(self) -> None:
        """Interrupt the port's thread. Called under the lock, as the pipe is closed under it."""
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, FileNotFoundError) or number == 2:
        return "there is no such device"
    if "lock" in str(error) or number == 11:
        return "another program holds the port"
    if number == 13:
        return "the kiosk's user may not open it (add it to the group dialout)"
    return "the connection was lost"
