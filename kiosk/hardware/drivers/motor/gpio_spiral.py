"""A spiral (coil) motor on one output pin, with a home switch on one input pin.

For a few coils, each with a relay or a transistor of its own: the pin switches the driver, the driver switches the
motor's 24 V. The cam switch lies between its pin and ground. Give the driver's input a pull-down (a pull-up if it is
active low), so that the motor stays off while nobody drives the pin.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board
from kiosk.hardware.shared.coil.home_switch import HomeSwitch
from kiosk.hardware.shared.coil.motor import CoilCurrent, HomedMotor, Limits
from kiosk.hardware.shared.coil.turn import LeaveHome, QuarterTurn, ReturnHome
from kiosk.hardware.shared.gpio_lines import OutputLine


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


class Driver(HomedMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim both pins, the motor off. Raises HardwareError; then nothing is left claimed."""
        self._pins = options.motor_pin, options.home_pin
        self._motor = OutputLine(board, options.motor_pin, active_low=options.motor_active_low)
        try:
            home = HomeSwitch(board, options.home_pin, active_low=options.home_active_low)
        except BaseException:
            self._motor.close()
            raise
        limits = Limits(options.leave_home_s, options.return_home_s, options.quarter_turn_s)
        super().__init__(name, board, home, limits, current_a=options.current_a)

    def _on(self) -> None:
        self._motor.on()

    def _off(self) -> None:
        self._motor.off()

    def _give_back(self) -> None:
        self._motor.close()

    def _wires(self) -> tuple[str, str]:
        motor, home = self._pins
        return f"its wire (GPIO {motor})", f"home switch (GPIO {home})"
