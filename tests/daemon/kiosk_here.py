"""The whole daemon in the test's own process, with its machine at hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.config import load
from kiosk.control.client import Client
from kiosk.daemon import Daemon
from kiosk.hardware import registry
from kiosk.model import Vend, VendRequest, new_request_id
from kiosk.simulator.world import World
from tests.kiosk_process import KioskProcess

SPEED = 50.0


class Kiosk:
    """A daemon that is started and filled, with a date that is right. `settings` are those of `KioskProcess`."""

    def __init__(self, folder: Path, *, speed: float = SPEED, **settings: Any) -> None:
        process = KioskProcess(folder, speed=speed, **settings)
        self.daemon = Daemon(load(process.config, registry))
        self.daemon.start()
        self.client: Client = process.client
        process.fill()
        process.vouch()

    @property
    def world(self) -> World:
        world: World = self.daemon.machine.board.world  # type: ignore[attr-defined]
        return world

    def press(self, button: str = "naloxone") -> None:
        """Press a button of the machine and wait until the vend is over."""
        before = self.client.events(1).events[0].seq
        self.world.press(button)
        give_up = time.monotonic() + 120
        while self.client.state().busy or self.client.events(1).events[0].seq == before:
            assert time.monotonic() < give_up, "the press led to nothing"
            time.sleep(0.01)

    def vend(self, sku: str) -> Vend:
        request = VendRequest(id=new_request_id(), sku=sku)
        self.client.vend(request)
        return self.client.wait_vend(request.id, 30)

    def faults(self) -> str:
        return " ".join(fault.text for fault in self.client.state().faults)

    def honest(self) -> bool:
        return all(
            slot.on_hand <= self.world.inside(slot.slot) <= slot.on_hand + slot.unresolved
            for slot in self.client.stock().slots
        )


def eventually(true: Callable[[], bool]) -> bool:
    """Say whether something becomes true: some faults show only in the machine's own time."""
    give_up = time.monotonic() + 60
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True
