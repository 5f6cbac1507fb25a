"""A spiral (coil) motor on one output pin, with a home switch on one input pin.

Limits are those of Crane's spiral machines (bulletin 1670065): away from home within 1 s, home within 4 s more.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.lines import InputLine, OutputLine

SETTLE_S = 0.05
"""A switch that comes back sooner than this after it left has bounced. Real coils are away for two seconds."""
RUN_ON_S = 0.5
"""Coils coast for less than this; a home switch that changes later belongs to a motor that runs on."""
RUN_ON_SEEN_S = 0.3
"""Changes must lie so far apart: one jolt of the cabinet does not look like a running motor."""
RUN_ON_FORGET_S = 10.0

Seconds = Annotated[float, Meta(gt=0, le=30)]


class Options(BaseOptions, frozen=True, kw_only=True):
    """One coil. Times are in seconds."""

    motor_pin: Pin
    home_pin: Pin
    motor_active_low: Annotated[bool, Meta(description="True if the motor runs while its pin is low")] = False
    home_active_low: Annotated[bool, Meta(description="True if the home switch pulls its pin low at home")] = True
    leave_home_s: Annotated[Seconds, Meta(description="Away from home within this, or it did not start")] = 1.0
    return_home_s: Annotated[Seconds, Meta(description="Home again within this after leaving, or it is jammed")] = 4.0
    quarter_turn_s: Annotated[Seconds, Meta(description="A quarter turn, until a full one was measured")] = 0.5


class _Edge(NamedTuple):
    at: float
    home: bool


class Driver:
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim both pins, the motor off. Raises HardwareError; then nothing is left claimed."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._edges: queue.SimpleQueue[_Edge] = queue.SimpleQueue()
        self._turning = False
        self._off_at = float("-inf")
        self._strays: tuple[float, float] | None = None
        self._failures = 0
        self._quarter_s = options.quarter_turn_s
        self._motor = OutputLine(board, options.motor_pin, active_low=options.motor_active_low)
        try:
            self._home = InputLine(
                board, options.home_pin, active_low=options.home_active_low, changed=self._home_changed
            )
        except BaseException:
            self._motor.close()
            raise

    def turn(self, started: Callable[[], None]) -> Turn:
        """Run to the next home position and stop. See `kiosk.hardware.api.Motor.turn`."""
        at_home = self._ready()
        try:
            self._motor.on()
            began = self._clock.monotonic()
            started()
            ended = self._run_home(began) if at_home else self._run_to_home(began)
            took_s = self._clock.monotonic() - began
        finally:
            self._stop()
        if ended is Turn.COMPLETED:
            self._quarter_s = took_s / 4
        self._failures = 0 if ended in (Turn.COMPLETED, Turn.HOMED) else self._failures + 1
        return ended

    def nudge(self) -> Turn:
        """Run for a quarter turn, by time. NOT_STARTED if it stood at home and still does."""
        at_home = self._ready()
        try:
            self._motor.on()
            self._clock.sleep(self._quarter_s)
        finally:
            self._stop()
        return Turn.NOT_STARTED if at_home and self._home.active() else Turn.COMPLETED

    def runs_on(self) -> bool:
        """Say whether the home switch was seen to open and close lately although the motor is off."""
        strays = self._strays
        if strays is None:
            return False
        first, last = strays
        return last - first >= RUN_ON_SEEN_S and self._clock.monotonic() - last < RUN_ON_FORGET_S

    def fault(self) -> str | None:
        """Return a sentence for staff if the motor runs on, or failed twice in a row to leave or to come home."""
        if self._home.failure:
            return self._home.failure
        if self.runs_on():
            return f"Motor {self._name} does not stop: switch its power off, then check its relay or driver."
        if self._failures >= 2:
            return f"Motor {self._name} does not move or its home switch is stuck: check both, then test the slot."
        return None

    def close(self) -> None:
        """Switch off and give both pins back. May be called twice."""
        try:
            self._motor.close()
        finally:
            self._home.close()

    def _ready(self) -> bool:
        """Let the last stop settle, forget old edges, and say whether the coil stands at home."""
        settles = self._off_at + SETTLE_S - self._clock.monotonic()
        if settles > 0:  # only right after another turn: the switch still bounces and would be read wrong
            self._clock.sleep(settles)
        while not self._edges.empty():
            self._edges.get_nowait()
        self._strays = None
        at_home = self._home.active()
        self._turning = True
        return at_home

    def _stop(self) -> None:
        try:
            self._motor.off()
        finally:
            self._off_at = self._clock.monotonic()
            self._turning = False

    def _run_home(self, began: float) -> Turn:
        """Wait until the coil has left home and come back, within the two limits."""
        leave_by = deadline = began + self._options.leave_home_s
        left: float | None = None
        away_for_good = False
        while True:
            edge = self._next_edge(deadline)
            if edge is None:
                return Turn.NOT_STARTED if left is None else Turn.NOT_RETURNED
            if not edge.home:
                if left is None:
                    left, deadline = edge.at, edge.at + self._options.return_home_s
            elif left is not None and (away_for_good or edge.at - left >= SETTLE_S):
                away_for_good = True
                if self._home.active():  # else the edge was a spike, or a bounce that another edge follows
                    return Turn.COMPLETED
            else:
                left, deadline = None, leave_by

    def _run_to_home(self, began: float) -> Turn:
        """Wait until a coil that stands away from home has come home, within both limits together."""
        deadline = began + self._options.leave_home_s + self._options.return_home_s
        while True:
            edge = self._next_edge(deadline)
            if edge is None:
                return Turn.NOT_RETURNED
            if edge.home and self._home.active():
                return Turn.HOMED

    def _next_edge(self, deadline: float) -> _Edge | None:
        try:
            return self._clock.get(self._edges, deadline - self._clock.monotonic())
        except queue.Empty:
            return None

    def _home_changed(self, at: float, home: bool) -> None:
        if self._turning:
            self._edges.put(_Edge(at, home))
        elif at > self._off_at + RUN_ON_S:
            fresh = self._strays is None or at - self._strays[1] > RUN_ON_FORGET_S
            self._strays = (at, at) if fresh or self._strays is None else (self._strays[0], at)
