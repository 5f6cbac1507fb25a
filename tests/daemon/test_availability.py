"""Naloxone comes out: with any one thing broken, and with any two, as long as one good slot is left.

Each case is the whole daemon on a simulated machine, with a real broker, in a process of its own. Things are broken
while it runs (or before it starts, where that is the harder case), the button is pressed, and naloxone has to fall in
the machine's normal time, while the stock stays honest. Then everything is mended: what the ledger could not take is
merged, once.

There is no visitor's screen of its own yet: the page that shows the machine stands for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from kiosk.model import Outcome
from kiosk.simulator.world import inside
from tests.conftest import Evidence
from tests.daemon.broken_kiosk import SPEED, eventually
from tests.daemon.failures import FAILURES, overwrite
from tests.daemon.survival import case
from tests.kiosk_process import KioskProcess

AT_ONCE = 12
"""Cases that run side by side: each mostly waits for its machine."""

PAIRS = [pair for pair in itertools.combinations(FAILURES, 2) if FAILURES[pair[0]].subject != FAILURES[pair[1]].subject]


class Cases:
    """Every case that this run has collected, running; each test waits for its own."""

    def __init__(self, names: list[tuple[str, ...]], folders: pytest.TempPathFactory) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._results: dict[tuple[str, ...], Future[str]] = {
            one: self._pool.submit(case, one, folders.mktemp("case")) for one in names
        }

    def result(self, *names: str) -> str:
        return self._results[names].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    collected = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    names = [tuple(params[key] for key in ("failure", "first", "second") if key in params) for params in collected]
    running = Cases([one for one in names if one and set(one) <= FAILURES.keys()], tmp_path_factory)
    yield running
    running.close()


@pytest.mark.parametrize("failure", FAILURES)
def test_naloxone_comes_out_with_one_thing_broken(cases: Cases, failure: str, evidence: Evidence) -> None:
    """One press, one kit, an honest count."""
    told = cases.result(failure)
    assert not told, told
    evidence.count("failure_singles")


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_naloxone_comes_out_with_two_things_broken(cases: Cases, first: str, second: str, evidence: Evidence) -> None:
    """The same, whatever else is broken at the same time."""
    told = cases.result(first, second)
    assert not told, told
    evidence.count("failure_pairs")


def test_the_table_is_whole() -> None:
    """All ten things that may break are in it, and each meets each other one."""
    subjects = {failure.subject for failure in FAILURES.values()}
    assert subjects == {
        "beam", "clock", "disk", "ledger", "broker", "admin", "screen", "motor", "thermometer", "config",
    }  # fmt: skip
    met = {frozenset(FAILURES[name].subject for name in pair) for pair in PAIRS}
    assert met == {frozenset(pair) for pair in itertools.combinations(subjects, 2)}


def test_a_process_whose_ledger_is_damaged_gives_naloxone_and_ends(tmp_path: Path) -> None:
    """The press that finds the damage is served. The process then ends, for a new start to begin a new ledger."""
    kiosk = KioskProcess(tmp_path, speed=SPEED)
    kiosk.start()
    kiosk.fill()
    overwrite(kiosk.state / "ledger.db")
    assert kiosk.vend(sku="NAL").outcome is Outcome.DISPENSED
    eventually(lambda: not kiosk.running, "the process ends")
    kiosk.start()
    assert kiosk.vend(sku="NAL").outcome is Outcome.DISPENSED
    stock = {slot.slot: slot for slot in kiosk.client.stock().slots}
    kiosk.stop()
    held = inside(kiosk.state)
    assert held["A1"] + held["A2"] == 16
    assert all(slot.on_hand <= held[slot.slot] <= slot.on_hand + slot.unresolved for slot in stock.values())
    assert len(list(kiosk.state.glob("ledger.db.damaged-1"))) == 1
