"""A relay of a board that switches a motor: on once, for a while that the board counts, and off for certain."""

from __future__ import annotations

import math

from kiosk.clock import Clock
from kiosk.errors import HardwareError
from kiosk.hardware.controller.modbus_relays import Driver as Relays
from kiosk.hardware.controller.modbus_relays import RefusedError

TENTHS = 4
"""Pulses differ by up to so many tenths of a second from turn to turn, so no late answer to one fits another."""
VARIES_FROM_S = 1.0
"""Shorter pulses, as for a quarter turn, are as long as they should be."""
ENDED_S = 0.5
"""So long after it should have ended a pulse has ended for certain, whenever the board heard of it."""
TRIED_S = 5.0
"""So long a board that does not time pulses is told to switch off, until it says that it did."""
PAUSE_S = 0.05


class MotorRelay:
    """One relay, and the motor called `name` on it."""

    def __init__(self, name: str, relays: Relays, relay: int, clock: Clock) -> None:
        """Prepare; nothing is switched."""
        self._name = name
        self._relays = relays
        self._relay = relay
        self._clock = clock
        self._pulses = 0
        self._timed = relays.options.pulses
        self._ends = self.runs_until = float("-inf")
        """`runs_until` is when the motor has had its time."""
        self.stop_limit_s = ENDED_S if self._timed else TRIED_S
        """How much longer than the motor's time `off` may take."""

    def on(self, seconds: float) -> str | None:
        """Switch the motor on for at most `seconds`; a sentence if the board refused, and it is off for certain.

        Raises HardwareError if nobody knows. `off` must follow whatever happens.
        """
        self._pulses += 1
        tenths = max(1, math.ceil(seconds * 10 - 1e-6) - (self._pulses % TENTHS if seconds > VARIES_FROM_S else 0))
        self.runs_until = self._clock.monotonic() + tenths / 10
        self._ends = self.runs_until + self.stop_limit_s
        try:
            if self._timed:
                self._relays.pulse(self._relay, tenths)
            else:
                self._relays.on(self._relay)
        except RefusedError as error:
            before = self._relays.stumbles
            if self._relays.is_on(self._relay) or self._relays.is_on(self._relay) or self._relays.stumbles != before:
                raise
            return str(error)
        return None

    def off(self) -> None:
        """Switch off until the board says that it is, or until its pulse has ended for certain.

        Raises HardwareError if the board does not time pulses and does not answer.
        """
        give_up = self._ends if self._timed else self._clock.monotonic() + TRIED_S
        while not self._is_off():
            if self._clock.monotonic() < give_up:
                continue
            if self._timed:
                break
            raise HardwareError(
                f"Motor {self._name} may still be on, as relay board {self._relays.name} does not answer: switch off "
                "the motors' power."
            )
        self._ends = float("-inf")

    def may_be_on(self) -> bool:
        """Say whether the motor may be on now."""
        return self._clock.monotonic() < self._ends

    def _is_off(self) -> bool:
        try:
            return self._relays.off(self._relay)
        except HardwareError:
            self._clock.sleep(PAUSE_S)  # a port that is gone fails at once
            return False
