"""The ledger, on a real SQLite file."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.machine import Finish
from kiosk.dispense.reader import Reader
from kiosk.errors import ConflictError, LedgerError
from kiosk.model import Outcome, Purpose, RestockRequest, VendRequest

REQUEST = VendRequest(id="request-1", sku="NAL")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path, Clock())
    opened.plan({"A1": "NAL", "A2": "NAL", "B1": "STRIP"})
    opened.restock(restock("first-count-a1", "A1", added=5))
    yield opened
    opened.close()


@pytest.fixture
def reader(ledger: Ledger, path: Path) -> Iterator[Reader]:
    opened = Reader(path)
    yield opened
    opened.close()


def restock(request_id: str, slot: str, *, found: int = 0, added: int = 0, as_of: int = 0) -> RestockRequest:
    return RestockRequest(
        id=request_id, slot=slot, found=found, added=added, as_of=as_of, lot="L1", expiry=datetime.date(2028, 5, 31)
    )


def bounds(ledger: Ledger, slot: str = "A1") -> tuple[int, int]:
    count = ledger.counts()[slot]
    return count.on_hand, count.unresolved


def vend(ledger: Ledger, verdict: Finish, request: VendRequest = REQUEST, slot: str = "A1") -> None:
    ledger.outcome(ledger.intent(request, slot, "NAL"), verdict)


DISPENSED = Finish(Outcome.DISPENSED, certain=True, drops=1)
JAMMED = Finish(Outcome.JAMMED, certain=True, drops=0)


@pytest.mark.parametrize(
    ("verdict", "after", "jams"),
    [
        (DISPENSED, (4, 0), 0),
        (Finish(Outcome.PRESUMED, certain=False, drops=0), (4, 1), 0),
        (JAMMED, (5, 0), 1),
        (Finish(Outcome.JAMMED, certain=False, drops=0), (4, 1), 1),
        (Finish(Outcome.NOT_STARTED, certain=True, drops=0), (5, 0), 1),
        (Finish(Outcome.UNKNOWN, certain=False, drops=0), (4, 1), 0),
        (Finish(Outcome.DISPENSED, certain=True, drops=2), (3, 1), 0),
    ],
)
def test_each_outcome_leaves_honest_bounds(ledger: Ledger, verdict: Finish, after: tuple[int, int], jams: int) -> None:
    """While the coil turns the count says 4 to 5; each outcome narrows it as far as is known, and no further."""
    intent = ledger.intent(REQUEST, "A1", "NAL")
    assert bounds(ledger) == (4, 1)
    ledger.outcome(intent, verdict)
    assert bounds(ledger) == after
    assert ledger.counts()["A1"].jams == jams
    assert ledger.audit() == []


def test_an_open_intent_becomes_unknown_at_boot(ledger: Ledger, path: Path, reader: Reader) -> None:
    """A power cut in the middle leaves the honest range, an event, and nothing to repeat."""
    ledger.intent(REQUEST, "A1", "NAL")
    ledger.close()
    again = Ledger(path, Clock())
    assert again.recover() == ["A1"]
    assert again.recover() == []
    assert bounds(again) == (4, 1)
    assert [attempt.outcome for attempt in reader.attempts("request-1")] == [Outcome.UNKNOWN]
    assert reader.events(1)[0].kind == "unknown"
    again.close()


def test_a_count_settles_what_was_unresolved(ledger: Ledger) -> None:
    """Found 4 where 4 to 5 were possible: no drift, one settled, the suspicion of a jam is gone."""
    vend(ledger, Finish(Outcome.JAMMED, certain=False, drops=0))
    done = ledger.restock(restock("second-count", "A1", found=4, added=2, as_of=ledger.counts()["A1"].version))
    assert (done.on_hand, done.settled, done.drift) == (6, 1, 0)
    assert bounds(ledger) == (6, 0)
    assert ledger.counts()["A1"].jams == 0


@pytest.mark.parametrize(("found", "drift"), [(3, -2), (5, 0), (7, 2)])
def test_drift_is_told(ledger: Ledger, found: int, drift: int) -> None:
    """What a count finds outside the range is told, not smoothed over."""
    done = ledger.restock(restock("second-count", "A1", found=found, as_of=ledger.counts()["A1"].version))
    assert (done.drift, done.on_hand) == (drift, found)


def test_the_same_restock_twice_is_one(ledger: Ledger) -> None:
    """A double tap changes nothing; the same id with other numbers is refused."""
    first = ledger.restock(restock("double-tap", "A2", added=3))
    assert ledger.restock(restock("double-tap", "A2", added=3)) == first
    assert bounds(ledger, "A2") == (3, 0)
    with pytest.raises(ConflictError, match="already saved"):
        ledger.restock(restock("double-tap", "A2", added=4))


def test_a_vend_during_a_count_is_noticed(ledger: Ledger) -> None:
    """What was counted before an item left is not believed."""
    counted_at = ledger.counts()["A1"].version
    vend(ledger, DISPENSED)
    with pytest.raises(ConflictError, match="Count it again"):
        ledger.restock(restock("too-late-now", "A1", found=5, as_of=counted_at))
    assert bounds(ledger) == (4, 0)


def test_a_slot_counted_empty_can_surprise(ledger: Ledger, reader: Reader) -> None:
    """An item that falls from a slot counted empty leaves the count at 0 and says so."""
    vend(ledger, DISPENSED, VendRequest(id="request-2", sku="NAL"), "A2")
    assert bounds(ledger, "A2") == (0, 0)
    assert [event.kind for event in reader.events(2)] == ["dispensed", "surplus"]


def test_a_test_turn_is_no_dispensing(ledger: Ledger, reader: Reader) -> None:
    """What staff turn out is told as a test, and a test that moves nothing is no jam."""
    request = VendRequest(id="a-test-turn", slot="A1", purpose=Purpose.TEST)
    vend(ledger, JAMMED, request)
    assert ledger.counts()["A1"].jams == 0
    assert reader.events(1)[0].kind == "tested"


def test_a_new_product_in_a_slot_leaves_nothing_certain(ledger: Ledger) -> None:
    """After the plan changed, what the slot held is unresolved until somebody counts."""
    ledger.plan({"A1": "STRIP"})
    assert bounds(ledger) == (0, 5)
    assert ledger.audit() == []


def test_the_outbox_is_what_nobody_acknowledged(ledger: Ledger, reader: Reader) -> None:
    """Ranges leave the outbox; sequence numbers go on, and the events stay readable for staff."""
    for number in range(4):
        vend(ledger, DISPENSED, VendRequest(id=f"request-{number}", sku="NAL"))
    seqs = [row.seq for row in reader.pending(0, 10)]
    assert seqs == sorted(seqs)
    ledger.forget([(seqs[0], seqs[2])])
    assert [row.seq for row in reader.pending(0, 10)] == seqs[3:]
    assert len(reader.events(10)) == len(seqs)


def test_a_full_outbox_gives_up_the_oldest_and_counts_them(ledger: Ledger, reader: Reader) -> None:
    """What could not be kept is told as a number, never silently lost."""
    for number in range(5):
        vend(ledger, DISPENSED, VendRequest(id=f"request-{number}", sku="NAL"))
    newest = [row.seq for row in reader.pending(0, 10)][-2:]
    ledger.trim(2)
    ledger.trim(2)
    assert [row.seq for row in reader.pending(0, 10)] == newest
    assert reader.dropped() == 4


def test_a_failing_write_changes_nothing(ledger: Ledger, path: Path) -> None:
    """With the database locked by somebody else for too long the call fails whole."""
    other = sqlite3.connect(path, isolation_level=None)
    ledger._db.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="Nothing of this change"):
        ledger.intent(REQUEST, "A1", "NAL")
    other.execute("ROLLBACK")
    other.close()
    assert bounds(ledger) == (5, 0)


def test_the_settings_that_survive_a_power_cut(ledger: Ledger) -> None:
    """WAL, FULL, foreign keys, and no powersafe overwrite."""
    pragmas = {
        name: ledger._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """A damaged ledger is refused with the place and the remedy."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, " * 512)
    with pytest.raises(LedgerError, match=r"ledger\.db cannot be opened"):
        Ledger(path, Clock())


def test_no_column_holds_a_time_finer_than_the_hour(ledger: Ledger, path: Path) -> None:
    """Every text that looks like a time ends at the hour."""
    vend(ledger, DISPENSED)
    ledger.close()
    with sqlite3.connect(path) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in set(tables) - {"_sqlite_migrations"}:
            for row in db.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, str) and value.startswith("20") and "T" in value:
                        assert value.endswith(":00Z"), (table, value)
                    assert not isinstance(value, float), (table, value)
    db.close()
