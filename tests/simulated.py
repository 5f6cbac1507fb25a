"""A simulated machine whose time passes only while a test, or a thread of it, waits for it on the machine's clock.

However slow the computer is, whatever a test does in between takes no time of the machine's, and no wait takes longer
than what happens in it.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.world import World

LOOK_S = 0.01


def open_board(config: Config, *, keep: bool = True, flows: bool = False) -> SimulatorBoard:
    """Build the machine of a configuration, as it was left in `paths.state` if that is kept."""
    return SimulatorBoard(config.hardware, World.from_config(config, keep=keep, flows=flows))


def until(clock: Clock, true: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
    end = clock.monotonic() + within_s
    while not true():
        if clock.monotonic() >= end:
            return False
        clock.sleep(LOOK_S)
    return True
