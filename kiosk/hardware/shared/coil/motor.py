"""What all coil motors that we energise ourselves have in common: the supply is asked first, and failures are told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import Amperes
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.coil.home_switch import HomeSwitch
from kiosk.hardware.shared.coil.turn import STUCK, CoilTurn, advise

CoilCurrent = Annotated[Amperes, Meta(description="What it draws while it turns, in amperes")]

SLACK_S = 0.5
"""So much longer than its limits a turn may take: the switch settles first, and the computer is busy elsewhere."""


class Limits(NamedTuple):
    """A coil's time limits, in seconds: away from home, home again, and the length of a quarter turn."""

    leave_s: float
    return_s: float
    quarter_s: float = 0.0

    @property
    def longest_s(self) -> float:
        """The longest that the motor is ever on."""
        return max(self.leave_s + self.return_s, self.quarter_s)


class CoilMotor(ABC):
    """The base of coil drivers (see `kiosk.hardware.api.Motor`). One thread at a time may turn it.

    A subclass energises in `_turn` and `_nudge`, off in a `finally`, and says in `_advise` what to check.
    """

    drops = True

    def __init__(self, name: str, board: Board, *, current_a: float, limit_s: float) -> None:
        """Prepare. `limit_s` is the longest that the motor may be on."""
        self._name = name
        self._clock = board.clock
        self._supply = board.supply
        self._current_a = current_a
        self._advice: str | None = None
        self._failures = 0
        self._wrong: str | None = None
        self.limit_s = limit_s + SLACK_S

    def turn(self, started: Callable[[], None]) -> Turn:
        """Run to the next home position and stop. ABSENT if the supply has no power left for it."""
        return self._powered(lambda: self._counted(self._turn(started)))

    def nudge(self) -> Turn:
        """Run on for a quarter turn. NOT_STARTED if it stood at home and still does."""
        return self._powered(self._nudge)

    def advice(self) -> str | None:
        """Say what was wrong with the last motion and what to check."""
        return self._advice

    def fault(self) -> str | None:
        """Return a sentence for staff if the motor runs on, or failed twice in a row to leave or to come home."""
        if failure := self._broken():
            return failure
        if self.runs_on():
            return f"Motor {self._name} does not stop: switch its power off, then check its relay or driver."
        if self._failures >= 2:
            return self._wrong or f"Motor {self._name} does not move: check its plug, then test the slot."
        return None

    @abstractmethod
    def runs_on(self) -> bool:
        """Say whether it is seen to turn although it is off."""

    @abstractmethod
    def close(self) -> None:
        """Switch off and give everything back. May be called twice."""

    @abstractmethod
    def _turn(self, started: Callable[[], None]) -> Turn:
        """Energise, call `started`, and have it off at the end."""

    @abstractmethod
    def _nudge(self) -> Turn:
        """Energise for a quarter turn, and have it off at the end."""

    @abstractmethod
    def _advise(self, ended: Turn) -> str | None:
        """Say what was wrong with a motion that ended so."""

    @abstractmethod
    def _broken(self) -> str | None:
        """Return a sentence if its switch no longer reports."""

    def _has_failed(self, ended: Turn) -> bool:
        """Say if a turn that ended so shows that the motor is out of order; one that was not driven shows nothing."""
        return ended in STUCK

    def _counted(self, ended: Turn) -> Turn:
        """Count failures in a row; a turn that was not driven is none, and does not end the row either."""
        if self._has_failed(ended):
            self._failures, self._wrong = self._failures + 1, self._advise(ended)
        elif ended is not Turn.ABSENT:
            self._failures, self._wrong = 0, None
        return ended

    def _powered(self, move: Callable[[], Turn]) -> Turn:
        with ExitStack() as held:
            try:
                held.enter_context(self._supply.draw(self._name, self._current_a))
            except HardwareError as error:  # nothing was energised, which is certain
                self._advice = str(error)
                return Turn.ABSENT
            try:
                ended = move()
            except HardwareError as error:
                self._advice = f"{self._name}: {error}"
                raise
        self._advice = self._advise(ended)
        return ended


class HomedMotor(CoilMotor):
    """The base of drivers that switch one motor on and off and see its own home switch."""

    def __init__(self, name: str, board: Board, home: HomeSwitch, limits: Limits, *, current_a: float) -> None:
        """Prepare. `home` is closed with the motor."""
        super().__init__(name, board, current_a=current_a, limit_s=limits.longest_s)
        self._home = home
        self._limits = limits
        self._quarter_s = limits.quarter_s

    def runs_on(self) -> bool:
        """Say whether the home switch was seen to open and close lately although the motor is off."""
        return self._home.runs_on()

    def close(self) -> None:
        """Switch off and give all pins back. May be called twice."""
        try:
            self._give_back()
        finally:
            self._home.close()

    @abstractmethod
    def _on(self) -> None:
        """Energise the motor."""

    @abstractmethod
    def _off(self) -> None:
        """Switch the motor off."""

    @abstractmethod
    def _give_back(self) -> None:
        """Switch the motor off and give its pins back. May be called twice."""

    @abstractmethod
    def _wires(self) -> tuple[str, str]:
        """Name the motor's wire and the home switch, with their pins."""

    def _turn(self, started: Callable[[], None]) -> Turn:
        at_home = self._home.ready()
        try:
            self._on()
            began = self._clock.monotonic()
            started()
            leave_s, return_s, _ = self._limits
            ended = self._home.follow(CoilTurn(began, at_home=at_home, leave_s=leave_s, return_s=return_s))
            took_s = self._clock.monotonic() - began
        finally:
            self._stop()
        if ended is Turn.COMPLETED:
            self._quarter_s = took_s / 4
        return ended

    def _nudge(self) -> Turn:
        at_home = self._home.ready()
        try:
            self._on()
            self._clock.sleep(self._quarter_s)
        finally:
            self._stop()
        return Turn.NOT_STARTED if at_home and self._home.active() else Turn.COMPLETED

    def _stop(self) -> None:
        try:
            self._off()
        finally:
            self._home.stopped()

    def _advise(self, ended: Turn) -> str | None:
        motor, home = self._wires()
        leave_s, return_s, _ = self._limits
        return advise(self._name, ended, motor=motor, home=home, leave_s=leave_s, return_s=return_s)

    def _broken(self) -> str | None:
        return self._home.failure
