"""A spiral motor in a matrix of rows and columns: see the controller `gpio_matrix` for the wiring.

Row and column are counted from 1, as labels R1 and C3 on the harness. The home switch is only told while the motor is
driven, so a motor that will not stop shows by its current, where the controller has a sense pin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import controller_of
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.drivers.controller.gpio_matrix import Driver as Matrix
from kiosk.hardware.drivers.controller.gpio_matrix import Found, Place
from kiosk.hardware.shared.coil.motor import CoilMotor
from kiosk.hardware.shared.coil.turn import CoilTurn, LeaveHome, QuarterTurn, ReturnHome, advise

TESTS_S = 0.2
"""What is shown before a drive takes at most so long, all witnesses asked."""

Number = Annotated[int, Meta(ge=1, le=27)]


class Options(BaseOptions, frozen=True, kw_only=True):
    """One coil of a matrix. Times are in seconds."""

    claims = (("controller", "row", "column"),)
    within = (("row", "row_pins"), ("column", "column_pins"))

    controller: Annotated[str, controller_of("gpio_matrix")]
    row: Annotated[Number, Meta(description="Which row, from 1, as on the label R1")]
    column: Annotated[Number, Meta(description="Which column, from 1, as on the label C1")]
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    quarter_turn_s: QuarterTurn = 0.5


class Driver(CoilMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Join the matrix. Raises HardwareError when it is not there, or has no such row or column."""
        self._matrix: Matrix = board.controller(options.controller)
        limit_s = TESTS_S + options.leave_home_s + options.return_home_s
        current_a = self._matrix.options.current_a
        super().__init__(name, board, current_a=current_a, limit_s=max(limit_s, options.quarter_turn_s))
        self._options = options
        self._place = Place(options.row, options.column)
        self._quarter_s = options.quarter_turn_s
        self._found = Found.BLIND
        self._closed = False
        self._matrix.join(self._place)

    def runs_on(self) -> bool:
        """Say whether current is seen to flow through the matrix since this motor, its last, was switched off."""
        return not self._closed and self._matrix.runs_on(self._place)

    def close(self) -> None:
        """Leave the matrix, the motor off. May be called twice."""
        if not self._closed:
            self._closed = True
            self._matrix.leave(self._place)

    def _turn(self, started: Callable[[], None]) -> Turn:
        chosen = self._options
        with self._driving() as driven:
            if not driven:
                return Turn.ABSENT
            began = self._clock.monotonic()
            at_home = self._matrix.home.begin()
            started()
            ended = self._matrix.home.follow(
                CoilTurn(began, at_home=at_home, leave_s=chosen.leave_home_s, return_s=chosen.return_home_s)
            )
            took_s = self._clock.monotonic() - began
        if ended is Turn.COMPLETED:
            self._quarter_s = took_s / 4
            self._matrix.turned(self._found)
        return ended

    def _nudge(self) -> Turn:
        with self._driving() as driven:
            if not driven:
                return Turn.ABSENT
            at_home = self._matrix.home.begin()
            self._clock.sleep(self._quarter_s)
            still = at_home and self._matrix.home.active()
        return Turn.NOT_STARTED if still else Turn.COMPLETED

    @contextmanager
    def _driving(self) -> Iterator[bool]:
        """Drive the motor while the block runs; False if it is not driven. Raises HardwareError once it was closed."""
        self._check_open()
        with self._matrix.driving(self._place) as self._found:
            yield self._found in (Found.DRAWS, Found.BLIND)
        self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            raise HardwareError("It was given back to its matrix already. Restart the kiosk to use it again.")

    def _advise(self, ended: Turn) -> str | None:
        wires, home = self._matrix.wires(self._place), f"home wire (GPIO {self._matrix.options.home_pin})"
        if ended is Turn.ABSENT and self._found is Found.LEAKS:
            return f"{self._name}: {self._matrix.leak()}"
        if ended is Turn.ABSENT:
            return f"{self._name}: no motor is there: check the motor plug, {wires}."
        limits = self._options.leave_home_s, self._options.return_home_s
        return advise(self._name, ended, motor=wires, home=home, leave_s=limits[0], return_s=limits[1])

    def _has_failed(self, ended: Turn) -> bool:
        """Count also a motor that was shown to be missing. A leak is the matrix's to tell, for as long as it lasts."""
        return super()._has_failed(ended) or (ended is Turn.ABSENT and self._found is Found.MISSING)

    def _broken(self) -> str | None:
        return None  # the matrix tells it for all of its motors
