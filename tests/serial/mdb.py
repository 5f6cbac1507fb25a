"""A simulated MDB machine with its drivers opened, and a visitor at its keypad."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.pins import open_board
from kiosk.hardware.pins.simulator import SimulatorBoard

SPEED = 100.0

MACHINE = """
[[controllers]]
name = "machine"
driver = "qibixx_mdb"
options = {{ port = "ttyMDB", drop_sensor = {drop_sensor}, answer_s = {answer_s}, vend_s = {vend_s}{more} }}
"""

KIOSK = """
[kiosk]
id = "test-1"
site = "A test"
[hardware]
pins = "simulator"
[simulator]
speed = {speed}
[paths]
state = "{state}"
[[products]]
sku = "NAL-4"
name = "Naloxone"
essential = true
"""

SLOT = """
[[slots]]
id = "{slot}"
product = "NAL-4"
capacity = {capacity}
driver = "mdb_item"
options = {{ controller = "machine", item = {item}{price} }}
"""

ITEMS = {"A1": 11, "A2": 12, "A3": 17}


class Rig:
    """Three lanes; every item has its number in cents as its price."""

    def __init__(
        self,
        state: Path,
        *,
        speed: float = SPEED,
        drop_sensor: bool = True,
        answer_s: float = 30,
        vend_s: float = 20,
        capacity: int = 200,
        prices: bool = True,
        more: str = "",
    ) -> None:
        text = KIOSK.format(speed=speed, state=state)
        text += MACHINE.format(drop_sensor=str(drop_sensor).lower(), answer_s=answer_s, vend_s=vend_s, more=more)
        for slot, item in ITEMS.items():
            price = f', price = "0.{item}"' if prices else ""
            text += SLOT.format(slot=slot, item=item, capacity=capacity, price=price)
        config = parse(text, registry)
        board = open_board(config)
        assert isinstance(board, SimulatorBoard)
        self.board, self.world, self.clock = board, board.world, board.clock
        part = config.controllers[0]
        self.controller: Any = registry.open_driver("controller", part.driver, part.name, part.options, board)
        board.add(part.name, self.controller)
        self.motors: dict[str, Any] = {
            slot.id: registry.open_driver("motor", slot.driver, slot.id, slot.options, board) for slot in config.slots
        }
        self.interface = self.world.part("machine")
        self.machine = self.interface.machine
        self.selected: list[str] = []
        self.takes = True
        self.controller.on_select(self._select)
        assert until(lambda: self.controller.fault() is None and self.machine.ready)

    def _select(self, slot: str) -> bool:
        self.selected.append(slot)
        return self.takes

    def choose(self, slot: str = "A1") -> None:
        """Press a lane's number, as soon as the machine takes it, and wait until the kiosk has heard of it."""
        before = len(self.selected)
        assert until(lambda: self.interface.choose(ITEMS[slot]))
        assert until(lambda: len(self.selected) > before)

    def turn(self, slot: str = "A1", started: Callable[[], None] = lambda: None) -> Turn | None:
        """Turn a lane within its limit; None when what became of it is not known."""
        began, motor = self.clock.monotonic(), self.motors[slot]
        try:
            ended: Turn | None = motor.turn(started)
        except HardwareError:
            ended = None
        hiccup_s = 0.3 * self.world.snapshot().speed  # the machine runs on while this computer does something else
        assert self.clock.monotonic() - began <= motor.limit_s + hiccup_s
        return ended

    def words(self) -> list[str]:
        """Return what the interface heard since it was set up, without the greetings."""
        return [line for line in self.interface.answers[3:] if line != "C,1"]

    def heard(self, command: str) -> int:
        """Return how often the interface heard a command."""
        return int(self.interface.answers.count(command))

    def close(self) -> None:
        for motor in self.motors.values():
            motor.close()
        self.controller.close()
        self.board.close()


@contextmanager
def rig(state: Path, **settings: Any) -> Iterator[Rig]:
    made = Rig(state, **settings)
    try:
        yield made
    finally:
        made.close()


def until(true: Callable[[], bool], wall_s: float = 5.0) -> bool:
    """Wait until `true()`, at most `wall_s` seconds on the wall."""
    end = time.monotonic() + wall_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True
