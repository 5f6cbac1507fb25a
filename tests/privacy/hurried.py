"""`python -m tests.privacy.hurried run ...`: the `kiosk` command on a computer whose wall clock hurries.

An hour passes in a second from some day in November on, so that a test sees many. The clock is read in one place, and
is replaced there; everything else is the command as it is.
"""

from __future__ import annotations

import time
from pathlib import Path

from kiosk.cli import main
from kiosk.clock import HOUR_S, Clock
from kiosk.dispense import sensors

BEGINS_S = 1_793_667_600.0
"""2026-11-03T01:00Z: far from the end of a week, a month and a year."""

HURRY = float(HOUR_S)


def wall(began_s: float) -> float:
    """Return the hurried time, in seconds since 1970, of a computer that was switched on at `began_s` of real time."""
    return BEGINS_S + (time.time() - began_s) * HURRY


if __name__ == "__main__":
    began_s = time.time()
    # There is no thermometer. In a machine that hurries, its minutely readings would keep the vend thread from resting.
    sensors.EVERY_S *= HURRY
    Clock.__init__.__defaults__ = (1.0, Path("/"), lambda: wall(began_s))
    main(prog_name="kiosk")
