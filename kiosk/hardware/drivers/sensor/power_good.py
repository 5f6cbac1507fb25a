"""Mains power as a pin sees it: the "power good" or "power lost" output of a UPS board, or a relay on the mains side.

Wire the UPS's signal to the pin, with a common ground; 3.3 V at most. Written for UPS boards such as the Geekworm
X728 (its PLD pin, GPIO 6, goes high when the mains are gone: `lost_low = false`) and for DIN-rail UPS with a dry
contact to ground that opens when the mains are gone (`lost_low = false`). A signal that is high while power is good
needs `lost_low = true`, the default. Either way a cut cable tells that the mains are gone.

A UPS that the kernel knows tells more: see `power_supply`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.alarm_contact import AlarmContact


class Options(BaseOptions, frozen=True, kw_only=True):
    """One signal."""

    pin: Pin
    lost_low: Annotated[bool, Meta(description="True if the pin is low while the mains are gone")] = True
    after_s: Annotated[float, Meta(ge=0, le=3600, description="A loss of mains is reported after so many seconds")] = (
        2.0
    )


class Driver:
    """An alert as in `kiosk.hardware.api.Alert`."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin. Raises HardwareError; then it is not claimed."""
        self._name = name
        self._contact = AlarmContact(board, options.pin, alarm_low=options.lost_low, steady_s=options.after_s)

    def alert(self) -> str | None:
        """Return a sentence while the mains are gone, and when that cannot be told."""
        try:
            lost = self._contact.raised()
        except HardwareError as error:
            return f"Mains sensor {self._name} cannot be read. {error}"
        if lost:
            return (
                f"{self._name}: mains power is gone, and the kiosk runs on its battery. Check plug, socket and fuse, "
                "then the sensor's cable."
            )
        return self._contact.failure

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._contact.close()
