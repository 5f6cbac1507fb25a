"""Pins that lead into a simulated machine. From above they cannot be told from real ones."""

from __future__ import annotations

from typing import Any

from kiosk.clock import Clock
from kiosk.config import Config, Hardware
from kiosk.hardware.pins.base import BaseBoard
from kiosk.simulator.world import World


class SimulatorBoard(BaseBoard):
    """The pins, clock and kernel files of a simulated machine. `world` is the machine, for whoever watches it."""

    pins = "simulator"

    def __init__(self, hardware: Hardware, world: World) -> None:
        super().__init__(hardware, world.clock, sys_root=world.sys_root, dev_root=world.dev_root)
        self.world = world

    @property
    def pin_factory(self) -> Any:
        return self.world.pin_factory

    def fault(self) -> str | None:
        """Return a sentence when the simulated machine stands still for good."""
        return None if self.world.running() else "The simulated machine has stopped. Restart the kiosk."

    def close(self) -> None:
        """Give every pin back, which leaves all motors off, and stop the machine. May be called twice."""
        self.world.close()


def open_board(config: Config, _clock: Clock | None) -> SimulatorBoard:
    """Build the simulated machine that `config` describes, as it was left in `paths.state`."""
    return SimulatorBoard(config.hardware, World.from_config(config))
