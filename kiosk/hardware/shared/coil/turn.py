"""One turn of a coil as its home switch tells it. Pure: told of edges and of time, it says when the motor must stop.

Limits are those of Crane's spiral machines (bulletin 1670065): away from home within 1 s, home within 4 s more.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.hardware.api import Turn

SETTLE_S = 0.05
"""A switch that comes back sooner than this after it left has bounced. Real coils are away for two seconds."""
RUN_ON_S = 0.5
"""Coils coast for less than this; a home switch that changes later belongs to a motor that runs on."""
RUN_ON_SEEN_S = 0.3
"""Changes must lie so far apart: one jolt of the cabinet does not look like a running motor."""
RUN_ON_FORGET_S = 10.0

MotorSeconds = Annotated[float, Meta(gt=0, le=30)]
"""A time limit of a motor, in seconds."""
LeaveHome = Annotated[MotorSeconds, Meta(description="Away from home within so many seconds, or it did not start")]
ReturnHome = Annotated[MotorSeconds, Meta(description="Home again so many seconds after leaving, or it is jammed")]
QuarterTurn = Annotated[MotorSeconds, Meta(description="Seconds of a quarter turn, until a full one was measured")]

STUCK = (Turn.NOT_STARTED, Turn.NOT_RETURNED)
"""The endings after which a coil that was driven did not come home."""


class CoilTurn:
    """A turn from home to home; a coil that stands elsewhere only comes home. Times are seconds of one clock."""

    def __init__(self, began: float, *, at_home: bool, leave_s: float, return_s: float) -> None:
        """Begin at the moment `began`, with the coil at home or not, and with both limits."""
        self._at_home = at_home
        self._leave_by = began + leave_s
        self._return_s = return_s
        self._left: float | None = None
        self.deadline = self._leave_by if at_home else self._leave_by + return_s
        """When the motor must stop unless the switch changes before; moves on once the coil has left home."""

    def switched(self, at: float, home: bool) -> Turn | None:
        """Take a change of the home switch at the moment `at`; return how the turn ended, or None while it goes on.

        A change to home is only told if the switch still says so when it is read: else it was a spike or a bounce.
        """
        if at > self.deadline:
            return self.overdue()
        if not self._at_home:
            return Turn.HOMED if home else None
        if not home:
            if self._left is None:
                self._left, self.deadline = at, at + self._return_s
        elif self._left is not None:
            if at - self._left >= SETTLE_S:
                return Turn.COMPLETED
            self._left, self.deadline = None, self._leave_by
        return None

    def overdue(self) -> Turn:
        """Return how the turn ended once its deadline has passed."""
        return Turn.NOT_STARTED if self._at_home and self._left is None else Turn.NOT_RETURNED


class RunOn:
    """Tells a coil that turns although its motor is off from one that coasts, and from a jolt of the cabinet."""

    def __init__(self) -> None:
        self._off_at = float("-inf")
        self._changes: tuple[float, float] | None = None

    def stopped(self, at: float) -> None:
        """Note that the motor was switched off at the moment `at`."""
        self._off_at = at

    def forget(self) -> None:
        """Note that the motor is switched on: what the switch does from now on is its doing."""
        self._changes = None

    def changed(self, at: float) -> None:
        """Note that the home switch changed at the moment `at` although the motor is off."""
        if at <= self._off_at + RUN_ON_S:
            return
        first, last = self._changes or (at, at)
        self._changes = (first if at - last <= RUN_ON_FORGET_S else at, at)

    def seen(self, now: float) -> bool:
        """Say whether the switch was seen to open and close lately."""
        if self._changes is None:
            return False
        first, last = self._changes
        return last - first >= RUN_ON_SEEN_S and now - last < RUN_ON_FORGET_S


def advise(slot: str, ended: Turn, *, motor: str, home: str, leave_s: float = 1.0, return_s: float = 4.0) -> str | None:
    """Say in words what was wrong with a turn and what to check; None if nothing was.

    `motor` and `home` name the wires, such as `row wire R1 (GPIO 9)` and `home switch (GPIO 6)`.
    """
    if ended is Turn.NOT_STARTED:
        return f"{slot}: did not leave home within {leave_s:.1f} s: check the motor plug and {motor}, then the {home}."
    if ended is Turn.NOT_RETURNED:
        return f"{slot}: did not come home within {return_s:.1f} s: look for a wedged item, then check the {home}."
    return None
