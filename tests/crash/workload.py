"""What is cut: `python -m tests.crash.workload FOLDER SEED ROUNDS BUG` serves and restocks, and marks the truth."""

from __future__ import annotations

import ctypes
import datetime
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kiosk.hardware.api import Turn
from kiosk.model import (
    Added,
    Outcome,
    Purpose,
    Reason,
    RecallRequest,
    Removed,
    RestockLine,
    RestockRequest,
    Vend,
    VendRequest,
)
from tests.crash.bugs import BUGS, database
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


CAPACITY = 12
"""Of every slot."""

EXPIRY = datetime.date(2030, 1, 31)

DAY_S = 86_400

AGING = 0.3
"""How many rounds end with a long time in which nobody comes."""

CALLS_LEFT = 25
"""So many writes and syncs at most succeed before a disk is full. A vend makes some 60."""


class Workload:
    """The life of a kiosk in small steps, the same for the same seed."""

    def __init__(self, core: Core, folder: Path, seed: int | str) -> None:
        self._core = core
        self._folder = folder
        self._world = core.world
        self._mark = core.world.mark
        self._chance = random.Random(seed)
        self._slots = [slot.id for slot in config().slots]
        self._lots = self._chance.getrandbits(40)
        self._recalled: list[str] = []
        _impatient(core)

    def round(self) -> None:
        """Count and fill everything, then let happen what can, in an order of its own each time."""
        self.visit(self._slots)
        steps = [self.vend, self.vend, self.vend, self.test, self.stray, self.fold, self.mistake, self.recall]
        steps += [self.part_visit, self.locked, self.full, self.lift, self.idle, self.silent]
        steps += [self.restart, self.restart, self.forget]
        self._chance.shuffle(steps)
        for step in steps:
            step()
        if self._chance.random() < AGING:
            self.age()

    # -- visitors --------------------------------------------------------------------------------------------------

    def vend(self) -> None:
        """Ask for an item of a product, or for one slot."""
        self._world.scenes = self._chance.choices(SCENES, k=6)
        name = self._name("vend")
        if self._chance.random() < 0.2:
            self._serve(VendRequest(id=name, slot=self._chance.choice(self._slots)))
        else:
            self._serve(VendRequest(id=name, sku=self._chance.choice(("NAL", "NAL", "STRIP"))))

    def test(self) -> None:
        """Turn one coil for staff."""
        self._world.scenes = [self._chance.choice([scene for scene in SCENES if scene.turn is not None])]
        slot = self._chance.choice(self._slots)
        self._serve(VendRequest(id=self._name("test"), slot=slot, purpose=Purpose.TEST))

    def stray(self) -> None:
        """Let an item hang, and fall when nobody asks for it."""
        slot = self._chance.choice(self._slots)
        self._world.scenes = [Scene(falls=0)]
        tried = self._serve(VendRequest(id=self._name("vend"), slot=slot)).attempts
        if self._world.inside[slot] and [attempt.outcome for attempt in tried] == [Outcome.JAMMED]:
            self._world.surprise(slot)
            self._core.ask(self._core.service.stray)
            self._mark("noted")

    def _serve(self, request: VendRequest) -> Vend:
        self._mark("asked", request.id, request.sku or "-", request.slot or "-", request.purpose)
        vend = self._core.vend(request)
        self._mark("answered", vend.id, *(f"{tried.slot}={tried.outcome}" for tried in vend.attempts))
        return vend

    # -- staff -----------------------------------------------------------------------------------------------------

    def part_visit(self) -> None:
        """Count some slots only."""
        self.visit(self._chance.sample(self._slots, 2))

    def visit(self, slots: list[str]) -> str:
        """Count slots, take a few items out and put a few in, all in one visit."""
        name = self._name("visit")
        self._lots += 1
        lines = [self._line(slot) for slot in slots]
        after = {line.slot: self._after(line) for line in lines}
        request = RestockRequest(id=name, lines=tuple(lines))
        self._change(name, after, lambda: self._core.service.changes.restock(request))
        return name

    def _line(self, slot: str) -> RestockLine:
        found = self._world.inside[slot]
        out = self._chance.randint(0, min(2, found))
        put_in = self._chance.randint(0, CAPACITY - found)
        reason = self._chance.choice(list(Reason))
        return RestockLine(
            slot=slot,
            as_of=self._core.service.slot(slot).version,
            found=found,
            removed=(Removed(quantity=out, reason=reason),) if out else (),
            added=(Added(quantity=put_in, lot=f"LOT-{self._lots}", expiry=EXPIRY),) if put_in else (),
        )

    def _after(self, line: RestockLine) -> int:
        out, put_in = sum(part.quantity for part in line.removed), sum(part.quantity for part in line.added)
        return line.found - out + put_in

    def mistake(self) -> None:
        """Make a visit, and take it back after somebody came: with the items, or only on paper."""
        slots = self._chance.sample(self._slots, 2)
        found = {slot: self._world.inside[slot] for slot in slots}
        name = self.visit(slots)
        filled = {slot: self._world.inside[slot] for slot in slots}
        self.vend()
        inside = {slot: self._world.inside[slot] for slot in slots}
        if self._chance.random() < 0.5:
            inside = {slot: max(0, found[slot] - (filled[slot] - inside[slot])) for slot in slots}
        self._change(f"undo-{name}", inside, lambda: self._core.service.changes.undo(name))

    def recall(self) -> None:
        """Call the latest lot back."""
        request = RecallRequest(id=self._name("recall"), lot=f"lot {self._lots}")
        self._lots += 1
        self._recalled.append(request.id)
        self._change(request.id, {}, lambda: self._core.service.changes.recall(request))

    def lift(self) -> None:
        """End the oldest recall."""
        if self._recalled:
            name = self._recalled.pop(0)
            self._change(f"lift-{name}", {}, lambda: self._core.service.changes.lift(name))

    def _change(self, name: str, after: dict[str, int], change: Callable[[], object]) -> None:
        """Do with the items what makes `after` true, then save it; it is true in the ledger once it is saved."""
        self._mark("visit", name, *(f"{slot}={items}" for slot, items in after.items()))
        self._core.ask(change)
        self._world.inside.update(after)
        self._mark("saved", name)

    # -- the disk --------------------------------------------------------------------------------------------------

    def locked(self) -> None:
        """Have somebody else hold the ledger while naloxone is asked for; then it takes over what the journal has."""
        with self._held():
            for _ in range(3):
                self.vend()
        self.idle()

    def silent(self) -> None:
        """Let the disk fall silent while people ask, and answer again: what was held in memory is written then."""
        self._mark("silent")
        self._core.writer.silent = True
        for _ in range(3):
            self.vend()
        self._core.writer.answer()
        self._mark("written")

    def full(self) -> None:
        """Let the disk be full from some write on; only a recorder can do that, anywhere else this is `locked`."""
        with _room(self._chance.randrange(CALLS_LEFT)) as can:
            if can:
                for _ in range(3):
                    self.vend()
        self.idle() if can else self.locked()

    def restart(self) -> None:
        """Cut the power after a motor turned, with the ledger writable or not, and start again."""
        self._world.scenes = [Scene(cut=True, falls=self._chance.randint(0, 1))]
        request = VendRequest(id=self._name("vend"), sku=self._chance.choice(("NAL", "STRIP")))
        self._mark("asked", request.id, request.sku, "-", request.purpose)
        if self._chance.random() < 0.5:
            self._core.interrupted(request)
        else:
            with self._held():
                self._core.interrupted(request)
        self._world.scenes = []
        self._core = self._core.restarted()
        _impatient(self._core)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Have somebody else hold the ledger."""
        with closing(sqlite3.connect(self._folder / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def forget(self) -> None:
        """Let the programme acknowledge the events of some range."""
        first = self._chance.randint(1, 40)
        self._core.service.forget([(first, first + self._chance.randint(0, 40))])
        self._core.service.step(0)

    def age(self) -> None:
        """Let everything be acknowledged, and so much time pass that single vends are folded into sums."""
        seconds = (config().privacy.keep_days + 1) * DAY_S
        self._mark("aged", seconds)
        self._core.service.forget([(1, 2**40)])
        self._core.service.step(0)
        self._core.idle(seconds)
        self._core.idle()

    def fold(self) -> None:
        """Fold the write-ahead log into the file, as the vend thread does."""
        self._core.ledger.relieve(0.0)

    def idle(self) -> None:
        """Let a minute pass in which nobody comes."""
        self._core.idle()

    def close(self) -> None:
        """End it in order."""
        self._core.close()

    def _name(self, kind: str) -> str:
        return f"{kind}-{self._chance.getrandbits(48):012x}"


def _impatient(core: Core) -> None:
    """Let a kiosk find at once that somebody holds the ledger: they do so for longer than it would wait."""
    database(core.ledger).execute("PRAGMA busy_timeout = 0")


@contextmanager
def _room(calls: int) -> Iterator[bool]:
    """Let so many more writes succeed under the recorder; gives False where there is none."""
    limit = getattr(ctypes.CDLL(None), "recorder_room", None)
    if limit is None:
        yield False
        return
    limit(calls)
    yield True
    limit(-1)


def record(folder: Path, seed: int, rounds: int, bug: str) -> None:
    """Live so many rounds in an empty folder, from the first start on; at last the kiosk forgets single vends."""
    world = World(Marks(folder / MARKS))
    for slot in config().slots:
        world.put(slot.id, 0)
    work = Workload(Core(folder, world, BUGS[bug]), folder, seed)
    for _ in range(rounds):
        work.round()
    work.age()
    work.vend()
    work.close()


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
