"""An output that pulls to ground or lets go, and never drives high, so that two of them may be shorted together."""

from __future__ import annotations

from typing import Any

from kiosk.errors import HardwareError
from kiosk.hardware.api import Board


class OpenDrainLine:
    """An open-drain output on a pin, with the pin's own pull-up."""

    def __init__(self, board: Board, pin: int) -> None:
        """Claim `pin` (BCM number), let go. Raises HardwareError when it is busy or not there; it is not claimed."""
        from gpiozero import InputDevice

        self._number = pin
        try:
            self._device: Any = InputDevice(pin, pull_up=True, pin_factory=board.pin_factory)
        except Exception as error:
            raise HardwareError(f"GPIO {pin} cannot be used ({error}). Check the pin number and the wiring.") from error

    def pull(self) -> None:
        """Pull to ground. Raises HardwareError when the pin does not obey or was given back."""
        self._do("output_with_state", False)

    def let_go(self) -> None:
        """Let go. Raises HardwareError when the pin does not obey or was given back."""
        self._do("input_with_pull", "up")

    def close(self) -> None:
        """Let go and give the pin back. May be called twice."""
        self._device.close()

    def _do(self, what: str, value: object) -> None:
        if self._device.closed:
            raise HardwareError(f"GPIO {self._number} was given back already. Restart the kiosk to use it again.")
        try:
            getattr(self._device.pin, what)(value)
        except Exception as error:
            raise HardwareError(f"GPIO {self._number} does not work ({error}). Restart the kiosk.") from error
