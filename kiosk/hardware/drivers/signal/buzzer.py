"""An active buzzer on one output pin, for people who do not see the light.

Wire it through a transistor if it takes more than 10 mA. It must make its tone by itself (an active buzzer): the pin
only switches it. A short tick each second means wait, one beep take it, two long ones that nothing came out, beeping
without a pause that the door is open and something is about to turn: hands out. A press is answered by two short beeps:
it comes next; three: press again in a while; one long one: not now. While the machine is ready it is silent. In `quiet`
hours it is silent too, but for an emergency: whoever presses for naloxone hears it at any hour, and so does whoever has
hands in the machine. Written for 3.3 and 5 V piezo buzzers.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin, hours
from kiosk.config.settings import Hours
from kiosk.hardware.api import Board, Signal
from kiosk.hardware.shared.gpio_lines import OutputLine
from kiosk.hardware.shared.pattern import Pattern, Player, Shown

SOUNDS: dict[Signal, Pattern] = {
    Signal.READY: Pattern(),
    Signal.WORKING: Pattern((0.02, 0.98), after=None),
    Signal.TAKE: Pattern((0.25,)),
    Signal.SORRY: Pattern((0.6, 0.3, 0.6)),
    Signal.HANDS_OUT: Pattern((0.12, 0.08), after=None),
    Signal.NOTED: Pattern((0.1, 0.15, 0.1, 0.3)),
    Signal.WAIT: Pattern((0.1, 0.15, 0.1, 0.15, 0.1, 0.3)),
    Signal.NOT_NOW: Pattern((0.9, 0.3)),
}
"""The answer to a press ends with a pause, so that what is sounded next is told from it."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One buzzer."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if it sounds while its pin is low")] = False
    quiet: Annotated[
        Hours | None,
        Meta(
            description="When it is silent but in an emergency, in local time, for the neighbours' sleep; none: never"
        ),
    ] = None


class Driver:
    """A light as in `kiosk.hardware.api.Light`. One thread sounds it; a buzzer that fails never stops a vend."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, silent. Raises HardwareError; then it is not claimed."""
        self._quiet = options.quiet
        self._clock = board.clock
        line = OutputLine(board, options.pin, active_low=options.active_low)
        self._player = Player(f"buzzer-{name}", line, SOUNDS, self._muted)

    def show(self, signal: Signal, urgent: bool = False) -> None:
        """Sound `signal`. Returns at once and never raises."""
        self._player.show(signal, urgent)

    def close(self) -> None:
        """Be silent and give the pin back. May be called twice."""
        self._player.close()

    def _muted(self, shown: Shown) -> bool:
        """Say whether the neighbours' sleep goes before. A clock that was never set does not know."""
        if shown.urgent or self._quiet is None or not self._clock.synced():
            return False
        return hours.within(self._quiet, self._clock.local_time())
