"""A status light on one output pin: steady, blinking, or a short flash now and then.

Steady means ready, slow blinking wait, fast blinking take it, a short flash every two seconds that nothing came out.
Wire an LED with its resistor from the pin to ground (330 Ω, no more than 10 mA), or a 12 V lamp through a transistor.
Written for plain LEDs and for the lamps in arcade buttons.
"""

from __future__ import annotations

import queue
import threading
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Signal
from kiosk.hardware.lines import OutputLine

PATTERNS_S: dict[Signal, tuple[float, float]] = {
    Signal.READY: (1.0, 0.0),
    Signal.WORKING: (0.5, 0.5),
    Signal.TAKE: (0.2, 0.2),
    Signal.SORRY: (0.1, 1.9),
}
"""Seconds on and off, in turns. No more than three flashes a second, which could harm people (WCAG 2.3.1)."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One light."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if the light is on while its pin is low")] = False


class Driver:
    """A light as in `kiosk.hardware.api.Light`. One thread blinks it; a light that fails never stops a vend."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, the light off. Raises HardwareError; then it is not claimed."""
        self._line = OutputLine(board, options.pin, active_low=options.active_low)
        self._signals: queue.SimpleQueue[Signal | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._blink, name=f"light {name}", daemon=True)
        self._thread.start()

    def show(self, signal: Signal) -> None:
        """Show `signal` until the next call. Returns at once and never raises."""
        self._signals.put(signal)

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        self._signals.put(None)
        self._thread.join()
        self._line.close()

    def _blink(self) -> None:
        signal = self._signals.get()
        while signal is not None:
            try:
                signal = self._show_until_next(*PATTERNS_S[signal])
            except HardwareError:  # the light stays as it is; the next signal tries again
                signal = self._signals.get()

    def _show_until_next(self, on_s: float, off_s: float) -> Signal | None:
        # Blinking is for eyes, so it keeps to wall time however fast a simulated machine runs.
        self._line.on()
        while off_s:
            for switch, for_s in ((self._line.off, on_s), (self._line.on, off_s)):
                try:
                    return self._signals.get(timeout=for_s)
                except queue.Empty:
                    switch()
        return self._signals.get()
