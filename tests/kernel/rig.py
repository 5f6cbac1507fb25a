"""The kiosk's own board on the simulated header, and the parts that a test opens on it."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import msgspec

from kiosk.config import Config, Hardware
from kiosk.hardware.registry import open_driver, options_type
from tests.hardware.machine import config
from tests.kernel.chip import Chip


class Rig:
    """A board of one back-end. Whatever was opened is closed with it, last first."""

    def __init__(self, chip: Chip, backend: str) -> None:
        self.chip = chip
        self.backend = backend
        self.undo = ExitStack()
        for line in range(28):
            chip.pull(line, 0)
        self.config: Config = msgspec.structs.replace(config(Path("/run/tmp")), hardware=Hardware(pins=backend))  # type: ignore[arg-type]
        self.board = self.open_board()
        self.clock = self.board.clock
        chip.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.undo.close()

    def open_board(self) -> Any:
        module = importlib.import_module(f"kiosk.hardware.pins.{self.backend}")
        board = module.open_board(self.config, None)
        self.undo.callback(board.close)
        return board

    def open(self, kind: str, driver: str, **options: Any) -> Any:
        """Open a part of this kind and driver, called `it`, with these options."""
        part = open_driver(kind, driver, "it", options_type(kind, driver)(**options), self.board)
        self.undo.callback(part.close)
        return part
