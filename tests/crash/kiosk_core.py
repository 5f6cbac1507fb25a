"""The daemon's own service and ledger on instant parts, started as the daemon starts them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from kiosk.dispense.reader import Reader

from kiosk.config import Config, load
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.service import Service
from kiosk.hardware import registry
from kiosk.model import RestockRequest, Vend, VendRequest
from tests.crash.bugs import SOUND, Bug
from tests.crash.world import InstantClock, World, parts

T = TypeVar("T")

CONFIG = Path(__file__).with_name("kiosk.toml")

ANSWER_S = 30.0
"""How long an answer may take on a busy machine, in seconds."""


@cache
def config() -> Config:
    """Return the configuration of the kiosk that loses power: five slots, three of them with naloxone."""
    return load(CONFIG, registry)


class Core:
    """What the daemon makes of ledger and motors, in the order of its start, with a bug or without.

    The calling thread is the vend thread; it runs while a question from another thread is open, so that the same
    seed gives the same operations.
    """

    def __init__(self, folder: Path, world: World, bug: Bug = SOUND) -> None:
        clock = InstantClock()
        self.world = world
        machine = parts(world, [slot.id for slot in config().slots])
        self.ledger = Ledger(folder / "ledger.db", clock)
        bug.opened(self.ledger)
        self.ledger.plan({slot.id: slot.product for slot in config().slots})
        bug.recovering(self.ledger, machine)
        self.ledger.recover()
        self.ledger.started()
        self._reader = Reader(folder / "ledger.db")
        bug.serving(self.ledger, machine)
        self.service = Service(config(), machine, self.ledger, self._reader, clock)

    def vend(self, request: VendRequest) -> Vend:
        """Ask for an item; serve until the answer."""

        def ask() -> Vend:
            self.service.vend(request)
            return self.service.find(request.id, ANSWER_S)

        self.world.request = request.id
        return self._serve(ask)

    def restock(self, request: RestockRequest) -> Any:
        """Save a restock visit."""
        return self._serve(lambda: self.service.restock(request))

    def stray(self) -> None:
        """Let the service notice what the beam saw outside a vend."""
        self._serve(self.service.stray)

    def _serve(self, question: Callable[[], T]) -> T:
        with ThreadPoolExecutor(1) as visitor:
            answer = visitor.submit(question)
            answer.add_done_callback(lambda _: self.service.stop())
            self.service.run()
            return answer.result()

    def close(self) -> None:
        """Close the files."""
        self._reader.close()
        self.ledger.close()
