"""A simulated MDB machine with its drivers opened, and a visitor at its keypad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from tests.simulated import open_board, until

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
        drop_sensor: bool = True,
        answer_s: float = 30,
        vend_s: float = 20,
        capacity: int = 200,
        prices: bool = True,
        more: str = "",
    ) -> None:
        text = KIOSK.format(state=state)
        text += MACHINE.format(drop_sensor=str(drop_sensor).lower(), answer_s=answer_s, vend_s=vend_s, more=more)
        for slot, item in ITEMS.items():
            price = f', price = "0.{item}"' if prices else ""
            text += SLOT.format(slot=slot, item=item, capacity=capacity, price=price)
        config = parse(text, registry)
        board = open_board(config)
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
        assert self.until(lambda: self.controller.fault() is None and self.machine.ready)

    def until(self, true: Callable[[], bool], within_s: float = 60.0) -> bool:
        """Let the machine's time pass until `true()`, at most `within_s` seconds of it; say whether it is."""
        return until(self.clock, true, within_s)

    def _select(self, slot: str) -> bool:
        self.selected.append(slot)
        return self.takes

    def choose(self, slot: str = "A1") -> None:
        """Press a lane's number, as soon as the machine takes it, and wait until the kiosk has heard of it."""
        before = len(self.selected)
        assert self.until(lambda: self.interface.choose(ITEMS[slot]))
        assert self.until(lambda: len(self.selected) > before)

    def turn(self, slot: str = "A1", started: Callable[[], None] = lambda: None) -> Turn | None:
        """Turn a lane within its limit; None when what became of it is not known."""
        began, motor = self.clock.monotonic(), self.motors[slot]
        try:
            ended: Turn | None = motor.turn(started)
        except HardwareError:
            ended = None
        assert self.clock.monotonic() - began <= motor.limit_s
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
