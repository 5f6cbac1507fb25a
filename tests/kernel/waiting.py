"""Waiting for what another thread, or the kernel, does."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG_S = 60.0


def until(true: Callable[[], bool]) -> bool:
    """Wait until `true()`, at most a minute, for a machine that is busy; return whether it is."""
    end = time.monotonic() + LONG_S
    while not true() and time.monotonic() < end:
        time.sleep(0.001)
    return true()
