"""The cam switch that marks a coil's home, on one input pin."""

from __future__ import annotations

import queue
from typing import NamedTuple

from kiosk.clock import Clock
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.coil.turn import SETTLE_S, CoilTurn, RunOn
from kiosk.hardware.shared.gpio_lines import InputLine


class Edge(NamedTuple):
    """A home switch changed while its motor was on."""

    switch: HomeSwitch
    at: float
    home: bool

    def tell(self, turn: CoilTurn) -> Turn | None:
        """Hand it to the switch's turn, unless the coil is no longer home: then it was a spike, or a bounce."""
        if self.home and not self.switch.active():
            return None
        return turn.switched(self.at, self.home)


Edges = queue.SimpleQueue[Edge]


def next_edge(edges: Edges, deadline: float, clock: Clock) -> Edge | None:
    """Wait for the next edge of any switch, until `deadline` on the clock; None when it has come."""
    try:
        return clock.get(edges, deadline - clock.monotonic())
    except queue.Empty:
        return None


class HomeSwitch:
    """A home switch. `ready` before the motor is energised, `stopped` right after it was switched off."""

    def __init__(self, board: Board, pin: int, *, active_low: bool, edges: Edges | None = None) -> None:
        """Claim `pin`. Several switches may put their edges on one queue. Raises HardwareError, unclaimed."""
        self._clock = board.clock
        self._edges: Edges = queue.SimpleQueue() if edges is None else edges
        self._turning = False
        self._off_at = float("-inf")
        self._run_on = RunOn()
        self._line = InputLine(board, pin, active_low=active_low, changed=self._changed)

    def ready(self) -> bool:
        """Let the last stop settle, and `begin`. Raises HardwareError when the switch cannot be read."""
        self.settle()
        return self.begin()

    def settle(self) -> None:
        """Wait, only right after another turn: the switch still bounces and would be read wrong."""
        settles = self._off_at + SETTLE_S - self._clock.monotonic()
        if settles > 0:
            self._clock.sleep(settles)

    def begin(self) -> bool:
        """Forget old edges, and say whether the coil stands at home. Raises HardwareError."""
        while not self._edges.empty():
            self._edges.get_nowait()
        self._run_on.forget()
        at_home = self._line.active()
        self._turning = True
        return at_home

    def stopped(self) -> None:
        """Note that the motor is off."""
        self._off_at = self._clock.monotonic()
        self._run_on.stopped(self._off_at)
        self._turning = False

    def follow(self, turn: CoilTurn) -> Turn:
        """Wait until the turn has ended. Raises HardwareError when the switch cannot be read."""
        while True:
            edge = next_edge(self._edges, turn.deadline, self._clock)
            if edge is None:
                return turn.overdue()
            if (ended := edge.tell(turn)) is not None:
                return ended

    def active(self) -> bool:
        """Say whether the coil is at home now. Raises HardwareError when it cannot be read."""
        return self._line.active()

    def runs_on(self) -> bool:
        """Say whether the switch was seen to open and close lately although the motor is off."""
        return self._run_on.seen(self._clock.monotonic())

    @property
    def failure(self) -> str | None:
        """A sentence if an edge was lost."""
        return self._line.failure

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._line.close()

    def _changed(self, at: float, home: bool) -> None:
        if self._turning:
            self._edges.put(Edge(self, at, home))
        else:
            self._run_on.changed(at)
