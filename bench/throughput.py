"""How many durable vends a second the service makes with a motor that takes no time, against bare sqlite3."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.result import Result, against
from bench.rig import write_config
from kiosk import threads
from kiosk.clock import Clock
from kiosk.config import load
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.parts import Parts
from kiosk.dispense.reader import Reader
from kiosk.dispense.service import Service
from kiosk.dispense.store import connect
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.model import RestockRequest, VendRequest, new_request_id

ROUNDS = 8
VENDS = 200


Statement = tuple[str, tuple[Any, ...]]
"""SQL and its values."""


class InstantMotor:
    """Turns in no time."""

    def turn(self, started: Callable[[], None]) -> Turn:
        started()
        return Turn.COMPLETED

    def nudge(self) -> Turn:
        return Turn.COMPLETED

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...


class SeeingBeam:
    """Sees one item at each vend."""

    def watch(self) -> None: ...

    def wait(self, _timeout_s: float) -> int:
        return 1

    def seen(self) -> int:
        return 1

    def prove(self) -> bool:
        return True

    def proven(self) -> bool:
        return True

    def fault(self) -> str | None:
        return None

    def on_stray(self, _seen: Callable[[], None]) -> None: ...

    def close(self) -> None: ...


class InstantClock(Clock):
    """A clock on which waiting takes no time; even the shortest real sleep costs 60 µs."""

    def sleep(self, seconds: float) -> None:
        """Return at once."""


class NoBoard:
    """Pins that nobody uses."""

    clock = InstantClock()
    pin_factory: Any = None
    sys_root = Path("/sys")

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...


class Recorder:
    """Passes SQL on, and keeps it with its values."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.statements: list[Statement] = []

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        self.statements.append((sql, values))
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def measure() -> dict[str, Result]:
    """Time vends of the whole service, and by turns the very same SQL on a bare connection."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        folder = Path(name)
        _stocked(folder / "bare.db").close()
        bare = connect(folder / "bare.db")
        service_s = bare_s = written = 0.0
        with _service(folder) as (service, ledger):
            # The first round makes the files as long as they stay, and tells which SQL a vend is.
            recorder = Recorder(ledger._db)
            ledger._db, plain = recorder, ledger._db  # type: ignore[assignment]
            ids = _vends(service, VENDS)
            ledger._db = plain
            _replay(bare, recorder.statements)
            for _ in range(ROUNDS):
                began, had_written = time.perf_counter(), _written()
                fresh = _vends(service, VENDS)
                service_s, written = service_s + time.perf_counter() - began, written + _written() - had_written
                bare_s += _replay(bare, _renamed(recorder.statements, dict(zip(ids, fresh, strict=True))))
        bare.close()
    vends = ROUNDS * VENDS
    return {
        "vends_per_s": against(vends / service_s, "1/s", vends / bare_s),
        "disk_bytes_per_vend": Result(round(written / vends), "B"),
    }


@contextmanager
def _service(folder: Path) -> Iterator[tuple[Service, Ledger]]:
    config = load(write_config(folder), registry)
    parts = Parts(board=NoBoard(), motors={slot.id: InstantMotor() for slot in config.slots}, beam=SeeingBeam())
    ledger = _stocked(folder / "service.db")
    reader = Reader(folder / "service.db")
    service = Service(config, parts, ledger, reader, NoBoard.clock)
    thread = threads.start("vend", service.run)
    yield service, ledger
    service.stop()
    thread.join()
    reader.close()
    ledger.close()


def _vends(service: Service, number: int) -> list[str]:
    """Make so many vends, one after the other; return their requests' ids."""
    ids = [new_request_id() for _ in range(number)]
    for request_id in ids:
        service.vend(VendRequest(id=request_id, sku="NAL"))
        service.find(request_id, 10)
    return ids


def _renamed(statements: list[Statement], names: dict[str, str]) -> list[Statement]:
    """Return the same SQL for other requests."""
    return [(sql, tuple(names.get(value, value) for value in values)) for sql, values in statements]


def _replay(bare: sqlite3.Connection, statements: list[Statement]) -> float:
    """Run recorded SQL on a file that was opened and stocked alike; return the seconds it took."""
    began = time.perf_counter()
    for sql, values in statements:
        cursor = bare.execute(sql, values)
        if cursor.description is not None:
            cursor.fetchall()
    return time.perf_counter() - began


def _stocked(path: Path) -> Ledger:
    ledger = Ledger(path, Clock())
    ledger.plan({f"A{number}": "NAL" for number in range(1, 11)})
    for number in range(1, 11):
        restock = RestockRequest(id=new_request_id(), slot=f"A{number}", found=300, added=0, as_of=0)
        ledger.restock(restock)
    return ledger


def _written() -> int:
    """Return how many bytes this process caused to be written to disks so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"])
