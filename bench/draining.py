"""A press while a month's backlog leaves for a real broker, against a press with nothing to send."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from bench.latency import WARM_UP, press
from bench.result import Result, against, percentile
from bench.rig import NOBODY, Broker, rig, write_config
from kiosk.clock import Clock
from kiosk.dispense.ledger import Ledger, Planned
from tests.broker.mosquitto import Mosquitto

ROUNDS = 3
SAMPLES = 150

BETWEEN_S = 0.1
"""Between two presses, in seconds: a burst of events begins at any moment of it."""

BACKLOG = 58_200
"""Events of a very busy kiosk that was offline for 30 days."""


def measure() -> dict[str, Result]:
    """Press by turns on a kiosk without a broker and on one whose backlog leaves meanwhile."""
    quiet: list[float] = []
    draining: list[float] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd() / "build")))
        mosquitto = Mosquitto(folder, "max_queued_messages 0").start()
        stack.callback(mosquitto.kill)
        arrived = stack.enter_context(_reader(mosquitto.port, folder / "arrived"))
        for number in range(ROUNDS):
            quiet += _presses(folder / f"quiet-{number}", NOBODY)
            before = arrived()
            draining += _presses(folder / f"draining-{number}", Broker(mosquitto.port, release_s=0))
            if not SAMPLES <= arrived() - before < BACKLOG:
                raise RuntimeError(f"No backlog left while presses were measured: {arrived() - before} of {BACKLOG}.")
    return {"draining_press_p99_ms": against(percentile(draining, 99), "ms", percentile(quiet, 99))}


@contextmanager
def _reader(port: int, path: Path) -> Iterator[Callable[[], int]]:
    """Take every event, as a programme would, for what nobody reads does not leave; yield what counts them."""
    command = ["mosquitto_sub", "-V", "5", "-q", "1", "-p", str(port), "-t", "hr/v1/#"]
    with path.open("wb") as file, subprocess.Popen(command, stdout=file) as process:
        try:
            yield lambda: path.read_bytes().count(b"\n")
        finally:
            process.kill()


def _presses(folder: Path, broker: Broker) -> list[float]:
    """Return how long presses took, in milliseconds, on a fresh kiosk that holds a backlog."""
    folder.mkdir()
    _backlog(folder)
    samples = []
    with rig(folder, broker) as kiosk:
        for _ in range(WARM_UP):
            press(kiosk)
        for _ in range(SAMPLES):
            time.sleep(random.uniform(0.0, BETWEEN_S))
            samples.append(press(kiosk))
    return samples


def _backlog(folder: Path) -> None:
    """Make a ledger that holds a month's events."""
    write_config(folder)
    path = folder / "state/ledger.db"
    ledger = Ledger(path, Clock())
    ledger.open({"A1": Planned("NAL", 1)})
    ledger.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO event (kind, slot, sku, quantity, boot, hour, up_h, clock_ok)"
            " VALUES ('dispensed', 'A1', 'NAL', 1, 1, ?, 1, 1)",
            ((490_000 + number // 80,) for number in range(BACKLOG)),
        )
