"""A simulated machine for tests, and the drivers that stand on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.config import Config, Hardware, Input, Kiosk, Part, Paths, Product, Simulator, Slot
from kiosk.hardware.registry import open_driver, options_type
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.world import World
from tests import simulated
from tests.simulated import open_board


def options(kind: str, driver: str, **settings: Any) -> Any:
    return options_type(kind, driver)(**settings)


def config(state: Path, speed: float = 1.0, **beam: Any) -> Config:
    """Two coils, a beam, a door, a thermometer, a button and a light."""
    spiral = "gpio_spiral"
    return Config(
        kiosk=Kiosk(id="test-1", site="A test"),
        products=(Product(sku="NAL-4", name="Naloxone", essential=True),),
        hardware=Hardware(pins="simulator"),
        simulator=Simulator(speed=speed, seed=7),
        slots=(
            Slot(id="A1", product="NAL-4", capacity=8, options=options("motor", spiral, motor_pin=5, home_pin=6)),
            Slot(id="A2", product="NAL-4", capacity=8, options=options("motor", spiral, motor_pin=12, home_pin=13)),
        ),
        sensors=(
            Part(
                name="beam",
                driver="drop_beam",
                options=options("sensor", "drop_beam", **{"pin": 16, "emitter_pin": 17} | beam),
            ),
            Part(name="door", driver="door", options=options("sensor", "door", pin=18)),
            Part(name="air", driver="thermometer", options=options("sensor", "thermometer")),
        ),
        inputs=(Input(name="naloxone", driver="button", product="NAL-4", options=options("input", "button", pin=20)),),
        signals=(Part(name="status", driver="gpio_light", options=options("signal", "gpio_light", pin=21)),),
        paths=Paths(state=str(state)),
    )


@dataclass
class Machine:
    """A board with its world, and every driver that a test opened."""

    config: Config
    board: SimulatorBoard
    opened: list[Any] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.board.world

    def until(self, true: Callable[[], bool], within_s: float = 60.0) -> bool:
        """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
        return simulated.until(self.board.clock, true, within_s)

    def motor(self, slot: str = "A1") -> Any:
        entry = next(entry for entry in self.config.slots if entry.id == slot)
        return self._open("motor", entry.driver, slot, entry.options)

    def sensor(self, name: str) -> Any:
        return self._part("sensor", name, self.config.sensors)

    def button(self) -> Any:
        """Return the button, long enough after it was claimed for an edge to be a press and no bounce."""
        button = self._part("input", "naloxone", self.config.inputs)
        self.board.clock.sleep(0.1)
        return button

    def light(self) -> Any:
        return self._part("signal", "status", self.config.signals)

    def pin(self, number: int) -> Any:
        return self.board.pin_factory.pin(number)

    def _part(self, kind: str, name: str, entries: tuple[Any, ...]) -> Any:
        entry = next(entry for entry in entries if entry.name == name)
        return self._open(kind, entry.driver, name, entry.options)

    def _open(self, kind: str, driver: str, name: str, chosen: Any) -> Any:
        part = open_driver(kind, driver, name, chosen, self.board)
        self.opened.append(part)
        return part


@contextmanager
def machine(state: Path, speed: float | None = None, **beam: Any) -> Iterator[Machine]:
    """Build a machine whose time flows at `speed`; without, it passes only while somebody waits for it."""
    chosen = config(state, speed or 1.0, **beam)
    board = open_board(chosen, flows=speed is not None)
    running = Machine(chosen, board)
    try:
        yield running
    finally:
        for part in running.opened:
            part.close()
        board.close()


def until(true: Callable[[], bool], wall_s: float = 30.0) -> bool:
    """Wait until `true()` for what is no matter of the machine's time, at most `wall_s` seconds on the wall."""
    end = time.monotonic() + wall_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True
