"""How a coil turns: constant acceleration up to a speed, or down to rest. Pure; angles in turns, times in seconds."""

from __future__ import annotations

import math
from typing import NamedTuple


class Motion(NamedTuple):
    """From `start` at `angle` with `speed` towards the speed `limit`, at the rate `accel` (never negative)."""

    start: float
    angle: float
    speed: float = 0.0
    limit: float = 0.0
    accel: float = 1.0

    def _ramp_s(self) -> float:
        return abs(self.limit - self.speed) / self.accel

    def _signed(self) -> float:
        return math.copysign(self.accel, self.limit - self.speed)

    def speed_at(self, at: float) -> float:
        """Return the speed at the moment `at`, in turns a second."""
        passed = at - self.start
        return self.limit if passed >= self._ramp_s() else self.speed + self._signed() * passed

    def angle_at(self, at: float) -> float:
        """Return the angle at the moment `at`."""
        passed = max(0.0, at - self.start)
        ramp = min(passed, self._ramp_s())
        return self.angle + self.speed * ramp + 0.5 * self._signed() * ramp * ramp + self.limit * (passed - ramp)

    def time_of(self, angle: float) -> float | None:
        """Return when `angle`, which lies ahead, is reached; None if the motion ends before it."""
        ahead = max(0.0, angle - self.angle)
        ramp, accel = self._ramp_s(), self._signed()
        ramp_turns = self.speed * ramp + 0.5 * accel * ramp * ramp
        if ahead > ramp_turns:
            return self.start + ramp + (ahead - ramp_turns) / self.limit if self.limit > 0 else None
        root = math.sqrt(max(0.0, self.speed * self.speed + 2 * accel * ahead))
        return self.start + (2 * ahead / (self.speed + root) if ahead > 0 else 0.0)

    def end(self) -> float | None:
        """Return when the coil comes to rest; None if it keeps turning."""
        return self.start + self._ramp_s() if self.limit == 0 else None
