"""A keyboard that the kernel takes for one at a USB port, by its uinput."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from typing import Self

from kiosk.hardware.shared.keys.codes import ENTERS, SHIFTS, presses

UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_CREATE, UI_DEV_DESTROY = 0x40045564, 0x40045565, 0x5501, 0x5502
UI_DEV_SETUP, UI_GET_SYSNAME = 0x405C5503, 0x8050552C
"""Of linux/uinput.h."""
SETUP = struct.Struct("HHHH80sI")
EVENT = struct.Struct("@llHHi")
EV_SYN, EV_KEY, BUS_USB = 0, 1, 3
CODES = range(1, 120)
"""The keys of a keyboard (linux/input-event-codes.h)."""


class Keyboard:
    """A keyboard with a stable name, as udev gives one: while it is plugged in `link` leads to it."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._device: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pull_out()

    def plug_in(self) -> Path:
        """Make it, and return the kernel's own path of it."""
        device = self._device = os.open("/dev/uinput", os.O_WRONLY)
        fcntl.ioctl(device, UI_SET_EVBIT, EV_KEY)
        for code in CODES:
            fcntl.ioctl(device, UI_SET_KEYBIT, code)
        fcntl.ioctl(device, UI_DEV_SETUP, SETUP.pack(BUS_USB, 1, 1, 1, b"keyboard", 0))
        fcntl.ioctl(device, UI_DEV_CREATE)
        system_name = fcntl.ioctl(device, UI_GET_SYSNAME, bytes(80)).rstrip(b"\0").decode()
        (event,) = Path("/sys/devices/virtual/input", system_name).glob("event*")
        path = Path("/dev/input") / event.name
        self._link.symlink_to(path)
        return path

    def pull_out(self) -> None:
        """Take it away. Nothing happens if it is not there."""
        if self._device is not None:
            self._link.unlink()
            fcntl.ioctl(self._device, UI_DEV_DESTROY)
            os.close(self._device)
            self._device = None

    def type(self, text: str) -> None:
        """Press and release the keys of `text` and Enter, one after the other."""
        for code, shifted in [*presses(text), (min(ENTERS), False)]:
            shift = [min(SHIFTS)] if shifted else []
            for key in (*shift, code):
                self._key(key, 1)
            for key in (code, *shift):
                self._key(key, 0)

    def _key(self, code: int, down: int) -> None:
        assert self._device is not None
        os.write(self._device, EVENT.pack(0, 0, EV_KEY, code, down) + EVENT.pack(0, 0, EV_SYN, 0, 0))
