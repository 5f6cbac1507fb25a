"""How each motor and lock driver on pins is wired to the header, and what it moves there.

A driver joins the kernel's contract suite by a line in `WIRINGS`; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kiosk.hardware.api import Turn
from tests.kernel.chip import Chip
from tests.kernel.machine import Coil, Input, Lock, Moved, Pulsed, SteppedCoil, Thing


class Wiring(NamedTuple):
    """One way to wire a driver."""

    driver: str
    options: Mapping[str, Any]
    off: Mapping[int, int]
    """Every output line, with the level at which it is off."""
    build: Callable[[Chip], tuple[Moved, *tuple[Thing, ...]]]
    """Builds what hangs on the lines: the coil or lock that the tests look at first, then the rest."""
    kind: str = "motor"
    controller: tuple[str, Mapping[str, Any]] | None = None
    """The driver and options of the controller `it`, if the driver hangs on one."""
    gives: Turn = Turn.COMPLETED
    """How a good turn ends."""
    missing: Turn = Turn.NOT_STARTED
    """How a turn ends when nothing moves."""
    on_s: float = 0.35
    """The longest that anything is on when nothing moves."""
    at_once: bool = True
    """Whether it is certainly on when `started` is called."""
    backends: tuple[str, ...] = ("lgpio", "gpiod")
    name: str = ""
    """What tells it from other wirings of its driver."""

    @property
    def id(self) -> str:
        """Return what pytest calls it."""
        return f"{self.driver}-{self.name}" if self.name else self.driver


LIMITS = {"leave_home_s": 0.3, "return_home_s": 1.0}
"""Shorter than a real coil's, as these turn in half a second."""


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


def pair(chip: Chip) -> tuple[Coil, Coil]:
    return Coil(chip, lambda: chip.level(5), 6), Coil(chip, lambda: chip.level(12), 13, turn_s=0.6)


def servo(chip: Chip) -> tuple[Coil]:
    return (Coil(chip, Pulsed(chip, 5), 6),)


def stepper(chip: Chip) -> tuple[SteppedCoil]:
    return (SteppedCoil(chip, lambda: not chip.level(12), 6, step_line=5, steps=40),)


def solenoid(chip: Chip) -> tuple[Lock]:
    return (Lock(chip, lambda: chip.level(5), 6),)


MATRIX = {"row_pins": (5, 6), "column_pins": (12, 13), "home_pin": 19}
CROSSING = {"controller": "it", "row": 1, "column": 2, **LIMITS}
ALL_LOW = dict.fromkeys((5, 6, 12, 13), 0)

WIRINGS = (
    Wiring("gpio_spiral", {"motor_pin": 5, "home_pin": 6, **LIMITS}, {5: 0}, spiral),
    Wiring(
        "gpio_spiral",
        {"motor_pin": 5, "home_pin": 6, "motor_active_low": True, "home_active_low": False, **LIMITS},
        {5: 1},
        spiral_other_way_round,
        name="other-way-round",
    ),
    Wiring("gpio_matrix", CROSSING, ALL_LOW, matrix, controller=("gpio_matrix", MATRIX)),
    Wiring(
        "gpio_matrix",
        CROSSING,
        ALL_LOW,
        matrix,
        controller=("gpio_matrix", MATRIX | {"sense_pin": 20}),
        name="sense",
    ),
    Wiring(
        "gpio_pair",
        {"left_motor_pin": 5, "left_home_pin": 6, "right_motor_pin": 12, "right_home_pin": 13, **LIMITS},
        {5: 0, 12: 0},
        pair,
        missing=Turn.NOT_RETURNED,  # the other one moved
    ),
    Wiring("gpio_servo", {"pin": 5, "home_pin": 6, **LIMITS}, {5: 0}, servo, at_once=False, backends=("lgpio",)),
    Wiring(
        "gpio_stepper",
        {
            "step_pin": 5,
            "enable_pin": 12,
            "home_pin": 6,
            "steps_per_turn": 40,
            "steps_per_s": 100,
            "ramp_s": 0,
            **LIMITS,
        },
        {5: 0, 12: 1},
        stepper,
    ),
    Wiring(
        "gpio_solenoid",
        {"pin": 5, "feedback_pin": 6, "rest_s": 1, "open_s": 0.5},
        {5: 0},
        solenoid,
        kind="lock",
        gives=Turn.UNLOCKED,
    ),
)
