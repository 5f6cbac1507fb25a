"""What lights and sounds tell whoever stands at the machine, and when they are back to "press"."""

from __future__ import annotations

import threading

from kiosk.clock import Clock
from kiosk.dispense.service.activity import OVER_S
from kiosk.errors import BusyError, KioskError
from kiosk.hardware.api import Signal
from kiosk.hardware.machine import Machine
from kiosk.model import RefusedError


class Sign:
    """Tells it to all lights and buzzers. May be called from any thread; returns at once."""

    def __init__(self, machine: Machine, clock: Clock) -> None:
        self._machine = machine
        self._clock = clock
        self._lock = threading.Lock()
        self._ready_at = float("-inf")

    def answer(self, signal: Signal, *, urgent: bool = False) -> None:
        """Answer a press, without taking anything from whoever is being served."""
        self._machine.show(signal, urgent=urgent)

    def working(self, *, urgent: bool) -> None:
        """Tell that it is coming."""
        self._lasting(Signal.WORKING, float("inf"), urgent)

    def hands_out(self) -> None:
        """Tell that something is about to turn behind the open door. Nothing silences it."""
        self._lasting(Signal.HANDS_OUT, float("inf"), urgent=True)

    def ended(self, *, out: bool, urgent: bool) -> None:
        """Tell for a while how it ended: whether something is `out`."""
        self._lasting(Signal.TAKE if out else Signal.SORRY, self._clock.monotonic() + OVER_S, urgent)

    def idle(self) -> None:
        """Tell that the machine is ready, once it was told for long enough how the last vend ended."""
        with self._lock:
            if self._clock.monotonic() >= self._ready_at:
                self._ready_at = float("inf")
                self._machine.show(Signal.READY)

    def _lasting(self, signal: Signal, until: float, urgent: bool) -> None:
        with self._lock:
            self._ready_at = until
            self._machine.show(signal, urgent=urgent)


def refused(error: KioskError) -> Signal:
    """Return the answer to a press that got nothing: `WAIT` if the same press is worth another try soon."""
    soon = isinstance(error, BusyError) or (isinstance(error, RefusedError) and error.refusal.wait_s is not None)
    return Signal.WAIT if soon else Signal.NOT_NOW
