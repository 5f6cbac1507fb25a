"""How each motor and lock driver on pins is wired to the header, and what it moves there.

A driver joins the kernel's contract suite by a line in `WIRINGS`; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kiosk.hardware.api import Turn
from tests.kernel.chip import Chip
from tests.kernel.machine import Coil, Input, Thing


class Wiring(NamedTuple):
    """One way to wire a driver."""

    driver: str
    options: Mapping[str, Any]
    off: Mapping[int, int]
    """Every output line, with the level at which it is off."""
    build: Callable[[Chip], tuple[Coil, *tuple[Thing, ...]]]
    """Builds what hangs on the lines: the coil or lock first, then the rest."""
    kind: str = "motor"
    controller: tuple[str, Mapping[str, Any]] | None = None
    """The driver and options of the controller `it`, if the driver hangs on one."""
    gives: Turn = Turn.COMPLETED
    """How a good turn ends."""
    missing: Turn = Turn.NOT_STARTED
    """How a turn ends when nothing moves."""
    on_s: float = 1.05
    """The longest that anything is on when nothing moves."""
    lines_of: str = ""
    """What tells it from other wirings of its driver."""

    @property
    def id(self) -> str:
        """Return what pytest calls it."""
        return f"{self.driver}-{self.lines_of}" if self.lines_of else self.driver


def spiral(chip: Chip) -> tuple[Coil]:
    return (Coil(chip, lambda: chip.level(5), 6),)


def spiral_other_way_round(chip: Chip) -> tuple[Coil]:
    return (Coil(chip, lambda: not chip.level(5), 6, home_level=True),)


class Sense:
    """A comparator that pulls its line low while a motor draws current."""

    def __init__(self, chip: Chip, line: int, coil: Coil) -> None:
        self._line = Input(chip, line)
        self._coil = coil

    def step(self, _now: float, _passed_s: float) -> None:
        self._line.set(not self._coil.draws())


def matrix(chip: Chip) -> tuple[Coil, Thing]:
    """The motor at row 1 (GPIO 5), column 2 (GPIO 13). The home wire tells its switch only while it is driven."""
    coil = Coil(chip, lambda: chip.level(5) and chip.level(13), 19, home_told=lambda: chip.level(5) and chip.level(13))
    return coil, Sense(chip, 20, coil)


MATRIX = {"row_pins": (5, 6), "column_pins": (12, 13), "home_pin": 19}
CROSSING = {"controller": "it", "row": 1, "column": 2}
ALL_LOW = dict.fromkeys((5, 6, 12, 13), 0)

WIRINGS = (
    Wiring("gpio_spiral", {"motor_pin": 5, "home_pin": 6}, {5: 0}, spiral),
    Wiring(
        "gpio_spiral",
        {"motor_pin": 5, "home_pin": 6, "motor_active_low": True, "home_active_low": False},
        {5: 1},
        spiral_other_way_round,
        lines_of="other-way-round",
    ),
    Wiring("gpio_matrix", CROSSING, ALL_LOW, matrix, controller=("gpio_matrix", MATRIX)),
    Wiring(
        "gpio_matrix",
        CROSSING,
        ALL_LOW,
        matrix,
        controller=("gpio_matrix", MATRIX | {"sense_pin": 20}),
        lines_of="sense",
    ),
)
