"""A USB keypad, barcode scanner or card reader: anything that types as a keyboard does ("keyboard wedge").

Name it by its stable path, `device = "input/by-id/usb-…-event-kbd"` (`ls /dev/input/by-id`), and add the kiosk's user
to the group `input`. It is taken for ourselves alone, so what is typed reaches no console; a far end that is no input
device of the kernel's, as in the simulated machine, cannot be taken and is used all the same. A whole text ends with
Enter (set a scanner to send it after each code); Escape clears it, Backspace takes a key back, and what nobody ended
is forgotten after 30 s. The keys are those of a US keyboard. After its cable was pulled it is found again within two
seconds.

Written for any USB HID keypad, for barcode scanners in their HID keyboard mode (Honeywell, Zebra, Netum), and for 125
kHz and NFC readers that type a card's number.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.config import DevicePath
from kiosk.config import Options as BaseOptions
from kiosk.hardware.api import Board
from kiosk.hardware.shared.keys.entry import KeyboardEntry
from kiosk.hardware.shared.keys.evdev import EventDevice, KeyEvent

FORGET_S = 30.0
"""Whoever typed half a text and went away leaves nothing to the next visitor."""
STUCK_S = 30.0
"""Nobody holds a key for longer."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One keypad, scanner or reader."""

    device: Annotated[DevicePath, Meta(examples=["input/by-id/usb-SIGMACHIP_USB_Keyboard-event-kbd"])]

    def signs(self) -> str:
        """Return the digits: what more it has, nobody can tell from here."""
        return string.digits


class Driver:
    """A keypad as in `kiosk.hardware.api.Keypad`. What is typed is neither kept nor logged."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the device; nothing is raised if it is not there yet."""
        self._name = name
        self._path = board.device(options.device)
        self._clock = board.clock
        self._entered: Callable[[str], None] | None = None
        self._entry = KeyboardEntry(FORGET_S)
        self._device = EventDevice(name, self._path, self._event)

    def on_entry(self, entered: Callable[[str], None]) -> None:
        """Call `entered` with each whole text, in the device's thread."""
        self._entered = entered

    def fault(self) -> str | None:
        """Return a sentence for staff if it is not there, held by others, or a key is stuck."""
        if trouble := self._device.trouble():
            return (
                f"{self._name} cannot be read at {self._path.name}: {trouble}. Check its cable; it is found again by "
                "itself."
            )
        now = self._clock.monotonic()
        if any(now - since > STUCK_S for since in self._entry.down.copy().values()):
            return f"{self._name}: a key is stuck. Free it, or unplug it and change it."
        return None

    def close(self) -> None:
        """Give the device back. May be called twice."""
        self._device.close()

    def _event(self, event: KeyEvent | None) -> None:
        if event is None:  # half a text must not become a whole one
            self._entry.forget()
            return
        text = self._entry.event(event.code, event.down, self._clock.monotonic())
        if text and self._entered:
            self._entered(text)
