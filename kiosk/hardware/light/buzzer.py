"""An active buzzer on one output pin, for people who do not see the light.

Wire it through a transistor if it takes more than 10 mA. It must make its tone by itself (an active buzzer): the pin
only switches it. A short tick each second means wait, one beep means take it, two long ones mean that nothing came
out; while the machine is ready it is silent. Written for 3.3 and 5 V piezo buzzers.
"""

from __future__ import annotations

import queue
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk import threads
from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.config.settings import Hours
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Signal
from kiosk.hardware.lines import OutputLine


class Sound(NamedTuple):
    """Seconds on and off, in turns, and whether it is sounded again and again."""

    steps_s: tuple[float, ...]
    again: bool = False


SOUNDS: dict[Signal, Sound] = {
    Signal.READY: Sound(()),
    Signal.WORKING: Sound((0.02, 0.98), again=True),
    Signal.TAKE: Sound((0.25, 0.0)),
    Signal.SORRY: Sound((0.6, 0.3, 0.6, 0.0)),
}


class Options(BaseOptions, frozen=True, kw_only=True):
    """One buzzer."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if it sounds while its pin is low")] = False
    quiet: Annotated[
        Hours | None, Meta(description="When it is silent, in local time, for the neighbours' sleep; none: never")
    ] = None


class Driver:
    """A light as in `kiosk.hardware.api.Light`. One thread sounds it; a buzzer that fails never stops a vend."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, silent. Raises HardwareError; then it is not claimed."""
        self._quiet = options.quiet
        self._clock = board.clock
        self._line = OutputLine(board, options.pin, active_low=options.active_low)
        self._signals: queue.SimpleQueue[Signal | None] = queue.SimpleQueue()
        self._thread = threads.start(f"buzzer-{name}", self._run)

    def show(self, signal: Signal) -> None:
        """Sound `signal`, instead of the one before. Returns at once and never raises."""
        self._signals.put(signal)

    def close(self) -> None:
        """Be silent and give the pin back. May be called twice."""
        self._signals.put(None)
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        signal = self._signals.get()
        while signal is not None:
            try:
                signal = self._sound_until_next(SOUNDS[signal])
            except HardwareError:  # the next signal tries again
                signal = self._signals.get()

    def _sound_until_next(self, sound: Sound) -> Signal | None:
        # Sounds are for ears, so they keep to wall time however fast a simulated machine runs.
        self._line.off()
        while sound.steps_s and not self._is_quiet():
            for step, for_s in enumerate(sound.steps_s):
                (self._line.off if step % 2 else self._line.on)()
                try:
                    return self._signals.get(timeout=for_s)
                except queue.Empty:
                    continue
            if not sound.again:
                break
        return self._signals.get()

    def _is_quiet(self) -> bool:
        """Say whether the neighbours sleep. A clock that was never set does not know."""
        if self._quiet is None or not self._clock.synced():
            return False
        begins, ends = self._quiet.split("-")
        now = f"{self._clock.local_time():%H:%M}"
        return begins <= now < ends if begins < ends else now >= begins or now < ends
