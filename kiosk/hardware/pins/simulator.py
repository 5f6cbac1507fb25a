"""Pins that lead into a simulated machine. From above they cannot be told from real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.hardware.simulator.world import World


class SimulatorBoard:
    """The pins, clock and kernel files of a simulated machine. `world` is the machine, for whoever watches it."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def pin_factory(self) -> Any:
        return self.world.pin_factory

    @property
    def sys_root(self) -> Path:
        return self.world.sys_root

    def fault(self) -> str | None:
        """Return a sentence when the simulated machine stands still for good."""
        return None if self.world.running() else "The simulated machine has stopped. Restart the kiosk."

    def close(self) -> None:
        """Give every pin back, which leaves all motors off, and stop the machine. May be called twice."""
        self.world.close()


def open_board(config: Config, _clock: Clock | None) -> SimulatorBoard:
    """Build the simulated machine that `config` describes, as it was left in `paths.state`."""
    return SimulatorBoard(World.from_config(config))
