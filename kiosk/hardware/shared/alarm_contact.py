"""A contact whose open end is the alarm, so that a cut cable raises it, believed once it held for a while."""

from __future__ import annotations

import threading

from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import InputLine


class AlarmContact:
    """A contact on an input pin. The pull resistor gives the alarm's level: whatever comes off raises the alarm."""

    def __init__(self, board: Board, pin: int, *, alarm_low: bool, steady_s: float) -> None:
        """Claim `pin` (BCM number). Raises HardwareError; then it is not claimed.

        A level counts once it held for `steady_s` seconds; at the start it counts at once.
        """
        self.last_raised = float("-inf")
        """When the alarm was last known to be raised, in seconds of the board's clock."""
        self._steady_s = steady_s
        self._clock = board.clock
        self._lock = threading.Lock()
        self._alarm = self._settled = False
        self._since = float("-inf")
        # Named for the quiet contact, so that the pull resistor gives the alarm's level once the cable is off.
        self._quiet = InputLine(board, pin, active_low=not alarm_low, changed=self._changed)
        try:
            self._alarm = self._settled = not self._quiet.active()
        except BaseException:
            self._quiet.close()
            raise

    @property
    def failure(self) -> str | None:
        """A sentence if an edge was lost."""
        return self._quiet.failure

    def raised(self) -> bool:
        """Say whether the alarm is raised. Raises HardwareError if the pin cannot be read."""
        alarm, now = not self._quiet.active(), self._clock.monotonic()
        with self._lock:
            if alarm != self._alarm:  # its edge is still on its way, or was lost
                self._note(now, alarm)
            self._settle(now)
            return self._settled

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._quiet.close()

    def _changed(self, at: float, quiet: bool) -> None:
        with self._lock:
            self._note(at, not quiet)

    def _note(self, at: float, alarm: bool) -> None:
        if alarm != self._alarm:
            self._settle(at)
            self._alarm, self._since = alarm, at

    def _settle(self, now: float) -> None:
        if now - self._since >= self._steady_s:
            self._settled = self._alarm
        if self._settled:
            self.last_raised = now
