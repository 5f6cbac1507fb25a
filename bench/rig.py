"""The whole daemon inside the bench's process, on a simulated machine in a hurry, with a stopwatch on its motors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.config import Config, load
from kiosk.control.client import Client
from kiosk.daemon import Daemon
from kiosk.hardware import registry
from kiosk.hardware.api import Motor, Turn
from kiosk.hardware.simulator.world import World
from kiosk.model import RestockRequest, new_request_id

SPEED = 400
SLOTS = 10
CAPACITY = 200

HEAD = """
[kiosk]
id = "bench"
site = "Bench"
[hardware]
pins = "simulator"
[simulator]
speed = {speed}
[privacy]
release_s = 3600
[paths]
state = "{folder}/state"
runtime = "{folder}/run"
[telemetry]
host = "127.0.0.1"
port = 1
tls = false
[[products]]
sku = "NAL"
name = "Naloxone"
essential = true
[[sensors]]
name = "drop beam"
driver = "drop_beam"
options = {{ pin = 24, emitter_pin = 25 }}
[[inputs]]
name = "naloxone"
driver = "button"
product = "NAL"
options = {{ pin = 26 }}
"""

SLOT = """
[[slots]]
id = "A{number}"
product = "NAL"
capacity = {capacity}
options = {{ motor_pin = {motor}, home_pin = {home} }}
"""


def write_config(folder: Path) -> Path:
    """Write the configuration of a machine with ten slots of 200; its broker is never there."""
    slots = (
        SLOT.format(number=number, capacity=CAPACITY, motor=2 * number, home=2 * number + 1)
        for number in range(1, SLOTS + 1)
    )
    path = folder / "kiosk.toml"
    path.write_text(HEAD.format(speed=SPEED, folder=folder) + "".join(slots))
    return path


def fill(client: Client) -> None:
    """Count every slot full."""
    for slot in client.stock().slots:
        client.restock(
            RestockRequest(id=new_request_id(), slot=slot.slot, found=slot.capacity, added=0, as_of=slot.version)
        )


class TimedMotor:
    """A motor that notes when it was energised."""

    def __init__(self, motor: Motor, energised: Callable[[float], None]) -> None:
        self._motor = motor
        self._energised = energised

    def turn(self, started: Callable[[], None]) -> Turn:
        def noted() -> None:
            self._energised(time.perf_counter())
            started()

        return self._motor.turn(noted)

    def nudge(self) -> Turn:
        return self._motor.nudge()

    def fault(self) -> str | None:
        return self._motor.fault()

    def close(self) -> None:
        self._motor.close()


class Rig:
    """A running kiosk. `energised` holds the moments at which a motor was switched on, by `time.perf_counter`."""

    def __init__(self, folder: Path) -> None:
        self.config: Config = load(write_config(folder), registry)
        self.energised: list[float] = []
        self.daemon = Daemon(self.config)
        self.daemon.start()
        motors = self.daemon.parts.motors
        motors.update({slot: TimedMotor(motor, self.energised.append) for slot, motor in motors.items()})
        self.client = Client(f"{folder}/run/control.sock")
        fill(self.client)

    @property
    def world(self) -> World:
        board = self.daemon.parts.board
        world: World = board.world  # type: ignore[attr-defined]
        return world

    def wait_idle(self) -> None:
        """Wait until nothing drops and what follows a vend is done."""
        while self.daemon.service.busy:
            time.sleep(0.001)
        time.sleep(0.004)


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """Run a kiosk in `folder`, and stop it."""
    running = Rig(folder)
    try:
        yield running
    finally:
        running.daemon.stop()
