"""One part of one driver on a simulated machine, with a coil beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.config import Config, Hardware, Input, Kiosk, Part, Paths, Product, Simulator, Slot
from kiosk.hardware.registry import open_driver, options_type
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.world import World
from tests.simulated import open_board, until

MOTOR_PIN, HOME_PIN = 5, 6
"""The coil's pins; parts on the bench use others."""
TABLES = {"sensor": "sensors", "input": "inputs", "signal": "signals", "climate": "climate"}

Described = tuple[str, str, str, dict[str, Any]]
"""Kind, driver, name, options."""


@dataclass
class Bench:
    """A part called `it`, not opened yet."""

    board: SimulatorBoard
    config: Config
    described: tuple[Described, ...]

    @property
    def world(self) -> World:
        return self.board.world

    @property
    def body(self) -> Any:
        return self.world.part("it")

    def open(self, name: str = "it") -> Any:
        kind, driver, _, settings = next(entry for entry in self.described if entry[2] == name)
        return open_driver(kind, driver, name, options_type(kind, driver)(**settings), self.board)

    def open_motor(self) -> Any:
        slot = self.config.slots[0]
        return open_driver("motor", slot.driver, slot.id, slot.options, self.board)

    def pass_s(self, seconds: float) -> None:
        self.board.clock.sleep(seconds)

    def until(self, true: Callable[[], bool], within_s: float = 60.0) -> bool:
        """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
        return until(self.board.clock, true, within_s)


def bench_config(state: Path, parts: Sequence[Described], speed: float) -> Config:
    tables: dict[str, list[Any]] = {table: [] for table in TABLES.values()}
    for kind, driver, name, settings in parts:
        made = Input if kind == "input" else Part
        tables[TABLES[kind]].append(made(name=name, driver=driver, options=options_type(kind, driver)(**settings)))
    spiral = options_type("motor", "gpio_spiral")(motor_pin=MOTOR_PIN, home_pin=HOME_PIN)
    return Config(
        kiosk=Kiosk(id="bench", site="Bench"),
        products=(Product(sku="NAL-4", name="Naloxone"),),
        slots=(Slot(id="A1", product="NAL-4", capacity=8, options=spiral),),
        hardware=Hardware(pins="simulator"),
        simulator=Simulator(speed=speed, seed=3),
        paths=Paths(state=str(state)),
        sensors=tuple(tables["sensors"]),
        inputs=tuple(tables["inputs"]),
        signals=tuple(tables["signals"]),
        climate=tuple(tables["climate"]),
    )


@contextmanager
def bench(
    state: Path, kind: str, driver: str, /, *beside: Described, speed: float | None = None, **settings: Any
) -> Iterator[Bench]:
    """Build a machine with the part `it` and those `beside` it; what `open` returned is closed by whoever opened it."""
    parts = (*beside, (kind, driver, "it", settings))
    config = bench_config(state, parts, speed or 1.0)
    board = open_board(config, flows=speed is not None)
    try:
        yield Bench(board, config, parts)
    finally:
        board.close()
