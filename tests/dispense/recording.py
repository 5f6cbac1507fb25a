"""A recorder as the vend thread uses it, on real files."""

from __future__ import annotations

from pathlib import Path

from kiosk.dispense.recording.entry import Entry
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.model import Added, Outcome, RestockLine, RestockRequest, VendRequest, new_request_id
from tests.dispense.kept import CONFIG, DISPENSED, HandClock
from tests.stocking import FAR


class Rig:
    """A recorder as the vend thread uses it, and a start after a power cut."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.clock = HandClock(folder)
        self.start()

    def start(self) -> None:
        self.storage = Storage.of(self.folder, self.clock)
        self.recorder = Recorder(self.storage, self.clock, CONFIG)
        self.recorder.open()

    def cut(self) -> None:
        """Lose everything that was in memory only, and start again."""
        self.storage.close()
        self.start()

    def stock(self, slot: str = "A1", items: int = 5) -> None:
        version = self.storage.ledger.counts()[slot].version
        line = RestockLine(
            slot=slot, as_of=version, found=0, added=(Added(quantity=items, lot=f"L-{slot}", expiry=FAR),)
        )
        self.storage.ledger.restocks.commit(RestockRequest(id=new_request_id(), lines=(line,)))

    def begin(self, request_id: str, *, attempt: int = 1, slot: str = "A1", essential: bool = True) -> Entry:
        sku = "NAL" if slot.startswith("A") else "STRIP"
        request = VendRequest(id=request_id, sku=sku, code="able baker charlie dog")
        entry = self.recorder.begin(request, slot, sku, attempt=attempt, lot=1, essential=essential)
        self.recorder.begun(entry)
        return entry

    def vend(self, request_id: str, verdict: Finish = DISPENSED, *, attempt: int = 1, slot: str = "A1") -> None:
        self.recorder.end(self.begin(request_id, attempt=attempt, slot=slot), verdict, ())

    def bounds(self, slot: str = "A1") -> tuple[int, int]:
        count = self.storage.ledger.counts()[slot]
        return count.on_hand, count.unresolved

    def outcomes(self, request_id: str) -> list[Outcome]:
        past = self.storage.reader.past(request_id)
        return [attempt.outcome for attempt in past[1]] if past else []

    def journal_holds(self, text: bytes) -> bool:
        return text in (self.folder / "journal.bin").read_bytes()
