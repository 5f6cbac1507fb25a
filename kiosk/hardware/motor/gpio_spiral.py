"""A spiral (coil) motor on one output pin, with a home switch on one input pin.

For a few coils, each with a relay or a transistor of its own: the pin switches the driver, the driver switches the
motor's 24 V. The cam switch lies between its pin and ground. Give the driver's input a pull-down (a pull-up if it is
active low), so that the motor stays off while nobody drives the pin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.coil_motor import CoilCurrent, CoilMotor
from kiosk.hardware.coil_turn import CoilTurn, LeaveHome, QuarterTurn, ReturnHome, advise
from kiosk.hardware.home_switch import HomeSwitch
from kiosk.hardware.lines import OutputLine


class Options(BaseOptions, frozen=True, kw_only=True):
    """One coil. Times are in seconds."""

    motor_pin: Pin
    home_pin: Pin
    motor_active_low: Annotated[bool, Meta(description="True if the motor runs while its pin is low")] = False
    home_active_low: Annotated[bool, Meta(description="True if the home switch pulls its pin low at home")] = True
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    quarter_turn_s: QuarterTurn = 0.5
    current_a: CoilCurrent = 1.0


class Driver(CoilMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim both pins, the motor off. Raises HardwareError; then nothing is left claimed."""
        limit_s = options.leave_home_s + options.return_home_s
        super().__init__(name, board, current_a=options.current_a, limit_s=max(limit_s, options.quarter_turn_s))
        self._options = options
        self._quarter_s = options.quarter_turn_s
        self._motor = OutputLine(board, options.motor_pin, active_low=options.motor_active_low)
        try:
            self._home = HomeSwitch(board, options.home_pin, active_low=options.home_active_low)
        except BaseException:
            self._motor.close()
            raise

    def runs_on(self) -> bool:
        """Say whether the home switch was seen to open and close lately although the motor is off."""
        return self._home.runs_on()

    def close(self) -> None:
        """Switch off and give both pins back. May be called twice."""
        try:
            self._motor.close()
        finally:
            self._home.close()

    def _turn(self, started: Callable[[], None]) -> Turn:
        at_home = self._home.ready()
        try:
            self._motor.on()
            began = self._clock.monotonic()
            started()
            limits = self._options
            ended = self._home.follow(
                CoilTurn(began, at_home=at_home, leave_s=limits.leave_home_s, return_s=limits.return_home_s)
            )
            took_s = self._clock.monotonic() - began
        finally:
            self._stop()
        if ended is Turn.COMPLETED:
            self._quarter_s = took_s / 4
        return ended

    def _nudge(self) -> Turn:
        at_home = self._home.ready()
        try:
            self._motor.on()
            self._clock.sleep(self._quarter_s)
        finally:
            self._stop()
        return Turn.NOT_STARTED if at_home and self._home.active() else Turn.COMPLETED

    def _stop(self) -> None:
        try:
            self._motor.off()
        finally:
            self._home.stopped()

    def _advise(self, ended: Turn) -> str | None:
        chosen = self._options
        return advise(
            self._name,
            ended,
            motor=f"its wire (GPIO {chosen.motor_pin})",
            home=f"home switch (GPIO {chosen.home_pin})",
            leave_s=chosen.leave_home_s,
            return_s=chosen.return_home_s,
        )

    def _broken(self) -> str | None:
        return self._home.failure
