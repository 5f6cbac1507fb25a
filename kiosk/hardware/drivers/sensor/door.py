"""A door contact on one input pin: a reed switch to ground that opens with the door.

Wire it from the pin to ground, its magnet on the door, so that it is closed while the door is; the pin's own pull-up
does the rest, and a cut cable reads as open. Written for normally open reed contacts (closed by their magnet), as
sold for alarm systems; one that the closed door opens needs `open_low = true`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import InputLine


class Options(BaseOptions, frozen=True, kw_only=True):
    """One contact."""

    pin: Pin
    open_low: Annotated[bool, Meta(description="True if the pin is low while the door is open")] = False


class Driver:
    """A door as in `kiosk.hardware.api.Switch`. It is read, not listened to, so bounces do not matter."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin. Raises HardwareError; then it is not claimed."""
        self._name = name
        # Named for the closed door, so that the pull resistor gives the open door's level once the contact opens.
        self._closed = InputLine(board, options.pin, active_low=not options.open_low, changed=_ignore)

    def is_open(self) -> bool | None:
        """Say whether the door is open; None when the pin cannot be read. A cut cable reads as open."""
        try:
            return not self._closed.active()
        except HardwareError:
            return None

    def fault(self) -> str | None:
        """Return a sentence for staff if the contact cannot be read."""
        if self.is_open() is None:
            return f"Door contact {self._name} cannot be read: check its pin, then restart the kiosk."
        return None

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._closed.close()


def _ignore(_at: float, _closed: bool) -> None:
    """Nobody waits for the door."""
