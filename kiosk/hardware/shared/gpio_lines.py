"""A GPIO line each way, as the drivers use them: edges that cannot kill the callback thread, errors with a remedy.

gpiozero reports the edges of every pin in one thread; an exception there would end the edges of all pins. So
`InputLine` swallows and remembers whatever its listener raises, and listeners only put on a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kiosk.errors import HardwareError
from kiosk.hardware.api import Board

T = TypeVar("T")

FRAME_S = 0.02
"""Servos take a pulse fifty times a second."""

Changed = Callable[[float, bool], None]
"""Told of an edge: the moment it happened, in seconds of the board's clock, and whether the line is active now."""


class InputLine:
    """An input pin. Its pull resistor holds it inactive: up for an active-low line, down for an active-high one."""

    def __init__(self, board: Board, pin: int, *, active_low: bool, changed: Changed) -> None:
        """Claim `pin` (BCM number) and report every edge to `changed`, in the callback thread, undelayed.

        Raises HardwareError when the pin is busy or not there; it is then not claimed.
        """
        # Here and not above: reading a configuration needs the drivers' options but none of gpiozero's 50 ms.
        from gpiozero import InputDevice

        self.failure: str | None = None
        self._changed = changed
        self._pin_number = pin
        self._active_level = not active_low
        self._device = _claim(pin, lambda: InputDevice(pin, pull_up=active_low, pin_factory=board.pin_factory))
        try:
            self._device.pin.when_changed = self._edge
        except Exception as error:
            self._device.close()
            raise _trouble(pin, error) from error

    def active(self) -> bool:
        """Read the line now. Raises HardwareError when it cannot be read."""
        try:
            return bool(self._device.pin.state) == self._active_level
        except Exception as error:
            raise _trouble(self._pin_number, error, self._device.closed) from error

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        if not self._device.closed:
            self._device.pin.when_changed = None
            self._device.close()

    def _edge(self, at: float, level: object) -> None:
        try:
            self._changed(at, bool(level) == self._active_level)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the edges of all pins
            self.failure = f"GPIO {self._pin_number}: an edge was lost ({error!r}). Restart the kiosk and report this."


class OutputLine:
    """An output pin, claimed at its inactive level without a pulse."""

    def __init__(self, board: Board, pin: int, *, active_low: bool) -> None:
        """Claim `pin` (BCM number), off. Raises HardwareError when it is busy or not there; it is then not claimed."""
        from gpiozero import OutputDevice

        self._pin_number = pin
        self._device = _claim(pin, lambda: OutputDevice(pin, active_high=not active_low, pin_factory=board.pin_factory))
        self._on_level = not active_low

    def on(self) -> None:
        """Switch on. Raises HardwareError when the pin does not obey or was given back."""
        self._write(self._on_level)

    def off(self) -> None:
        """Switch off. Raises HardwareError when the pin does not obey or was given back."""
        self._write(not self._on_level)

    def is_on(self) -> bool:
        """Read which level the pin really has. Raises HardwareError when it cannot be read."""
        try:
            return bool(self._device.pin.state) == self._on_level
        except Exception as error:
            raise _trouble(self._pin_number, error, self._device.closed) from error

    @property
    def closed(self) -> bool:
        return bool(self._device.closed)

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        if not self._device.closed:
            try:
                self.off()
            finally:
                self._device.close()

    def _write(self, level: bool) -> None:
        try:
            self._device.pin.state = level
        except Exception as error:
            raise _trouble(self._pin_number, error, self._device.closed) from error


class PulseLine:
    """An output pin that gives a pulse of a chosen length every 20 ms, as servos want them, or none and is low."""

    def __init__(self, board: Board, pin: int) -> None:
        """Claim `pin` (BCM number), low. Raises HardwareError when it cannot make pulses, is busy or not there."""
        from gpiozero import PWMOutputDevice

        self._pin_number = pin
        hertz = round(1 / FRAME_S)
        self._device = _claim(pin, lambda: PWMOutputDevice(pin, frequency=hertz, pin_factory=board.pin_factory))
        self.stop()

    def pulse(self, seconds: float) -> None:
        """Give pulses of so many seconds from now on. Raises HardwareError when the pin does not obey."""
        try:
            self._device.pin.frequency = round(1 / FRAME_S)
            # lgpio rounds down to a whole hundredth of the frame; a rounding error must not cost 0.2 ms.
            self._device.pin.state = seconds / FRAME_S + 1e-6
        except Exception as error:
            raise _trouble(self._pin_number, error, self._device.closed) from error

    def stop(self) -> None:
        """Give no more pulses. Raises HardwareError when the pin does not obey or was given back."""
        try:
            self._device.pin.frequency = None
            self._device.pin.state = 0
        except Exception as error:
            raise _trouble(self._pin_number, error, self._device.closed) from error

    def close(self) -> None:
        """Stop and give the pin back. May be called twice."""
        if not self._device.closed:
            try:
                self.stop()
            finally:
                self._device.close()


def _claim(pin: int, claim: Callable[[], T]) -> T:
    try:
        return claim()
    except Exception as error:
        raise _trouble(pin, error) from error


def _trouble(pin: int, error: Exception, closed: bool = False) -> HardwareError:
    if isinstance(error, HardwareError):  # the back-end has said it better, with its remedy
        return error
    if closed:
        return HardwareError(f"GPIO {pin} was given back already. Restart the kiosk to use it again.")
    text = str(error) or type(error).__name__
    if "busy" in text.lower():
        return HardwareError(
            f"GPIO {pin} is held by another program ({text}). Find it with `gpioinfo`, stop it, start the kiosk."
        )
    if "already in use" in text.lower():
        return HardwareError(f"GPIO {pin} is named twice in the configuration ({text}). Give each part its own pin.")
    return HardwareError(
        f"GPIO {pin} does not work ({text}). Check the pin number and the wiring, then restart the kiosk."
    )
