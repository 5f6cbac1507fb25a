"""A light inside the machine, switched by a relay or a transistor on one output pin.

It is on while the machine works and for `after_s` after, so that a visitor sees what comes out; with `always = true`
it is on day and night, as a machine that is dark looks out of order. Wire a relay board with its own supply for lamps
above 24 V, and let an electrician do mains. Written for relay boards and MOSFET switches; most relay boards are on
while their pin is low.
"""

from __future__ import annotations

import queue
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Signal
from kiosk.hardware.shared.gpio_lines import OutputLine


class Options(BaseOptions, frozen=True, kw_only=True):
    """One light."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if the light is on while its pin is low")] = False
    after_s: Annotated[float, Meta(ge=0, le=86400, description="How long it stays on after a vend; seconds")] = 60.0
    always: Annotated[bool, Meta(description="On day and night")] = False


class Driver:
    """A light as in `kiosk.hardware.api.Light`. One thread switches it; a light that fails never stops a vend."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, off, or on if it always is. Raises HardwareError; then it is not claimed."""
        self._options = options
        self._clock = board.clock
        self._line = OutputLine(board, options.pin, active_low=options.active_low)
        self._signals: queue.SimpleQueue[Signal | None] = queue.SimpleQueue()
        try:
            if options.always:
                self._line.on()
        except BaseException:
            self._line.close()
            raise
        self._thread = self._clock.start(f"light-{name}", self._run)

    def show(self, signal: Signal, urgent: bool = False) -> None:  # noqa: ARG002 - it disturbs nobody at any hour
        """Light up for a vend, or go out a while after. Returns at once and never raises."""
        if signal.lasts:
            self._signals.put(signal)

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        self._signals.put(None)
        self._clock.join(self._thread)
        self._line.close()

    def _run(self) -> None:
        lit = self._options.always
        signal = self._clock.get(self._signals)
        while signal is not None:
            try:
                if signal is not Signal.READY:
                    self._line.on()
                    lit = True
                elif lit and not self._options.always:
                    signal = self._clock.get(self._signals, self._options.after_s)
                    continue
            except HardwareError:  # the light stays as it is; the next signal tries again
                lit = True
            except queue.Empty:
                lit = self._goes_out()
            signal = self._clock.get(self._signals)

    def _goes_out(self) -> bool:
        try:
            self._line.off()
        except HardwareError:
            return True
        return False
