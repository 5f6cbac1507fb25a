"""A locker's solenoid lock on one output pin, with a feedback switch at its door or without.

For a few lockers built with 12 V solenoid locks, each on a relay or a transistor with a flyback diode and a pull-down.
Such a solenoid burns out when it stays on: a pulse is 0.3 s, never over 1 s, and the lock rests between pulses. But a
computer can hang, so put a one-shot timer of a second (a 555, or a relay board with a pulse mode) between pin and lock.

With a feedback switch the lock is only said to be open once the door is. Without one nobody knows, and each item counts
as perhaps taken until somebody counts. Even with one nobody sees whether the item was taken.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

from msgspec import Meta

from kiosk.config import Amperes, Pin
from kiosk.config import Options as BaseOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.gpio_lines import InputLine, OutputLine
from kiosk.hardware.shared.locker import Locker

LONGEST_PULSE_S = 1.0
"""Solenoids of door locks are rated for 1 s on at a time (the usual data sheet: 10 % duty, 1 to 5 s at most)."""
SLACK_S = 0.5


class Options(BaseOptions, frozen=True, kw_only=True):
    """One lock. Times are in seconds."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if the solenoid pulls while its pin is low")] = False
    feedback_pin: Annotated[Pin | None, Meta(description="A switch that tells the door open; none: it is believed")] = (
        None
    )
    open_low: Annotated[bool, Meta(description="True if the feedback pin is low while the door is open")] = False
    pulse_s: Annotated[float, Meta(gt=0, le=LONGEST_PULSE_S, description="It pulls at most so long")] = 0.3
    rest_s: Annotated[float, Meta(ge=1, le=60, description="Between two pulses it cools at least so long")] = 3.0
    open_s: Annotated[float, Meta(gt=0, le=30, description="Within this the door springs open, or it is stuck")] = 2.0
    current_a: Annotated[Amperes, Meta(description="What it draws while it pulls, in amperes")] = 2.0


class Driver(Locker):
    """A lock as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins, the lock off. Raises HardwareError; then nothing is left claimed."""
        self._name = name
        self._chosen = options
        self._clock = board.clock
        self._supply = board.supply
        self._opened: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._cool_at = float("-inf")
        self._failures = 0
        self.limit_s = options.rest_s + options.pulse_s + options.open_s + SLACK_S
        self._lock = OutputLine(board, options.pin, active_low=options.active_low)
        self._door: InputLine | None = None
        if options.feedback_pin is not None:
            low = options.open_low
            try:
                self._door = InputLine(board, options.feedback_pin, active_low=low, changed=self._door_changed)
            except BaseException:
                self._lock.close()
                raise

    def turn(self, started: Callable[[], None]) -> Turn:
        """Unlock: pull until the door springs open, at most one pulse.

        A switch that says open before may lie, so the lock is pulled all the same, and nobody knows whether it opened.
        Right after another pulse it waits until the solenoid has cooled. Raises HardwareError when a pin does not
        obey.
        """
        self._advice = None
        try:
            ended = self._unlock(started)
        except HardwareError as error:
            self._advice = f"{self._name}: {error}"
            raise
        self._failures = 0 if ended is Turn.UNLOCKED else self._failures + 1
        return ended

    def fault(self) -> str | None:
        """Return a sentence for staff if the door did not open twice in a row, or its switch no longer reports."""
        if self._door is not None and self._door.failure:
            return self._door.failure
        return self._advice if self._failures >= 2 else None

    def close(self) -> None:
        """Switch off and give the pins back. May be called twice."""
        try:
            self._lock.close()
        finally:
            if self._door is not None:
                self._door.close()

    def _unlock(self, started: Callable[[], None]) -> Turn:
        stood_open = self._door is not None and self._door.active()
        self._clock.sleep(self._cool_at - self._clock.monotonic())
        with ExitStack() as held:
            try:
                held.enter_context(self._supply.draw(self._name, self._chosen.current_a))
            except HardwareError as error:  # nothing was energised, which is certain
                self._advice = str(error)
                return Turn.ABSENT
            self._pulse(started)
        if stood_open:
            self._advice = f"{self._name}: the door stood open: close it. If it was closed, check {self._switch()}."
        if self._door is None or stood_open or self._opens_within(self._chosen.open_s):
            return Turn.UNLOCKED
        self._advice = (
            f"{self._name}: the door did not open within {self._chosen.open_s:.1f} s: check the lock's plug and wire "
            f"(GPIO {self._chosen.pin}), then {self._switch()}."
        )
        return Turn.NOT_STARTED

    def _pulse(self, started: Callable[[], None]) -> None:
        # On the wall, and in a thread of its own: whatever holds this thread up must not burn the solenoid.
        guard = threading.Timer(LONGEST_PULSE_S, self._lock.off)
        guard.daemon = True
        try:
            self._lock.on()
            guard.start()
            ends = self._clock.monotonic() + self._chosen.pulse_s
            started()
            left_s = ends - self._clock.monotonic()
            if self._door is None:
                self._clock.sleep(left_s)
            else:
                self._opens_within(left_s)
        finally:
            guard.cancel()
            try:
                self._lock.off()
            finally:
                self._cool_at = self._clock.monotonic() + self._chosen.rest_s

    def _opens_within(self, seconds: float) -> bool:
        """Wait until the door is open, at most so long."""
        assert self._door is not None
        self._opened = queue.SimpleQueue()  # what came while nobody waited tells nothing now
        deadline = self._clock.monotonic() + seconds
        while not self._door.active():
            try:
                self._clock.get(self._opened, deadline - self._clock.monotonic())
            except queue.Empty:
                return self._door.active()
        return True

    def _switch(self) -> str:
        return f"the door's switch (GPIO {self._chosen.feedback_pin})"

    def _door_changed(self, _at: float, opened: bool) -> None:
        if opened and self._opened.empty():  # a switch may tremble; one change is enough to look again
            self._opened.put(None)
