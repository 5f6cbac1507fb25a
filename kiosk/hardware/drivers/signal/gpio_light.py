"""A status light on one output pin: steady, blinking, or a short flash now and then.

Steady means ready, slow blinking wait, fast blinking take it, a short flash every two seconds that nothing came out,
two flashes each second that the door is open and something is about to turn: hands out. A press is answered by going
dark: twice for a moment, it comes next; three times, press again in a while; once for a second and a half, not now.
Wire an LED with its resistor from the pin to ground (330 Ω, no more than 10 mA), or a 12 V lamp through a transistor.
Written for plain LEDs and for the lamps in arcade buttons.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Signal
from kiosk.hardware.shared.gpio_lines import OutputLine
from kiosk.hardware.shared.pattern import Pattern, Player

PATTERNS: dict[Signal, Pattern] = {
    Signal.READY: Pattern(after=True),
    Signal.WORKING: Pattern((0.5, 0.5), after=None),
    Signal.TAKE: Pattern((0.2, 0.2), after=None),
    Signal.SORRY: Pattern((0.1, 1.9), after=None),
    Signal.HANDS_OUT: Pattern((0.15, 0.15, 0.15, 0.55), after=None),
    Signal.NOTED: Pattern((0.0, 0.25, 0.25, 0.25, 0.25)),
    Signal.WAIT: Pattern((0.0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25)),
    Signal.NOT_NOW: Pattern((0.0, 1.5)),
}
"""No more than three flashes in any second, which could harm people (WCAG 2.3.1)."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One light."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if the light is on while its pin is low")] = False


class Driver:
    """A light as in `kiosk.hardware.api.Light`. One thread blinks it; a light that fails never stops a vend."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, the light off. Raises HardwareError; then it is not claimed."""
        line = OutputLine(board, options.pin, active_low=options.active_low)
        self._player = Player(f"light-{name}", line, PATTERNS)

    def show(self, signal: Signal, urgent: bool = False) -> None:
        """Show `signal`. Returns at once and never raises."""
        self._player.show(signal, urgent)

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        self._player.close()
