"""How many durable vends a second the service makes with a motor that takes no time, against bare sqlite3."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
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

VENDS = 1000


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


class NoBoard:
    """Pins that nobody uses, and a clock that does not wait."""

    clock = Clock(speed=1e9)
    pin_factory: Any = None

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...


class Recorder:
    """Passes SQL on, and keeps it with its values."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.statements: list[tuple[str, tuple[Any, ...]]] = []

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        self.statements.append((sql, values))
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def measure() -> dict[str, Result]:
    """Time the vends of the whole service, then the very same SQL on a bare connection."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        folder = Path(name)
        vends_per_s, statements, disk_bytes = _service(folder)
        bare_per_s = _bare(folder, statements)
    return {
        "vends_per_s": against(vends_per_s, "1/s", bare_per_s),
        "disk_bytes_per_vend": Result(round(disk_bytes), "B"),
    }


def _service(folder: Path) -> tuple[float, list[tuple[str, tuple[Any, ...]]], float]:
    config = load(write_config(folder), registry)
    parts = Parts(board=NoBoard(), motors={slot.id: InstantMotor() for slot in config.slots}, beam=SeeingBeam())
    ledger = _stocked(folder / "service.db")
    reader = Reader(folder / "service.db")
    service = Service(config, parts, ledger, reader, NoBoard.clock)
    thread = threads.start("vend", service.run)
    _vends(service, VENDS // 10)
    written, began = _written(), time.perf_counter()
    _vends(service, VENDS)
    took, wrote = time.perf_counter() - began, _written() - written
    recorder = ledger._db = Recorder(ledger._db)  # type: ignore[assignment]
    _vends(service, VENDS)
    service.stop()
    thread.join()
    reader.close()
    ledger.close()
    return VENDS / took, recorder.statements, wrote / VENDS


def _vends(service: Service, number: int) -> None:
    for _ in range(number):
        vend = service.vend(VendRequest(id=new_request_id(), sku="NAL"))
        service.find(vend.id, 10)


def _bare(folder: Path, statements: list[tuple[str, tuple[Any, ...]]]) -> float:
    """Run the recorded SQL on a fresh file that was opened and stocked alike."""
    _stocked(folder / "bare.db").close()
    connection = connect(folder / "bare.db")
    _renumber(connection)
    began = time.perf_counter()
    for sql, values in statements:
        cursor = connection.execute(sql, values)
        if sql.startswith(("SELECT", "PRAGMA")):
            cursor.fetchall()
    took = time.perf_counter() - began
    connection.close()
    return VENDS / took


def _renumber(connection: sqlite3.Connection) -> None:
    """Start the vends' numbers where the recorded ones start, so that the recorded values refer to rows."""
    connection.execute("INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('vend', ?)", (VENDS + VENDS // 10,))


def _stocked(path: Path) -> Ledger:
    ledger = Ledger(path, Clock())
    ledger.plan({f"A{number}": "NAL" for number in range(1, 11)})
    for number in range(1, 11):
        restock = RestockRequest(id=new_request_id(), slot=f"A{number}", found=1000, added=0, as_of=0)
        ledger.restock(restock)
    return ledger


def _written() -> int:
    """Return how many bytes this process caused to be written to disks so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"])
