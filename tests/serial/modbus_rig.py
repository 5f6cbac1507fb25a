"""Two coils on a simulated Modbus board, and what is true of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.pins.simulator import SimulatorBoard
from kiosk.hardware.simulator.coil import Coil
from kiosk.hardware.simulator.world import World

CONFIG = """
[kiosk]
id = "bench"
site = "Bench"
[hardware]
pins = "simulator"
[simulator]
speed = {speed}
[paths]
state = "{state}"
[[products]]
sku = "NAL-4"
name = "Naloxone"
[[controllers]]
name = "relays"
driver = "modbus_relays"
options = {{ port = "serial/by-id/usb-relays", {board} }}
[[slots]]
id = "A1"
product = "NAL-4"
capacity = 200
driver = "modbus_coil"
options = {{ controller = "relays", relay = 3, input = 2 }}
[[slots]]
id = "A2"
product = "NAL-4"
capacity = 200
driver = "modbus_coil"
options = {{ controller = "relays", relay = 4, input = 5 }}
"""


class Truth(NamedTuple):
    """Where a coil really is."""

    turns: int
    home: bool
    angle: float
    dropped: int
    motions: int


class Rig:
    """The board and the drivers of both coils. `line` is the far end of the serial cable."""

    def __init__(self, state: Path, speed: float, board: str = "answer_s = 0.1") -> None:
        config = parse(CONFIG.format(state=state, speed=speed, board=board), registry)
        self.world = World.from_config(config, keep=False)
        self.board = SimulatorBoard(config.hardware, self.world)
        part = config.controllers[0]
        self.relays: Any = registry.open_driver("controller", part.driver, part.name, part.options, self.board)
        self.board.add(part.name, self.relays)
        self.motors: dict[str, Any] = {
            slot.id: registry.open_driver("motor", slot.driver, slot.id, slot.options, self.board)
            for slot in config.slots
        }
        self.motor = self.motors["A1"]

    @property
    def line(self) -> Any:
        return self.world.part("relays").line

    @property
    def clock(self) -> Any:
        return self.board.clock

    def coil(self, slot: str = "A1") -> Coil:
        coil: Coil = self.world.part(slot)
        return coil

    def truth(self, slot: str = "A1") -> Truth:
        coil = self.coil(slot)
        with coil.cabinet.timeline.lock:
            angle = coil._motion.angle_at(coil.cabinet.timeline.now())
            return Truth(int(angle), coil.at_home, angle, coil.dropped, coil.motions)

    def on(self) -> bool:
        """Say whether any motor is on."""
        return any(self.world.part(slot).energised for slot in self.motors)

    def turn(self, slot: str = "A1") -> Turn | type[HardwareError]:
        try:
            ended: Turn = self.motors[slot].turn(lambda: None)
        except HardwareError:
            return HardwareError
        return ended

    def close(self) -> None:
        for motor in self.motors.values():
            motor.close()
        self.relays.close()
        self.board.close()


@contextmanager
def rig(state: Path, speed: float = 20.0, board: str = "answer_s = 0.1") -> Iterator[Rig]:
    running = Rig(state, speed, board)
    try:
        yield running
    finally:
        running.close()
