"""The kiosk's own board on the header, and the parts that a test opens on it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

from kiosk.config import Config, Hardware, Kiosk, Product
from kiosk.hardware.pins import open_board
from kiosk.hardware.registry import open_driver, options_type
from tests.kernel.chip import Chip


class Board:
    """A board of one back-end. Whatever was opened is closed with it, last first."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.undo = ExitStack()
        self.board = self.open_board()
        self.clock = self.board.clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.undo.close()

    def open_board(self) -> Any:
        config = Config(
            kiosk=Kiosk(id="rig", site="Rig"),
            products=(Product(sku="NAL-4", name="Naloxone"),),
            slots=(),
            hardware=Hardware(pins=self.backend),  # type: ignore[arg-type]
        )
        board = open_board(config)
        self.undo.callback(board.close)
        return board

    def open(self, kind: str, driver: str, **options: Any) -> Any:
        """Open a part of this kind and driver, called `it`, with these options."""
        part = open_driver(kind, driver, "it", options_type(kind, driver)(**options), self.board)
        self.undo.callback(part.close)
        return part


class Rig(Board):
    """The same on the simulated header, whose lines are all held low when it starts."""

    def __init__(self, chip: Chip, backend: str) -> None:
        self.chip = chip
        for line in range(28):
            chip.pull(line, 0)
        super().__init__(backend)
        chip.forget()
