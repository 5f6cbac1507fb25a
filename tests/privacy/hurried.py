"""`python -m tests.privacy.hurried run ...`: the `kiosk` command on a computer whose wall clock hurries.

An hour passes in a second from some day in November on, so that a test sees many. The clock is read in one place, and
is replaced there; everything else is the command as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kiosk.cli import main
from kiosk.clock import HOUR_S, Clock
from kiosk.dispense.temperature import sensors

BEGINS_S = 1_793_667_600.0
"""2026-11-03T01:00Z: far from the end of a week, a month and a year."""

HURRY = float(HOUR_S)


def let_hurry(began_s: Callable[[], float], hurry: float = HURRY) -> None:
    """Have every clock go so many times as fast; it is BEGINS_S when it is `began_s` in real time."""
    # There is no thermometer. In a machine that hurries, its minutely readings would keep the vend thread from resting.
    sensors.FEEL_S *= hurry
    Clock.__init__.__defaults__ = (1.0, Path("/"), lambda: BEGINS_S + (time.time() - began_s()) * hurry)


if __name__ == "__main__":
    started_s = time.time()
    let_hurry(lambda: started_s)
    main(prog_name="kiosk")
