"""The whole service on parts that take no time, served by the test itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from kiosk.config import Config
from kiosk.dispense.codes.anonymous_codes import Codes
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.model import Purpose, RestockLine, RestockResult, SlotStock, Vend, VendRequest, new_request_id
from tests.crash.world import Scene, World, parts
from tests.dispense.kept import CONFIG, HandClock
from tests.stocking import counted, visit

T = TypeVar("T")

FALLS = Scene()
JAMS = Scene(falls=0)
BLIND = Scene(falls=1, blind=True)
BLIND_JAM = Scene(falls=0, blind=True)
TWO_FALL = Scene(falls=2)


class Running:
    """A kiosk between two moments: `idle` lets it do what can wait. What a visit says is what is inside then."""

    def __init__(
        self,
        folder: Path,
        config: Config = CONFIG,
        clock: HandClock | None = None,
        codes: Codes | None = None,
        **others: Any,
    ) -> None:
        """Start. `others` are parts of the machine that most tests do without, such as `lights` or a `door`."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.config = config
        self.clock = clock or HandClock(folder)
        self.codes = codes
        self.others = others
        self.world = World(lambda *_: None)
        self._pool = ThreadPoolExecutor(1)
        self.start()

    def start(self) -> None:
        """Start, as after a power cut."""
        self.storage = Storage.of(self.folder, self.clock)
        self.world.seen = 0
        self.machine = replace(parts(self.world, [slot.id for slot in self.config.slots]), **self.others)
        self.service = Service(self.config, self.machine, self.storage, self.clock, self.codes)
        self.reader = self.storage.reader

    def restart(self, config: Config | None = None) -> None:
        """Lose what was in memory only, and start again."""
        self.storage.close()
        self.config = config or self.config
        self.start()

    def close(self) -> None:
        self._pool.shutdown()
        self.storage.close()

    def do(self, ask: Callable[[], T]) -> T:
        """Ask something from another thread, and serve until it is answered."""
        answer = self._pool.submit(ask)
        while not answer.done():
            self.service.step(0.002)
        return answer.result()

    def idle(self) -> None:
        """Do all that is asked, and once what can wait."""
        while not self.service._inbox.empty():
            self.service.step(0)
        self.service.step(0)

    def press(self, sku: str) -> bool:
        """Have somebody press a button."""
        return self.service.press(VendRequest(id=new_request_id(), sku=sku))

    def vend(self, what: str, *scenes: Scene, code: str | None = None, request_id: str | None = None) -> Vend:
        """Ask for a product, or for a slot; `scenes` is how the machine behaves, attempt by attempt."""
        self.world.scenes = list(scenes)
        is_slot = what in {slot.id for slot in self.config.slots}
        slot, sku = (what, None) if is_slot else (None, what)
        return self.ask(VendRequest(id=request_id or new_request_id(), slot=slot, sku=sku, code=code))

    def test(self, slot: str, *scenes: Scene) -> Vend:
        """Have staff turn a slot."""
        self.world.scenes = list(scenes)
        return self.ask(VendRequest(id=new_request_id(), slot=slot, purpose=Purpose.TEST))

    def ask(self, request: VendRequest) -> Vend:
        def asked() -> Vend:
            self.service.vend(request)
            return self.service.find(request.id, 20)

        return self.do(asked)

    def slot(self, name: str) -> SlotStock:
        return self.service.slot(name)

    def bounds(self, name: str) -> tuple[int, int]:
        slot = self.slot(name)
        return slot.on_hand, slot.unresolved

    def put(self, slot: str, quantity: int, lot: str | None = None, **what: Any) -> RestockResult:
        """Find what is inside, and put items of a lot in behind it."""
        inside = self.world.inside.get(slot, 0)
        return self.visit(counted(self.slot(slot), inside, added=quantity, lot=lot, **what))

    def find_empty(self) -> None:
        """Count every slot, and find nothing in any."""
        self.visit(*(counted(slot, 0) for slot in self.service.stock().slots))

    def visit(self, *lines: RestockLine) -> RestockResult:
        """Record a visit, and do what it says."""
        done = self.do(lambda: self.service.changes.restock(visit(*lines)))
        for line in done.lines:
            self.world.put(line.slot, line.on_hand)
        return done

    def honest(self) -> bool:
        """Say whether every slot holds what its count says."""
        slots = self.service.stock().slots
        return all(
            slot.on_hand <= self.world.inside.get(slot.slot, 0) <= slot.on_hand + slot.unresolved for slot in slots
        )

    def kinds(self, limit: int = 20) -> list[str]:
        return [event.kind for event in self.reader.events(limit)]
