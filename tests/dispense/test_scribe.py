"""Who writes down what happens when the ledger cannot be written: the journal, then memory, and merged once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.vend_steps import Finish
from kiosk.errors import LedgerError
from kiosk.model import Attempt, EventKind, Outcome, VendRequest
from tests.dispense.kept import DISPENSED, JAMMED, NOW_H, PRESUMED, HandClock, locked
from tests.dispense.scribing import Desk
from tests.dispense.small_disk import SmallDisk, no_file_longer_than, small_disk


def test_ordinarily_the_journal_is_not_touched(desk: Desk) -> None:
    """A whole vend is in the ledger, and nothing is told to staff."""
    desk.vend("request-1")
    assert desk.bounds() == (4, 0)
    assert not desk.journal_holds(b"HRJ1")
    assert (desk.scribe.fault, desk.scribe.owed()) == (None, [])


def test_without_the_ledger_naloxone_is_written_to_the_journal_and_merged_once(desk: Desk) -> None:
    """What happened is known meanwhile, told to staff, and in the ledger afterwards: once, with its own time."""
    with locked(desk.records.ledger):
        desk.vend("request-1")
        desk.vend("request-2", PRESUMED)
        desk.vend("request-3", JAMMED)
        assert desk.scribe.owed() == ["A1", "A1"]
        assert "could not be written" in str(desk.scribe.fault)
        assert desk.scribe.recall("request-2") is not None
        assert desk.journal_holds(b"request-1")
        assert not desk.scribe.heal()
    desk.clock.pass_h(3)
    assert desk.scribe.owed() == ["A1", "A1"]
    desk.scribe.heal()
    assert desk.bounds() == (3, 1)
    assert [desk.outcomes(f"request-{number}") for number in (1, 2, 3)] == [
        [Outcome.DISPENSED],
        [Outcome.PRESUMED],
        [Outcome.JAMMED],
    ]
    assert (desk.scribe.fault, desk.scribe.owed()) == (None, [])
    assert not desk.journal_holds(b"HRJ1")
    with closing(sqlite3.connect(desk.folder / "ledger.db")) as db:
        assert db.execute("SELECT DISTINCT hour FROM movement").fetchall() == [(NOW_H,)]
    desk.scribe.heal()
    desk.cut()
    assert desk.bounds() == (3, 1)
    assert desk.records.ledger.mistrusted == ()


def test_a_code_is_never_written(desk: Desk) -> None:
    """Neither to the journal nor to the ledger."""
    with locked(desk.records.ledger):
        desk.vend("request-1")
        assert not desk.journal_holds(b"able")
    desk.scribe.heal()
    desk.records.ledger.close()
    assert b"able baker" not in (desk.folder / "ledger.db").read_bytes()


def test_an_ordinary_item_stays_inside(desk: Desk) -> None:
    """Without a ledger nothing else moves, and nothing of it is kept."""
    with locked(desk.records.ledger), pytest.raises(LedgerError):
        desk.begin("request-1", slot="B1", essential=False)
    assert desk.scribe.owed() == []
    assert not desk.journal_holds(b"HRJ1")


def test_a_ledger_that_fails_in_the_middle(desk: Desk) -> None:
    """The intent is in the ledger, the outcome in the journal: they are put together, not counted twice."""
    entry = desk.begin("request-1")
    with locked(desk.records.ledger):
        desk.scribe.end(entry, DISPENSED, ())
        assert desk.bounds() == (4, 1)
    desk.scribe.heal()
    assert (desk.bounds(), desk.outcomes("request-1")) == ((4, 0), [Outcome.DISPENSED])


def test_a_ledger_that_fails_in_the_middle_and_then_the_power(desk: Desk) -> None:
    """After the start the journal still knows how it ended, so it is not unknown."""
    entry = desk.begin("request-1")
    with locked(desk.records.ledger):
        desk.scribe.end(entry, DISPENSED, ())
    desk.cut()
    assert (desk.bounds(), desk.outcomes("request-1")) == ((4, 0), [Outcome.DISPENSED])


def test_power_that_goes_in_the_middle_without_a_ledger(desk: Desk) -> None:
    """An intent that only the journal holds becomes unknown, whose item may have left."""
    with locked(desk.records.ledger):
        desk.begin("request-1")
    desk.cut()
    assert (desk.bounds(), desk.outcomes("request-1")) == ((4, 1), [Outcome.UNKNOWN])


def test_a_request_that_went_on_over_several_slots(desk: Desk) -> None:
    """Each attempt is its own; the first before the ledger failed, the second after."""
    desk.stock("A2", 3)
    desk.vend("request-1", JAMMED)
    with locked(desk.records.ledger):
        desk.vend("request-1", attempt=2, slot="A2")
    desk.scribe.heal()
    assert desk.outcomes("request-1") == [Outcome.JAMMED, Outcome.DISPENSED]
    assert (desk.bounds("A1"), desk.bounds("A2")) == ((5, 0), (2, 0))


def test_power_that_goes_between_merging_and_clearing(desk: Desk) -> None:
    """What the journal still holds is known to the ledger, and changes nothing a second time."""
    with locked(desk.records.ledger):
        desk.vend("request-1")
        desk.vend("request-2", PRESUMED)
    journal = (desk.folder / "journal.bin").read_bytes()
    desk.scribe.heal()
    seq = desk.records.reader.backlog().last_seq
    assert desk.bounds() == (3, 1)
    desk.records.close()
    (desk.folder / "journal.bin").write_bytes(journal)
    desk.start()
    assert desk.bounds() == (3, 1)
    assert desk.records.reader.backlog().last_seq == seq + 1
    assert not desk.journal_holds(b"HRJ1")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 3072) as made:
        yield made


def test_a_full_disk(disk: SmallDisk) -> None:
    """Item after item, until the ledger cannot: the count stays honest, and the journal takes over."""
    desk = Desk(disk.root)
    desk.stock("A1", 9)
    desk.stock("A2", 9)
    disk.fill()
    for number in range(9):
        desk.vend(f"request-{number}")
    assert desk.scribe.owed()
    assert "full" in str(desk.scribe.fault)
    desk.records.close()
    disk.fill()  # the room that the log left
    desk.start()
    assert not desk.records.ledger.is_open
    desk.vend("request-9", slot="A2")
    disk.make_room()
    desk.scribe.heal()
    assert (desk.bounds("A1"), desk.bounds("A2")) == ((0, 0), (8, 0))
    assert desk.scribe.fault is None
    desk.records.close()


def test_with_the_journal_away_as_well_it_is_held_in_memory(tmp_path: Path) -> None:
    """A disk that is read-only from the start: naloxone is still given out, and written down when it can be."""
    with small_disk(tmp_path / "disk", 3072) as disk:
        disk.remount("ro")
        desk = Desk.__new__(Desk)
        desk.folder, desk.clock = disk.root, HandClock(tmp_path)
        desk.start()
        desk.vend("request-1")
        desk.vend("request-2", PRESUMED)
        assert desk.scribe.fault
        assert desk.scribe.owed() == ["A1", "A1"]
        with pytest.raises(LedgerError):
            desk.begin("request-3", slot="B1", essential=False)
        disk.remount("rw")
        assert desk.scribe.heal()
        assert desk.scribe.fault is None
        assert desk.outcomes("request-1") == [Outcome.DISPENSED]
        assert desk.bounds() == (0, 8)
        desk.records.close()


def test_with_every_write_refused_it_is_held_in_memory(desk: Desk) -> None:
    """Neither file takes a byte: two items fall, one of them from a coil in which it hung; all is merged later."""
    desk.stock("A2", 3)
    with no_file_longer_than(1024):
        desk.scribe.end(desk.begin("request-1"), Finish(Outcome.DISPENSED, certain=True, drops=2), ["A2"])
        desk.scribe.unseen("A2", EventKind.STRAY_DROP)
        assert not desk.scribe.heal()
        assert sorted(desk.scribe.owed()) == ["A1", "A1", "A2", "A2"]
        assert desk.scribe.fault
    assert not desk.journal_holds(b"HRJ1")
    desk.scribe.heal()
    assert (desk.bounds("A1"), desk.bounds("A2")) == ((3, 1), (1, 2))
    assert desk.scribe.owed() == []
    assert desk.scribe.fault is None


def test_what_fell_by_itself_outlives_power_that_fails_while_the_ledger_cannot_be_written(desk: Desk) -> None:
    """It is in the journal, is owed after the start, and merged once, also when the journal is not cleared then."""
    desk.stock("A2", 3)
    with locked(desk.records.ledger):
        for _ in range(2):
            desk.scribe.unseen("A2", EventKind.STRAY_DROP)
        assert desk.scribe.owed() == ["A2", "A2"]
        journal = (desk.folder / "journal.bin").read_bytes()
    desk.cut()
    assert (desk.bounds("A2"), desk.scribe.owed()) == ((1, 2), [])
    (desk.folder / "journal.bin").write_bytes(journal)
    desk.cut()
    assert (desk.bounds("A2"), desk.scribe.owed()) == ((1, 2), [])


def test_an_id_of_its_own_is_in_the_journal_with_the_one_that_was_asked(desk: Desk) -> None:
    """Neither while it waits for the ledger nor after the merge is the request unknown."""
    with locked(desk.records.ledger):
        request = VendRequest(id="its-own-id", sku="NAL")
        entry = desk.scribe.begin(request, "A1", "NAL", attempt=1, lot=1, essential=True, asked="request-1")
        desk.scribe.begun(entry)
        desk.scribe.end(entry, DISPENSED, ())
        asked = VendRequest(id="request-1", sku="NAL"), (Attempt(slot="A1", outcome=Outcome.DISPENSED),)
        assert desk.scribe.recall("request-1") == asked
    desk.cut()
    assert desk.scribe.recall("request-1") is None
    assert desk.records.reader.past("request-1") == asked


def test_a_journal_that_could_not_be_cleared_is_cleared_later(desk: Desk) -> None:
    """The ledger has taken over what it holds; staff are told until it is empty."""
    # Its next record lies at some 400 kB, beyond where the kernel will let anybody write, unlike the ledger's.
    with locked(desk.records.ledger):
        made = desk.begin("request-1").made
    assert made is not None
    for _ in range(100):
        desk.records.journal.append(made)
    desk.records.journal.clear()
    with locked(desk.records.ledger):
        desk.vend("request-x")
    with no_file_longer_than(400_000):
        desk.scribe.heal()
        assert desk.outcomes("request-x") == [Outcome.DISPENSED]
        assert "journal" in str(desk.scribe.fault)
    assert desk.journal_holds(b"request-x")
    desk.scribe.heal()
    assert not desk.journal_holds(b"request-x")
    assert desk.scribe.fault is None
