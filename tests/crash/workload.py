"""What is cut: `python -m tests.crash.workload FOLDER SEED ROUNDS BUG` serves and restocks, and marks the truth."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from kiosk.hardware.api import Turn
from kiosk.model import RestockRequest, VendRequest
from tests.crash.bugs import BUGS
from tests.crash.kiosk_core import Core, config
from tests.crash.recording import MARKS
from tests.crash.world import Marks, Scene, World

FELL = Scene()
SCENES = (
    FELL,
    FELL,
    FELL,
    Scene(falls=0),
    Scene(falls=0, nudged=1),
    Scene(falls=2),
    Scene(falls=1, blind=True),
    Scene(falls=0, blind=True),
    Scene(turn=Turn.NOT_STARTED, falls=0),
    Scene(turn=Turn.NOT_RETURNED, falls=1, blind=True),
    Scene(turn=Turn.NOT_RETURNED, falls=0),
    Scene(turn=None, falls=1),
    Scene(turn=None, falls=1, blind=True),
    Scene(turn=None, falls=0),
)
"""Drops, jams with a proven beam, late drops, double drops, blind beams, dead motors and silent boards."""


class Workload:
    """The life of a kiosk in small steps, the same for the same seed."""

    def __init__(self, core: Core, seed: int | str) -> None:
        self._core = core
        self._world = core.world
        self._mark = core.world.mark
        self._chance = random.Random(seed)
        self._slots = [slot.id for slot in config().slots]

    def round(self) -> None:
        """Count and fill everything, then serve, jam, lose and find for a while."""
        self.visit(self._slots)
        for _ in range(6):
            self.vend()
        self.stray()
        self.tidy()
        self.vend(slot=self._chance.choice(self._slots))
        self.visit(self._chance.sample(self._slots, 2))
        for _ in range(4):
            self.vend()

    def vend(self, slot: str | None = None) -> None:
        """Ask for an item and tell what was answered."""
        sku = None if slot else self._chance.choice(("NAL", "NAL", "STRIP"))
        self._world.scenes = self._chance.choices(SCENES, k=6)
        self._serve(VendRequest(id=self._name("vend"), sku=sku, slot=slot))

    def stray(self) -> None:
        """Let an item hang, and fall when nobody asks for it."""
        slot = self._chance.choice(self._slots)
        if self._world.inside[slot] == 0:
            return
        self._world.scenes = [Scene(falls=0)]
        self._serve(VendRequest(id=self._name("vend"), slot=slot))
        self._world.surprise(slot)
        self._core.stray()
        self._mark("noted")

    def _serve(self, request: VendRequest) -> None:
        self._mark("asked", request.id, request.sku or "-", request.slot or "-")
        vend = self._core.vend(request)
        self._mark("answered", vend.id, *(f"{tried.slot}={tried.outcome}" for tried in vend.attempts))

    def visit(self, slots: list[str]) -> None:
        """Count some slots and put a few items into each."""
        for slot in slots:
            found = self._world.inside[slot]
            added = self._chance.randint(0, 12 - found)
            name = self._name("visit")
            version = self._core.ledger.counts()[slot].version
            self._mark("visit", name, f"{slot}={found + added}")
            self._core.restock(RestockRequest(id=name, slot=slot, found=found, added=added, as_of=version))
            self._world.inside[slot] = found + added
            self._mark("saved", name)

    def tidy(self) -> None:
        """Fold the write-ahead log into the file, as the idle vend thread does."""
        self._core.ledger.checkpoint(1)

    def _name(self, kind: str) -> str:
        return f"{kind}-{self._chance.getrandbits(48):012x}"


def record(folder: Path, seed: int, rounds: int, bug: str) -> None:
    """Live so many rounds in an empty folder, from the first start on."""
    world = World(Marks(folder / MARKS))
    for slot in config().slots:
        world.put(slot.id, 0)
    core = Core(folder, world, BUGS[bug])
    work = Workload(core, seed)
    for _ in range(rounds):
        work.round()
    core.close()


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
