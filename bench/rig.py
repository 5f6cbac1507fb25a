"""The whole daemon inside the bench's process, on a simulated machine in a hurry, a stopwatch on its motors' pins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import Config, load
from kiosk.control.client import Client
from kiosk.daemon import Daemon
from kiosk.hardware import registry
from kiosk.hardware.api import Board
from kiosk.model import RestockLine, RestockRequest, new_request_id
from kiosk.simulator.world import World
from tests.kit.toml import a_part, a_product, a_slot, folders, kiosk_toml

SPEED = 400
SLOTS = 10
CAPACITY = 200


class Broker(NamedTuple):
    """Where events go: a port of this machine, and how long they are kept back, in seconds."""

    port: int
    release_s: int


NOBODY = Broker(port=1, release_s=3600)
"""A broker that is never there."""


def write_config(folder: Path, broker: Broker = NOBODY) -> Path:
    """Write the configuration of a machine with ten slots of 200."""
    numbers = range(1, SLOTS + 1)
    text = kiosk_toml(
        a_product("NAL", essential=True),
        a_part("sensors", "drop beam", "drop_beam", options={"pin": 24, "emitter_pin": 25}),
        a_part("inputs", "naloxone", "button", product="NAL", options={"pin": 26}),
        *(
            a_slot(f"A{number}", "NAL", CAPACITY, options={"motor_pin": 2 * number, "home_pin": 2 * number + 1})
            for number in numbers
        ),
        simulator={"speed": SPEED},
        privacy={"release_s": broker.release_s},
        telemetry={"host": "127.0.0.1", "port": broker.port, "tls": False},
        paths=folders(folder),
    )
    path = folder / "kiosk.toml"
    path.write_text(text)
    return path


def fill(client: Client) -> None:
    """Count every slot full."""
    lines = [RestockLine(slot=slot.slot, as_of=slot.version, found=slot.capacity) for slot in client.stock().slots]
    client.restock(RestockRequest(id=new_request_id(), lines=tuple(lines)))


def probe(pin: Any, energised: Callable[[float], None]) -> None:
    """Put a stopwatch on an output pin: `energised` gets the moment of each change to high."""
    write = pin._set_state

    def timed(level: bool) -> None:
        if level:
            energised(time.perf_counter())
        write(level)

    pin._set_state = timed


class Rig:
    """A running kiosk. `energised` holds the moments at which a motor was switched on, by `time.perf_counter`."""

    BUTTON_PIN = 26

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.config: Config = load(write_config(folder, broker), registry)
        self.energised: list[float] = []
        self.daemon = Daemon(self.config)
        self.daemon.start()
        for slot in self.config.slots:
            probe(self.world.pin_factory.pin(slot.options.motor_pin), self.energised.append)
        self.client = Client(f"{folder}/run/control.sock")
        fill(self.client)

    @property
    def board(self) -> Board:
        return self.daemon.machine.board

    @property
    def world(self) -> World:
        world: World = self.board.world  # type: ignore[attr-defined]
        return world

    def wait_idle(self) -> None:
        """Wait until nothing drops and what follows a vend is done."""
        while self.daemon.service.busy:
            time.sleep(0.001)
        time.sleep(0.004)


@contextmanager
def rig(folder: Path, broker: Broker = NOBODY) -> Iterator[Rig]:
    """Run a kiosk in `folder`, and stop it."""
    running = Rig(folder, broker)
    try:
        yield running
    finally:
        running.daemon.stop()
