"""How many durable vends a second the service makes with a motor that takes no time, against bare sqlite3."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bare import record, renamed, replay, stocked, stop_recording
from bench.result import Result, against
from bench.rig import write_config
from kiosk import threads
from kiosk.clock import Clock
from kiosk.config import load
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.ledger.store import connect
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.hardware import registry
from kiosk.hardware.machine import Machine
from kiosk.model import VendRequest, new_request_id
from tests.kit.no_board import NoBoard
from tests.kit.parts import SoundBeam, SoundMotor

ROUNDS = 8
VENDS = 200

OPEN_S = 60.0
SLOTS = [f"A{number}" for number in range(1, 11)]


class InstantClock(Clock):
    """A clock on which waiting takes no time; even the shortest real sleep costs 60 µs."""

    def sleep(self, seconds: float) -> None:
        """Return at once."""


def measure() -> dict[str, Result]:
    """Time vends of the whole service, and by turns the very same SQL on a bare connection."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name, _on_the_shared_core():
        folder = Path(name)
        stocked(folder / "bare.db", SLOTS, boots=2)
        bare = connect(folder / "bare.db")
        service_s = bare_s = written = 0.0
        with _service(folder) as (service, ledger):
            # The first round makes the files as long as they stay, and tells which SQL a vend is.
            file = ledger._file
            recorder = record(file)
            ids = _vends(service, VENDS)
            stop_recording(file, recorder)
            replay(bare, recorder.statements)
            for _ in range(ROUNDS):
                began, had_written = time.perf_counter(), _written()
                fresh = _vends(service, VENDS)
                service_s, written = service_s + time.perf_counter() - began, written + _written() - had_written
                bare_s += replay(bare, renamed(recorder.statements, dict(zip(ids, fresh, strict=True))))
        bare.close()
    vends = ROUNDS * VENDS
    return {
        "vends_per_s": against(vends / service_s, "1/s", vends / bare_s),
        "disk_bytes_per_vend": Result(round(written / vends), "B"),
    }


@contextmanager
def _on_the_shared_core() -> Iterator[None]:
    """Run on the core of those who serve, so that what is measured is not how fast another core wakes up."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {threads.SHARED_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def _service(folder: Path) -> Iterator[tuple[Service, Ledger]]:
    config = load(write_config(folder), registry)
    clock = InstantClock()
    machine = Machine(board=NoBoard(clock), motors={slot.id: SoundMotor() for slot in config.slots}, beam=SoundBeam())
    storage = Storage.of(folder, clock)
    stocked(folder / "ledger.db", SLOTS, boots=1)
    storage.start()
    service = Service(config, machine, storage, clock)
    service.opened_within(OPEN_S)
    thread = threads.start("vend", service.run, shares_core=True)
    yield service, storage.ledger
    service.stop()
    thread.join()
    storage.close()


def _vends(service: Service, number: int) -> list[str]:
    """Have a button pressed so often, each time when the vend before is over; return the requests' ids."""
    ids = [new_request_id() for _ in range(number)]
    for request_id in ids:
        service.press(VendRequest(id=request_id, sku="NAL"))
        service.find(request_id, 10)
    return ids


def _written() -> int:
    """Return how many bytes this process caused to be written to disks so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"])
