"""The kernel's input devices as files of events, read without a library: keyboards, scanners, card readers.

The events' form and the numbers are the kernel's ABI (linux/input.h, input-event-codes.h), which never changes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kiosk import threads

EVENT = struct.Struct("@llHHi")
"""`struct input_event`: two longs of time, type, code, value. 24 bytes on 64-bit, 16 on 32-bit computers."""
EVIOCGRAB = 0x40044590
"""`_IOW('E', 0x90, int)`: what is typed reaches nobody else, above all not the console."""
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
RETRY_S = 1.0
"""How often a device that is not there is looked for, in seconds of real time."""


class KeyEvent(NamedTuple):
    """A key went down or up."""

    code: int
    down: bool


Listener = Callable[[KeyEvent | None], None]
"""Told of each key; None means that some were lost, or that the device was plugged in just now."""


class EventDevice:
    """An input device that one part owns. It is found again by its stable name after its cable was pulled."""

    def __init__(self, name: str, path: Path, listener: Listener) -> None:
        """Begin to look for the device; nothing is raised if it is not there yet.

        `listener` is called in the device's thread and must not raise.
        """
        self._path = path
        self._listener = listener
        self._trouble: str | None = "it was not looked for yet"
        self._closed = False
        self._wake_read, self._wake_write = os.pipe()
        self._lock = threading.Lock()
        self._thread = threads.start(f"input-{name}", self._run)

    def trouble(self) -> str | None:
        """Return why nothing can be read, in a few words; None while all is well."""
        return self._trouble

    def close(self) -> None:
        """Give the device back. May be called twice, but not by the listener."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.write(self._wake_write, b"\0")
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closed:
                self._read_until_lost()
                self._wait(RETRY_S)
        finally:
            with self._lock:
                self._closed = True
                os.close(self._wake_read)
                os.close(self._wake_write)

    def _read_until_lost(self) -> None:
        try:
            device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            self._trouble = _reason(error)
            return
        try:
            _grab(device)
            self._trouble = None
            self._listener(None)
            while not self._closed:
                self._wait(None, device)
                self._hand_on(device)
        except OSError as error:
            self._trouble = _reason(error)
        finally:
            os.close(device)

    def _hand_on(self, device: int) -> None:
        try:
            data = os.read(device, 64 * EVENT.size)
        except BlockingIOError:
            return
        if not data:
            raise OSError(errno.ENODEV, "the device went away")
        for _, _, kind, code, value in EVENT.iter_unpack(data[: len(data) // EVENT.size * EVENT.size]):
            if kind == EV_KEY and value in (0, 1):  # 2 repeats a key that is held
                self._listener(KeyEvent(code, bool(value)))
            elif kind == EV_SYN and code == SYN_DROPPED:
                self._listener(None)

    def _wait(self, timeout_s: float | None, *others: int) -> None:
        if not self._closed:
            select.select([*others, self._wake_read], [], [], timeout_s)


def _grab(device: int) -> None:
    """Keep what is typed to ourselves. What is no input device of the kernel's, as in a simulation, is used as is."""
    mode = os.fstat(device).st_mode
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
        raise OSError(errno.ENXIO, "it is a file")
    try:
        fcntl.ioctl(device, EVIOCGRAB, 1)
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise


def _reason(error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return "another program holds it"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "the kiosk's user may not open it (add it to the group input)"
    if error.errno == errno.ENXIO:
        return "it is no input device"
    if error.errno == errno.ENOENT:
        return "it is not plugged in"
    return "the connection was lost"
