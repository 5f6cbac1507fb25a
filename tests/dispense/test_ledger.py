"""The life of a vend in the ledger, on a real SQLite file, and what holds for the file as a whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.ledger import Reader
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.errors import LedgerError
from kiosk.model import Attempt, Backlog, EventKind, Outcome, Purpose, VendRequest
from tests.dispense.kept import DISPENSED, JAMMED, Kept, locked, told

REQUEST = VendRequest(id="request-1", sku="NAL")


@pytest.fixture
def five(kept: Kept) -> Kept:
    """A ledger that holds five items in A1, for certain."""
    kept.put("A1", 5, "L1")
    return kept


def sound(kept: Kept) -> bool:
    """Say whether every stock row is the sum of its movements."""
    kept.reopen()
    return kept.ledger.mistrusted == ()


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
def test_each_outcome_leaves_honest_bounds(five: Kept, verdict: Finish, after: tuple[int, int], jams: int) -> None:
    """While the coil turns the count says 4 to 5; each outcome narrows it as far as is known, and no further."""
    intent = five.intend("A1")
    assert five.bounds("A1") == (4, 1)
    five.ledger.vends.outcome(intent, verdict)
    assert five.bounds("A1") == after
    assert five.slot("A1").jams == jams
    assert sound(five)


def test_an_open_intent_becomes_unknown_at_boot(five: Kept) -> None:
    """A power cut in the middle leaves the honest range, an event, and nothing to repeat."""
    five.intend("A1", "request-1")
    unknown = VendRequest(id="request-1", sku="NAL"), (Attempt(slot="A1", outcome=Outcome.UNKNOWN),)
    assert five.reader.past("request-1") == unknown
    five.ledger.close()
    five.open_only()
    assert five.ledger.vends.recover() == ["A1"]
    assert five.ledger.vends.recover() == []
    assert five.bounds("A1") == (4, 1)
    assert five.reader.past("request-1") == unknown
    assert five.kinds(1) == ["unknown"]


def test_an_item_that_fell_twice_may_be_from_a_coil_in_which_one_hung(five: Kept) -> None:
    """Two drops, one of them perhaps from A2: both slots say so, and neither count promises too much."""
    five.put("A2", 3, "L2")
    five.ledger.vends.outcome(five.intend("A1"), Finish(Outcome.DISPENSED, certain=True, drops=2), ["A2", "A1"])
    assert (five.bounds("A1"), five.bounds("A2")) == ((3, 1), (2, 1))
    assert five.kinds(3) == ["dispensed", "extra_drop", "extra_drop"]


def test_an_item_that_falls_later_is_told(five: Kept) -> None:
    """What may have left outside any vend widens the range, and never below zero; told again, it changes nothing."""
    strays = [five.stray("A1") for _ in range(7)]
    five.ledger.vends.merge(strays)
    assert five.bounds("A1") == (0, 5)
    assert five.kinds(1) == ["stray_drop"]
    assert sound(five)


def test_a_slot_counted_empty_can_surprise(kept: Kept) -> None:
    """An item that falls from a slot counted empty tells that more may be inside, and nobody knows how many."""
    kept.vend("A2")
    assert kept.bounds("A2") == (0, 8)
    assert kept.kinds(2) == ["dispensed", "surplus"]


def test_an_empty_slot_that_gives_nothing_is_no_jam(kept: Kept) -> None:
    """A coil that has nothing to give does not fail."""
    kept.vend("A2", JAMMED)
    assert kept.slot("A2").jams == 0


def test_a_test_turn_is_no_dispensing(five: Kept) -> None:
    """What staff turn out is told as a test. That an item hangs is remembered, and takes no slot out of service."""
    for number in range(4):
        request = VendRequest(id=f"a-test-turn-{number}", slot="A1", purpose=Purpose.TEST)
        five.ledger.vends.outcome(five.ledger.vends.intent(told(five.clock, request, "A1")), JAMMED)
        assert five.slot("A1").jams == 1
    assert five.kinds(1) == ["tested"]
    assert five.reader.past("a-test-turn-3") == (request, (Attempt(slot="A1", outcome=Outcome.JAMMED),))


def test_a_drop_ends_a_row_of_failures(five: Kept) -> None:
    """Failures in a row are counted, and one drop proves the coil."""
    for _ in range(2):
        five.vend("A1", JAMMED)
    assert five.slot("A1").jams == 2
    five.vend("A1")
    assert five.slot("A1").jams == 0


def test_a_request_moves_once(five: Kept) -> None:
    """The same attempt of the same request is refused by the file itself."""
    five.vend("A1", request_id="request-1")
    with pytest.raises(LedgerError, match="UNIQUE"):
        five.intend("A1", "request-1")
    assert five.bounds("A1") == (4, 0)


def test_the_planogram_of_the_file_wins_once(five: Kept) -> None:
    """A new product in kiosk.toml leaves nothing certain; what staff put into a slot holds until then."""
    five.restock(five.line("B1", 0, sku="SOCK", added=4, lot="S1"))
    five.reopen()
    assert (five.slot("B1").sku, five.bounds("B1")) == ("SOCK", (4, 0))
    slots = [slot for slot in five.config.slots if slot.id != "A1"]
    moved = type(five.config.slots[0])(id="A1", product="STRIP", capacity=9)
    five.reopen(type(five.config)(kiosk=five.config.kiosk, products=five.config.products, slots=(moved, *slots)))
    assert (five.slot("A1").sku, five.bounds("A1")) == ("STRIP", (0, 5))
    assert five.queue("A1") == [(None, 5)]
    assert (five.slot("B1").sku, five.bounds("B1")) == ("SOCK", (4, 0))
    assert sound(five)


def test_a_product_that_left_the_configuration_leaves_its_slot(five: Kept) -> None:
    """What staff put in on the spot and kiosk.toml no longer knows is unresolved, of the product it plans."""
    five.restock(five.line("B1", 0, sku="SOCK", added=4, lot="S1"))
    products = five.config.products[:2]
    slots = tuple(slot for slot in five.config.slots if slot.product != "SOCK")
    five.reopen(type(five.config)(kiosk=five.config.kiosk, products=products, slots=slots))
    assert (five.slot("B1").sku, five.bounds("B1")) == ("STRIP", (0, 4))


def test_the_outbox_is_what_nobody_acknowledged(five: Kept) -> None:
    """Ranges leave the outbox; sequence numbers go on, and the events stay readable for staff."""
    for _ in range(4):
        five.vend("A1")
    rows = five.reader.pending(0, 20)
    seqs = [row.seq for row in rows]
    assert seqs == sorted(seqs)
    assert {(row.lot, row.sku) for row in rows if row.kind == "dispensed"} == {("L1", "NAL")}
    five.ledger.outbox.forget([(seqs[0], seqs[2]), (seqs[4], seqs[4])])
    left = [seqs[3], *seqs[5:]]
    assert [row.seq for row in five.reader.pending(0, 20)] == left
    assert [row.seq for row in five.reader.pending(left[0], 1)] == left[1:2]
    assert five.reader.backlog() == Backlog(last_seq=seqs[-1], pending=len(left), dropped=0)
    assert len(five.reader.events(20)) == len(seqs)


def test_a_full_outbox_gives_up_the_oldest_and_counts_them(five: Kept) -> None:
    """What could not be kept is told as a number, never silently lost."""
    for _ in range(5):
        five.vend("A1")
    seqs = [row.seq for row in five.reader.pending(0, 20)]
    assert five.reader.backlog().dropped == 0
    five.ledger.outbox.trim(2)
    five.ledger.outbox.trim(2)
    assert [row.seq for row in five.reader.pending(0, 20)] == seqs[-2:]
    assert five.reader.backlog().dropped == len(seqs) - 2


def test_an_event_that_a_newer_software_wrote_is_still_listed_and_sent(five: Kept) -> None:
    """After a way back to this one, which has no word for it."""
    with five.ledger._file.transaction():
        five.ledger._file.db.execute("UPDATE event SET kind = 'teleported' WHERE seq = (SELECT max(seq) FROM event)")
    (event,) = five.reader.events(1)
    assert event.kind is EventKind.OTHER
    assert five.reader.pending(event.seq - 1, 9)[0].kind is EventKind.OTHER


def test_a_failing_write_changes_nothing(five: Kept) -> None:
    """With the database locked by somebody else for too long the call fails whole, and nothing is shown."""
    shown = five.slot("A1")
    with locked(five.ledger), pytest.raises(LedgerError, match="nothing of this change"):
        five.intend("A1")
    assert five.slot("A1") == shown
    five.vend("A1")
    assert five.bounds("A1") == (4, 0)


def test_a_change_that_fails_in_the_middle_is_not_shown(five: Kept) -> None:
    """An intent of a slot that does not exist fails after its first row was written: no trace is left of it."""
    before = five.slots()
    with pytest.raises(LedgerError, match="FOREIGN KEY"):
        five.ledger.vends.intent(told(five.clock, REQUEST, "Z9"))
    assert five.slots() == before
    assert five.reader.past(REQUEST.id) is None


def test_the_settings_that_survive_a_power_cut(five: Kept) -> None:
    """WAL, FULL, foreign keys, deleted bytes overwritten; and no powersafe overwrite."""
    names = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "secure_delete")
    db = five.ledger._file.db
    assert [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 1, 0, 1]


def test_nobody_but_the_vend_thread_writes(five: Kept) -> None:
    """The reader cannot change anything, whatever it asks."""
    with pytest.raises(LedgerError, match=r"readonly|read-only"):
        five.reader._rows("DELETE FROM movement")


def test_a_reader_without_a_file_says_so_and_finds_it_later(tmp_path: Path) -> None:
    """A question before the first start is an error of ours; no file comes of it, and later it is answered."""
    with closing(Reader(tmp_path / "new" / "ledger.db")) as reader:
        with pytest.raises(LedgerError, match="could not be read"):
            reader.events(1)
        assert not (tmp_path / "new").exists()
        with closing(Kept(tmp_path / "new")):
            assert reader.events(1)[0].kind == "started"
            assert reader.epoch


def test_no_column_holds_a_time_finer_than_the_hour(five: Kept) -> None:
    """Every number that may be a time counts hours, and no text looks like a time."""
    five.vend("A1")
    five.ledger.hide("STRIP", hidden=True)
    five.close()
    seconds = range(1_600_000_000, 2_000_000_000)
    with closing(sqlite3.connect(five.path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert len(tables) > 10
        for table in set(tables) - {"_sqlite_migrations"}:
            for row in db.execute(f"SELECT * FROM {table}"):
                for value in row:
                    assert not isinstance(value, float), (table, value)
                    assert not (isinstance(value, int) and value in seconds), (table, value)
                    assert not (isinstance(value, str) and "T" in value and ":" in value and "20" in value[:2]), row
