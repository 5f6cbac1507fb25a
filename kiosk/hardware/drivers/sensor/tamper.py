"""A tamper contact: a microswitch or reed contact that opens when the cabinet is forced, or taken off its wall.

Wire it from the pin to ground, closed while all is well; opening it, or cutting its cable, tells. Further contacts
may stand in the same loop. A knock that opens it for less than `debounce_s` is not told.

An opening stays told for 24 hours after the contact closed again, or until the kiosk is restarted, so that whoever
comes next hears of it. When it happened is not kept. Written for any normally closed contact, such as the lid
switches of alarm boxes.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.alarm_contact import AlarmContact

TOLD_S = 24 * 3600.0
"""How long an opening is told after the contact closed again."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One contact, or several in a loop."""

    pin: Pin
    open_low: Annotated[bool, Meta(description="True if the pin is low while the contact is open")] = False
    debounce_s: Annotated[float, Meta(ge=0, le=10, description="Openings shorter than this are knocks; seconds")] = 0.2


class Driver:
    """An alert as in `kiosk.hardware.api.Alert`."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin. Raises HardwareError; then it is not claimed."""
        self._name = name
        self._clock = board.clock
        self._contact = AlarmContact(board, options.pin, alarm_low=options.open_low, steady_s=options.debounce_s)

    def alert(self) -> str | None:
        """Return a sentence while it is open, for 24 h after, and when it cannot be read."""
        try:
            opened = self._contact.raised()
        except HardwareError as error:
            return f"Tamper contact {self._name} cannot be read. {error}"
        if opened:
            return (
                f"Tamper contact {self._name} is open: the cabinet was forced, or the contact's cable is cut. "
                "Look at the machine, and close or mend it."
            )
        if self._clock.monotonic() - self._contact.last_raised < TOLD_S:
            return (
                f"Tamper contact {self._name} was open and is closed again: look whether the cabinet was forced. This "
                "is told for 24 hours, or until the kiosk is restarted."
            )
        return self._contact.failure

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._contact.close()
