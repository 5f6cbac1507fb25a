"""What a light or a buzzer does for each signal: on and off in time, played by a thread of its own on one output."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from kiosk import threads
from kiosk.errors import HardwareError
from kiosk.hardware.api import Signal
from kiosk.hardware.shared.gpio_lines import OutputLine

Step = tuple[bool, float | None]
"""On or off, and for how many seconds; None for as long as nothing else is to be told."""


class Pattern(NamedTuple):
    """Seconds on and off, in turns, on first; and whether it is on or off `after` that, or begins anew (None)."""

    steps_s: tuple[float, ...] = ()
    after: bool | None = False

    def once(self) -> Iterator[Step]:
        """Give its steps."""
        for number, for_s in enumerate(self.steps_s):
            if for_s:
                yield number % 2 == 0, for_s

    def onward(self) -> Iterator[Step]:
        """Give what follows, without an end."""
        while self.after is None:
            yield from self.once()
        yield self.after, None


class Shown(NamedTuple):
    """A signal that is to be told; `urgent` when it belongs to an emergency."""

    signal: Signal
    urgent: bool


class Player:
    """Plays patterns on an output. One that fails never stops a vend.

    What is told briefly is played to its end, and then what lasts again; only hands that may be in danger, or
    something else brief, come sooner. Patterns are for eyes and ears, so they keep to wall time however fast a
    simulated machine runs.
    """

    def __init__(
        self,
        name: str,
        line: OutputLine,
        patterns: Mapping[Signal, Pattern],
        muted: Callable[[Shown], bool] = lambda _: False,
    ) -> None:
        """Start, with the output off. While `muted` says so of what is told, it stays off."""
        self._line = line
        self._patterns = patterns
        self._muted = muted
        self._lasting: Shown | None = None
        self._shown: queue.SimpleQueue[Shown | None] = queue.SimpleQueue()
        self._thread = threads.start(name, self._run)

    def show(self, signal: Signal, urgent: bool) -> None:
        """Play `signal`. Returns at once and never raises."""
        self._shown.put(Shown(signal, urgent))

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        self._shown.put(None)
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        shown = self._shown.get()
        while shown is not None:
            shown = self._tell(shown)

    def _tell(self, shown: Shown) -> Shown | None:
        """Play it until there is something else to play; return that."""
        pattern = self._patterns[shown.signal]
        if shown.signal.lasts:
            self._lasting = shown
            return self._play(chain(pattern.once(), pattern.onward()), shown)
        before = self._lasting
        try:
            return self._play(pattern.once(), shown)
        except queue.Empty:
            pass
        if self._lasting is not before:
            return self._lasting
        lasting = Pattern() if before is None else self._patterns[before.signal]
        return self._play(lasting.onward(), before or shown)

    def _play(self, steps: Iterator[Step], shown: Shown) -> Shown | None:
        """Do the steps until the next signal comes and return that; raise queue.Empty when they are over before."""
        for on, for_s in steps:
            try:
                (self._line.on if on and not self._muted(shown) else self._line.off)()
                return self._next(for_s, shown)
            except HardwareError:  # it stays as it is; the next signal tries again
                return self._shown.get()
            except queue.Empty:
                continue
        raise queue.Empty

    def _next(self, for_s: float | None, shown: Shown) -> Shown | None:
        """Wait for what is told instead of `shown`; raise queue.Empty after `for_s` seconds."""
        ends = None if for_s is None else time.monotonic() + for_s
        while True:
            came = self._shown.get(timeout=None if ends is None else max(0.0, ends - time.monotonic()))
            lasts_only = came is not None and came.signal.lasts and came.signal is not Signal.HANDS_OUT
            if shown.signal.lasts or not lasts_only:
                return came
            self._lasting = came
