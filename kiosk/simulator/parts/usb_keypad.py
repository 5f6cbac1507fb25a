"""A USB keypad or scanner, as a file of the kernel's events: a pipe stands for the input device."""

from __future__ import annotations

import contextlib
import os

from kiosk.hardware.pins.base import device_below
from kiosk.hardware.shared.keys.codes import presses
from kiosk.hardware.shared.keys.evdev import EV_KEY, EV_SYN, EVENT, SYN_DROPPED
from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart

ENTER, SHIFT, MIDDLE = 28, 42, 76
EV_MSC = 4
REPEATED = 2


class Body(KeptPart):
    """A device that types. Unplugged, its file is gone."""

    accepts = frozenset({Fault.UNPLUGGED, Fault.KEY_STUCK})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._path = device_below(self.options.device, cabinet.dev_root)
        self._file = -1
        self._stuck = False
        self.changed()

    def type(self, text: str, end: bool = True) -> None:
        """Type `text`, and Enter after it. Raises KeyError for what no key types."""
        for code, shifted in presses(text) + [(ENTER, False)] * end:
            if shifted:
                self.key(SHIFT, True)
            self.key(code, True)
            self.key(code, False)
            if shifted:
                self.key(SHIFT, False)

    def press_key(self, key: str) -> None:
        """Press one key, `Enter` or what it types. Raises KeyError for what no key types."""
        self.type("" if key == "Enter" else key, end=key == "Enter")

    def key(self, code: int, down: bool) -> None:
        """Press or let go of a key, by its number; as keyboards do, the scan code is told first."""
        self.send((EV_MSC, 4, code), (EV_KEY, code, int(down)), (EV_SYN, 0, 0))

    def repeat(self, code: int) -> None:
        """Let the kernel repeat a key that is held."""
        self.send((EV_KEY, code, REPEATED), (EV_SYN, 0, 0))

    def lose_events(self) -> None:
        """Let the kernel say that it had to drop events."""
        self.send((EV_SYN, SYN_DROPPED, 0))

    def send(self, *events: tuple[int, int, int]) -> None:
        """Send raw events: type, code, value."""
        with self.cabinet.timeline.lock, contextlib.suppress(BlockingIOError):  # a full pipe loses them
            if self._file >= 0:
                os.write(self._file, b"".join(EVENT.pack(0, 0, *event) for event in events))

    def changed(self) -> None:
        if Fault.UNPLUGGED in self.faults:
            self._unplug()
        elif self._file < 0:
            self._plug_in()
        stuck = Fault.KEY_STUCK in self.faults
        if stuck != self._stuck:
            self._stuck = stuck
            self.key(MIDDLE, stuck)

    def close(self) -> None:
        """Take the file away. May be called twice."""
        with self.cabinet.timeline.lock:
            self._unplug()

    def _plug_in(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path)
        self._file = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def _unplug(self) -> None:
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1
