"""What the contract suite must know of a driver, and a bench with two slots of it on a simulated machine.

A driver joins the suite by one file in `cases/`, named like the driver, with `CASES`: the ways in which it can be
wired. Nothing else here changes.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.simulated import open_board

KINDS = ("motor", "lock")

Ending = Turn | type[HardwareError]
"""How a turn ends: as a value, or with an error."""

HEAD = """
[kiosk]
id = "bench"
site = "Bench"
[hardware]
pins = "simulator"
max_current_a = {supply_a}
[paths]
state = {state}
[[products]]
sku = "NAL-4"
name = "Naloxone"
{controllers}
"""

SLOT = """
[[slots]]
id = "{slot}"
product = "NAL-4"
capacity = {capacity}
driver = "{driver}"
options = {options}
"""


class Case(NamedTuple):
    """One way to wire two slots, A1 and A2, with a driver. What is TOML stands in kiosk.toml as it is."""

    slots: tuple[str, str]
    """The `options` of A1 and of A2, as inline tables."""
    faults: Mapping[Fault, Ending]
    """Every fault that this driver can meet, ordered for A1, and how a turn honestly ends with it."""
    controllers: str = ""
    """The `[[controllers]]` that the slots hang on."""
    supply_a: float = 1.0
    """What the supply gives, in amperes: enough for one of the two slots, not for both."""
    capacity: int = 8
    gives: Turn = Turn.COMPLETED
    """How a good turn ends."""
    nudges: Turn = Turn.COMPLETED
    """How a quarter turn ends, or ABSENT."""
    homes: bool = True
    """Whether it is a coil of ours that stops at home: after a quarter turn a turn then ends as HOMED."""
    on_at_start: bool = True
    """Whether the motor or lock is certainly on when `started` is called."""
    settles_s: float = 0.5
    """So long after a call has returned its motor or lock may still move: it coasts, or a board ends its pulse."""
    gone_after_s: float = 5.0
    """So long after a turn its item has left the slot."""
    tells_run_on: bool = True
    """Whether it can see that a motor turns on though it is off."""
    found_after_s: float = 6.0
    """So long after a fault has ended the motor can be turned again: a board is found, a lock has rested."""
    before_turn: Callable[[Any, str], None] | None = None
    """What a visitor does at the machine itself before each turn, told with the bench and the slot."""
    name: str = ""
    """What tells it from the other cases of its driver."""


class Tried(NamedTuple):
    """A driver and one of its cases."""

    kind: str
    driver: str
    case: Case

    @property
    def id(self) -> str:
        """Return what pytest calls it."""
        return f"{self.driver}-{self.case.name}" if self.case.name else self.driver


def drivers() -> list[tuple[str, str]]:
    """Return kind and name of every driver that gives out an item."""
    return [(kind, name) for kind in KINDS for name in registry.names(kind)]


def cases_of(driver: str) -> tuple[Case, ...]:
    """Return the cases of a driver; none if it has no file in `cases/`."""
    with suppress(ModuleNotFoundError):
        cases: tuple[Case, ...] = importlib.import_module(f"tests.contract.cases.{driver}").CASES
        return cases
    return ()


TRIED = [Tried(kind, driver, case) for kind, driver in drivers() for case in cases_of(driver)]


class Bench:
    """Two slots with one driver on a simulated machine. `motor` is the driver of A1."""

    def __init__(self, tried: Tried, state: Path, speed: float | None = None) -> None:
        """Build it; its time flows at `speed`, or passes only while somebody waits for it."""
        case = tried.case
        head = HEAD.format(supply_a=case.supply_a, state=json.dumps(str(state)), controllers=case.controllers)
        slots = (
            SLOT.format(slot=slot, capacity=case.capacity, driver=tried.driver, options=options)
            for slot, options in zip(("A1", "A2"), case.slots, strict=True)
        )
        self.case, self._tried = case, tried
        self.config = parse(head + "".join(slots), registry)
        self.board = open_board(self.config, flows=speed is not None)
        self.board.clock.speed = speed or 1.0
        self.world = self.board.world
        self._opened: list[Any] = []
        for part in self.config.controllers:
            controller = registry.open_driver("controller", part.driver, part.name, part.options, self.board)
            self.board.add(part.name, controller)
            self._opened.append(controller)
        self.motor = self.open("A1")

    def open(self, slot: str) -> Any:
        """Open the driver of a slot."""
        entry = next(entry for entry in self.config.slots if entry.id == slot)
        motor = registry.open_driver(self._tried.kind, entry.driver, slot, entry.options, self.board)
        self._opened.append(motor)
        if (before := self.case.before_turn) is not None:
            turn = motor.turn
            motor.turn = lambda started: (before(self, slot), turn(started))[1]
        return motor

    def at_rest(self, slot: str = "A1") -> bool:
        """Let pass what the driver may take to stand still, and look."""
        self.board.clock.sleep(self.case.settles_s)
        before = self._seen(slot)
        self.board.clock.sleep(0.3)
        return not self.world.part(slot).energised and self._seen(slot) == before

    def angle(self, slot: str = "A1") -> float:
        """Return how far a coil stands from home, in turns."""
        return next(coil.angle for coil in self.world.snapshot().coils if coil.slot == slot)

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.board.clock.sleep(seconds)

    def close(self) -> None:
        """Close all that was opened, motors first."""
        for part in reversed(self._opened):
            part.close()
        self.board.close()

    def _seen(self, slot: str) -> Any:
        seen = self.world.snapshot()
        places: list[Any] = [*seen.coils, *seen.lockers]
        return next(place for place in places if place.slot == slot)
