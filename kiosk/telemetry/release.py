"""When telemetry may leave. Pure: the moment of a message must not tell the moment of a visit."""

from __future__ import annotations

import math
import zlib

SPREAD_S = 20.0
"""Over so many seconds the kiosks of a fleet spread. What happens in an hour's first seconds is told from the rest of
it: the fewer the better."""


class Cadence:
    """A fixed grid of moments, `period_s` apart, at which everything that has happened leaves together.

    The grid hangs on the wall clock, not on the start of the process: a restart in the middle of a vend would
    otherwise release what had just happened, and a kiosk that restarts often would never release anything. With a
    period of whole hours the moment comes when an hour has begun: in its middle it would tell, of everything in that
    hour, whether it was before or after. Each kiosk has its own phase, from its id, so that a fleet does not speak all
    at once.
    """

    def __init__(self, period_s: float, kiosk_id: str, now_s: float) -> None:
        """Start at wall time `now_s`, in seconds. The first release is at the next moment of the grid."""
        self.period_s = period_s
        self._phase = zlib.crc32(kiosk_id.encode()) / 2**32 * min(period_s, SPREAD_S)
        self._cell = self._index(now_s)

    def due(self, now_s: float) -> bool:
        """Say, once a grid moment, that it has come. A wall clock that was set counts as one such moment."""
        cell = self._index(now_s)
        came = cell != self._cell
        self._cell = cell
        return came

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until the next moment, never more than `period_s`."""
        return (self._index(now_s) + 1) * self.period_s + self._phase - now_s

    def _index(self, now_s: float) -> int:
        return math.floor((now_s - self._phase) / self.period_s)
