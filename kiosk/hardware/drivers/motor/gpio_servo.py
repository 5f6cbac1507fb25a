"""A continuous rotation servo that turns a coil, on one pin that gives it pulses, with a home switch or without.

For small machines that are built from hobby parts. The servo takes 5 to 6 V from a supply of its own, ground in
common, and pulses from the pin. It gets no pulses while it stands, so it can neither creep nor hum.

Without `home_pin` a turn ends after `turn_s`, and that it was whole nobody knows: the drop beam has to prove that an
item fell. Where neither is there, each item counts as perhaps gone until somebody counts.

Pulses need lgpio, which makes them in steps of 0.2 ms. Python 3.13 has no ready-made one: see the install page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.coil.home_switch import HomeSwitch
from kiosk.hardware.shared.coil.motor import CoilCurrent, CoilMotor, HomedMotor, Limits
from kiosk.hardware.shared.coil.turn import LeaveHome, MotorSeconds, ReturnHome
from kiosk.hardware.shared.gpio_lines import PulseLine


class Options(BaseOptions, frozen=True, kw_only=True):
    """One servo. Times are in seconds, but for `pulse_ms`."""

    needs_pins = ("lgpio", "simulator")

    pin: Pin
    home_pin: Annotated[Pin | None, Meta(description="The home switch; none: it turns by time")] = None
    home_active_low: Annotated[bool, Meta(description="True if the home switch pulls its pin low at home")] = True
    pulse_ms: Annotated[
        float,
        Meta(ge=0.6, le=2.4, description="Milliseconds: 2.0 turns fast one way, 1.0 the other, 1.5 not at all"),
    ] = 2.0
    turn_s: Annotated[MotorSeconds, Meta(description="Seconds of a whole turn; a quarter takes a quarter of it")] = 2.5
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    current_a: CoilCurrent = 0.7


class HomedServo(HomedMotor):
    """A servo with a home switch."""

    def __init__(self, name: str, options: Options, board: Board, home_pin: int) -> None:
        self._chosen = options
        self._pulses = PulseLine(board, options.pin)
        try:
            home = HomeSwitch(board, home_pin, active_low=options.home_active_low)
        except BaseException:
            self._pulses.close()
            raise
        limits = Limits(options.leave_home_s, options.return_home_s, options.turn_s / 4)
        super().__init__(name, board, home, limits, current_a=options.current_a)

    def _on(self) -> None:
        self._pulses.pulse(self._chosen.pulse_ms / 1000)

    def _off(self) -> None:
        self._pulses.stop()

    def _give_back(self) -> None:
        self._pulses.close()

    def _wires(self) -> tuple[str, str]:
        return f"its wire (GPIO {self._chosen.pin})", f"home switch (GPIO {self._chosen.home_pin})"


class TimedServo(CoilMotor):
    """A servo without a home switch. Its turns are as long as it is told; whether they were made nobody sees."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        super().__init__(name, board, current_a=options.current_a, limit_s=options.turn_s)
        self._chosen = options
        self._pulses = PulseLine(board, options.pin)

    def runs_on(self) -> bool:
        """It has no switch that could show it."""
        return False

    def close(self) -> None:
        """Stop and give the pin back. May be called twice."""
        self._pulses.close()

    def _turn(self, started: Callable[[], None]) -> Turn:
        return self._run(self._chosen.turn_s, started)

    def _nudge(self) -> Turn:
        return self._run(self._chosen.turn_s / 4)

    def _run(self, seconds: float, started: Callable[[], None] | None = None) -> Turn:
        try:
            self._pulses.pulse(self._chosen.pulse_ms / 1000)
            ends = self._clock.monotonic() + seconds
            if started:
                started()
            self._clock.sleep(ends - self._clock.monotonic())
        finally:
            self._pulses.stop()
        return Turn.COMPLETED

    def _advise(self, _ended: Turn) -> str | None:
        return None

    def _broken(self) -> str | None:
        return None


def Driver(name: str, options: Options, board: Board) -> CoilMotor:  # noqa: N802 - every driver's module has a Driver
    """Claim the pins, the servo without pulses. Raises HardwareError; then nothing is left claimed."""
    if options.home_pin is None:
        return TimedServo(name, options, board)
    return HomedServo(name, options, board, options.home_pin)
