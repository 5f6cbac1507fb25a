"""A stepper motor that turns a coil, through a driver with step, direction and enable pins, with a home switch or not.

For machines that are built with parts of 3D printers: A4988, DRV8825 and TMC2209 boards all take these three wires.
The motor has no power while it stands, so that it stays cool; a coil does not turn by itself. Give the enable pin a
pull-up (it is active low), so that the motor is off while nobody drives the pin.

Each step is made by the program: up to about 1000 a second on a Raspberry Pi, each late rather than early when the
computer is busy. Choose full or quarter steps, not sixteenths. Without `home_pin` a turn is so many steps, and lost
steps are not seen: the drop beam has to prove that an item fell.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.coil.home_switch import Edges, HomeSwitch, next_edge
from kiosk.hardware.shared.coil.motor import CoilCurrent, CoilMotor
from kiosk.hardware.shared.coil.turn import CoilTurn, LeaveHome, ReturnHome, advise
from kiosk.hardware.shared.gpio_lines import OutputLine

START_STEPS_PER_S = 100.0
"""Any stepper motor starts at so many full steps a second from rest; the ramp begins here."""
LATE = 2.0
"""A turn without a home switch is given up after so many times what it should take."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One stepper motor. Times are in seconds."""

    step_pin: Pin
    enable_pin: Pin
    direction_pin: Annotated[Pin | None, Meta(description="None: wired to always turn one way")] = None
    home_pin: Annotated[Pin | None, Meta(description="The home switch; none: it turns by steps")] = None
    enable_active_low: Annotated[bool, Meta(description="True if the motor has power while its pin is low")] = True
    home_active_low: Annotated[bool, Meta(description="True if the home switch pulls its pin low at home")] = True
    direction_high: Annotated[bool, Meta(description="The level of the direction pin that turns items out")] = True
    steps_per_turn: Annotated[
        int, Meta(ge=4, le=100_000, description="Steps of a whole turn of the coil, microsteps and gears included")
    ] = 800
    steps_per_s: Annotated[float, Meta(gt=0, le=1000, description="How fast it turns, in steps a second")] = 400.0
    ramp_s: Annotated[float, Meta(ge=0, le=5, description="Seconds until it is as fast")] = 0.3
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    current_a: CoilCurrent = 1.0


class Driver(CoilMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins, the motor without power. Raises HardwareError; then nothing is left claimed."""
        self._chosen = options
        self._by_steps_s = LATE * (options.steps_per_turn / options.steps_per_s + options.ramp_s)
        to_home_s = options.leave_home_s + options.return_home_s
        longest_s = self._by_steps_s if options.home_pin is None else max(to_home_s, self._by_steps_s / 4)
        super().__init__(name, board, current_a=options.current_a, limit_s=longest_s)
        self._edges: Edges = queue.SimpleQueue()
        self._home: HomeSwitch | None = None
        with ExitStack() as claimed:
            self._enable = OutputLine(board, options.enable_pin, active_low=options.enable_active_low)
            claimed.callback(self._enable.close)
            self._step = OutputLine(board, options.step_pin, active_low=False)
            claimed.callback(self._step.close)
            if options.direction_pin is not None:
                direction = OutputLine(board, options.direction_pin, active_low=False)
                claimed.callback(direction.close)
                (direction.on if options.direction_high else direction.off)()
            if options.home_pin is not None:
                self._home = HomeSwitch(board, options.home_pin, active_low=options.home_active_low, edges=self._edges)
                claimed.callback(self._home.close)
            claimed.callback(self._enable.close)  # undone in reverse: it has no power before anything else changes
            self._claimed = claimed.pop_all()

    def runs_on(self) -> bool:
        """It cannot: without steps it stands."""
        return False

    def close(self) -> None:
        """Take its power away and give the pins back. May be called twice."""
        self._claimed.close()

    def _turn(self, started: Callable[[], None]) -> Turn:
        at_home = self._home is not None and self._home.ready()
        try:
            self._enable.on()
            began = self._clock.monotonic()
            started()
            if self._home is None:
                return self._make(self._chosen.steps_per_turn, began + self._by_steps_s)
            leave_s, return_s = self._chosen.leave_home_s, self._chosen.return_home_s
            return self._run_home(CoilTurn(began, at_home=at_home, leave_s=leave_s, return_s=return_s))
        finally:
            self._stop()

    def _nudge(self) -> Turn:
        at_home = self._home is not None and self._home.ready()
        try:
            self._enable.on()
            late = self._clock.monotonic() + self._by_steps_s / 4
            ended = self._make(math.ceil(self._chosen.steps_per_turn / 4), late)
        finally:
            self._stop()
        return Turn.NOT_STARTED if at_home and self._home is not None and self._home.active() else ended

    def _stop(self) -> None:
        try:
            self._enable.off()
        finally:
            if self._home is not None:
                self._home.stopped()

    def _make(self, steps: int, deadline: float) -> Turn:
        """Make so many steps, unless that takes beyond `deadline`."""
        for number in range(steps):
            self._make_step()
            self._clock.sleep(self._interval_s(number))
            if self._clock.monotonic() > deadline:
                return Turn.NOT_RETURNED
        return Turn.COMPLETED

    def _run_home(self, turn: CoilTurn) -> Turn:
        """Make steps until the home switch, or the time, ends the turn."""
        number = 0
        while self._clock.monotonic() < turn.deadline:
            self._make_step()
            due = self._clock.monotonic() + self._interval_s(number)
            number += 1
            while edge := next_edge(self._edges, min(due, turn.deadline), self._clock):
                if (ended := edge.tell(turn)) is not None:
                    return ended
        return turn.overdue()

    def _make_step(self) -> None:
        self._step.on()  # these boards ask for 1 to 2 µs; a write takes longer than that
        self._step.off()

    def _interval_s(self, number: int) -> float:
        """Return the pause after step `number`: speed grows by the same amount each second until it is reached."""
        full = self._chosen.steps_per_s
        first = min(START_STEPS_PER_S, full)
        if self._chosen.ramp_s <= 0:
            return 1 / full
        gain = (full - first) / self._chosen.ramp_s
        return 1 / min(full, math.sqrt(first * first + 2 * gain * number))

    def _advise(self, ended: Turn) -> str | None:
        chosen = self._chosen
        motor = f"its wires (step GPIO {chosen.step_pin}, enable GPIO {chosen.enable_pin})"
        if ended is Turn.NOT_RETURNED and self._home is None:
            return f"{self._name}: the computer was too busy to make its steps in time: test the slot."
        home, limits = f"home switch (GPIO {chosen.home_pin})", (chosen.leave_home_s, chosen.return_home_s)
        return advise(self._name, ended, motor=motor, home=home, leave_s=limits[0], return_s=limits[1])

    def _broken(self) -> str | None:
        return self._home.failure if self._home else None
