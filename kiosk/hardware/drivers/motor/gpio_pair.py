"""Two coils side by side that turn together, for an item too wide for one. Each has a motor pin and a home pin.

Both start at once and each stops at its own home, so they stay aligned; if one fails, both stop. They are mirrored
mechanically (one winds left, one right), as bought, and each has a relay or a transistor of its own with a pull-down.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.coil.home_switch import Edge, Edges, HomeSwitch, next_edge
from kiosk.hardware.shared.coil.motor import CoilCurrent, CoilMotor, Limits
from kiosk.hardware.shared.coil.turn import STUCK, CoilTurn, LeaveHome, QuarterTurn, ReturnHome, advise
from kiosk.hardware.shared.gpio_lines import OutputLine

PairCurrent = Annotated[CoilCurrent, Meta(description="What both together draw while they turn, in amperes")]


class Options(BaseOptions, frozen=True, kw_only=True):
    """Two coils. Times are in seconds and hold for each of them."""

    left_motor_pin: Pin
    left_home_pin: Pin
    right_motor_pin: Pin
    right_home_pin: Pin
    motor_active_low: Annotated[bool, Meta(description="True if a motor runs while its pin is low")] = False
    home_active_low: Annotated[bool, Meta(description="True if a home switch pulls its pin low at home")] = True
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    quarter_turn_s: QuarterTurn = 0.5
    current_a: PairCurrent = 2.0


class Side(NamedTuple):
    """One of the two, and what staff call it."""

    name: str
    motor: OutputLine
    home: HomeSwitch
    wires: tuple[str, str]

    def stop(self) -> None:
        """Switch this one off."""
        try:
            self.motor.off()
        finally:
            self.home.stopped()

    def close(self) -> None:
        """Switch this one off and give its pins back."""
        try:
            self.motor.close()
        finally:
            self.home.close()


class Driver(CoilMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim all pins, both motors off. Raises HardwareError; then nothing is left claimed."""
        self._limits = Limits(options.leave_home_s, options.return_home_s, options.quarter_turn_s)
        super().__init__(name, board, current_a=options.current_a, limit_s=self._limits.longest_s)
        self._quarter_s = options.quarter_turn_s
        self._edges: Edges = queue.SimpleQueue()
        self._failed: list[tuple[Side, Turn]] = []
        with ExitStack() as claimed:
            self._sides = [
                self._claim(claimed, "left", board, options),
                self._claim(claimed, "right", board, options),
            ]
            self._claimed = claimed.pop_all()

    def runs_on(self) -> bool:
        """Say whether either home switch was seen to open and close lately although both motors are off."""
        return any(side.home.runs_on() for side in self._sides)

    def close(self) -> None:
        """Switch both off and give all pins back. May be called twice."""
        with ExitStack() as closing:
            for side in self._sides:
                closing.callback(side.close)

    def _claim(self, claimed: ExitStack, which: str, board: Board, options: Options) -> Side:
        motor, home = getattr(options, f"{which}_motor_pin"), getattr(options, f"{which}_home_pin")
        line = OutputLine(board, motor, active_low=options.motor_active_low)
        claimed.callback(line.close)
        switch = HomeSwitch(board, home, active_low=options.home_active_low, edges=self._edges)
        claimed.callback(switch.close)
        wires = f"its wire (GPIO {motor})", f"home switch (GPIO {home})"
        return Side(f"{self._name} {which}", line, switch, wires)

    def _turn(self, started: Callable[[], None]) -> Turn:
        at_home = [side.home.ready() for side in self._sides]
        leave_s, return_s, _ = self._limits
        self._failed = []
        try:
            self._start()
            began = self._clock.monotonic()
            turns = [CoilTurn(began, at_home=home, leave_s=leave_s, return_s=return_s) for home in at_home]
            started()
            ended = self._follow(dict(zip(self._sides, turns, strict=True)))
            took_s = self._clock.monotonic() - began
        finally:
            self._stop()
        if ended is Turn.COMPLETED:
            self._quarter_s = took_s / 4
        return ended

    def _follow(self, turning: dict[Side, CoilTurn]) -> Turn:
        """Wait until both are home, each stopped as it comes, or one has failed."""
        endings = set()
        while turning:
            deadline = min(turn.deadline for turn in turning.values())
            edge = next_edge(self._edges, deadline, self._clock)
            if edge is None:
                return self._fail({side: turn.overdue() for side, turn in turning.items() if turn.deadline <= deadline})
            side = self._side_of(edge)
            ended = edge.tell(turning[side]) if side in turning else None
            if ended in STUCK:
                return self._fail({side: ended})
            if ended is not None:
                side.stop()
                endings.add(ended)
                del turning[side]
        return Turn.HOMED if Turn.HOMED in endings else Turn.COMPLETED

    def _fail(self, failed: dict[Side, Turn]) -> Turn:
        """Tell a pair in which nothing moved from one in which something did."""
        self._failed = list(failed.items())
        still = len(failed) == len(self._sides) and set(failed.values()) == {Turn.NOT_STARTED}
        return Turn.NOT_STARTED if still else Turn.NOT_RETURNED

    def _side_of(self, edge: Edge) -> Side:
        return next(side for side in self._sides if side.home is edge.switch)

    def _nudge(self) -> Turn:
        at_home = [side.home.ready() for side in self._sides]
        self._failed = []
        try:
            self._start()
            self._clock.sleep(self._quarter_s)
        finally:
            self._stop()
        stuck = [side for side, home in zip(self._sides, at_home, strict=True) if home and side.home.active()]
        return self._fail(dict.fromkeys(stuck, Turn.NOT_STARTED)) if stuck else Turn.COMPLETED

    def _start(self) -> None:
        for side in self._sides:
            side.motor.on()

    def _stop(self) -> None:
        with ExitStack() as stopping:
            for side in self._sides:
                stopping.callback(side.stop)

    def _advise(self, ended: Turn) -> str | None:
        if ended not in STUCK:
            return None
        leave_s, return_s, _ = self._limits
        said = [
            advise(side.name, why, motor=side.wires[0], home=side.wires[1], leave_s=leave_s, return_s=return_s)
            for side, why in self._failed
        ]
        return " ".join(sentence for sentence in said if sentence)

    def _broken(self) -> str | None:
        return next((side.home.failure for side in self._sides if side.home.failure), None)
