"""Who writes down what happens when the ledger cannot be written: the journal, then memory, and merged once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.rules.vend_steps import Finish
from kiosk.errors import LedgerError
from kiosk.model import Attempt, EventKind, Outcome, VendRequest
from tests.dispense.kept import DISPENSED, JAMMED, NOW_H, PRESUMED, HandClock, locked
from tests.dispense.recording import Rig
from tests.dispense.small_disk import SmallDisk, no_file_longer_than, small_disk


def test_ordinarily_the_journal_is_not_touched(rig: Rig) -> None:
    """A whole vend is in the ledger, and nothing is told to staff."""
    rig.vend("request-1")
    assert rig.bounds() == (4, 0)
    assert not rig.journal_holds(b"HRJ1")
    assert (rig.recorder.fault, rig.recorder.unrecorded()) == (None, [])


def test_without_the_ledger_naloxone_is_written_to_the_journal_and_merged_once(rig: Rig) -> None:
    """What happened is known meanwhile, told to staff, and in the ledger afterwards: once, with its own time."""
    with locked(rig.storage.ledger):
        rig.vend("request-1")
        rig.vend("request-2", PRESUMED)
        rig.vend("request-3", JAMMED)
        assert rig.recorder.unrecorded() == ["A1", "A1"]
        assert "could not be written" in str(rig.recorder.fault)
        assert rig.recorder.find("request-2") is not None
        assert rig.journal_holds(b"request-1")
        assert not rig.recorder.reopen()
    rig.clock.pass_h(3)
    assert rig.recorder.unrecorded() == ["A1", "A1"]
    rig.recorder.reopen()
    assert rig.bounds() == (3, 1)
    assert [rig.outcomes(f"request-{number}") for number in (1, 2, 3)] == [
        [Outcome.DISPENSED],
        [Outcome.PRESUMED],
        [Outcome.JAMMED],
    ]
    assert (rig.recorder.fault, rig.recorder.unrecorded()) == (None, [])
    assert not rig.journal_holds(b"HRJ1")
    with closing(sqlite3.connect(rig.folder / "ledger.db")) as db:
        assert db.execute("SELECT DISTINCT hour FROM movement").fetchall() == [(NOW_H,)]
    rig.recorder.reopen()
    rig.cut()
    assert rig.bounds() == (3, 1)
    assert rig.storage.ledger.mistrusted == ()


def test_a_code_is_never_written(rig: Rig) -> None:
    """Neither to the journal nor to the ledger."""
    with locked(rig.storage.ledger):
        rig.vend("request-1")
        assert not rig.journal_holds(b"able")
    rig.recorder.reopen()
    rig.storage.ledger.close()
    assert b"able baker" not in (rig.folder / "ledger.db").read_bytes()


def test_an_ordinary_item_stays_inside(rig: Rig) -> None:
    """Without a ledger nothing else moves, and nothing of it is kept."""
    with locked(rig.storage.ledger), pytest.raises(LedgerError):
        rig.begin("request-1", slot="B1", essential=False)
    assert rig.recorder.unrecorded() == []
    assert not rig.journal_holds(b"HRJ1")


def test_a_ledger_that_fails_in_the_middle(rig: Rig) -> None:
    """The intent is in the ledger, the outcome in the journal: they are put together, not counted twice."""
    entry = rig.begin("request-1")
    with locked(rig.storage.ledger):
        rig.recorder.end(entry, DISPENSED, ())
        assert rig.bounds() == (4, 1)
    rig.recorder.reopen()
    assert (rig.bounds(), rig.outcomes("request-1")) == ((4, 0), [Outcome.DISPENSED])


def test_a_ledger_that_fails_in_the_middle_and_then_the_power(rig: Rig) -> None:
    """After the start the journal still knows how it ended, so it is not unknown."""
    entry = rig.begin("request-1")
    with locked(rig.storage.ledger):
        rig.recorder.end(entry, DISPENSED, ())
    rig.cut()
    assert (rig.bounds(), rig.outcomes("request-1")) == ((4, 0), [Outcome.DISPENSED])


def test_power_that_goes_in_the_middle_without_a_ledger(rig: Rig) -> None:
    """An intent that only the journal holds becomes unknown, whose item may have left."""
    with locked(rig.storage.ledger):
        rig.begin("request-1")
    rig.cut()
    assert (rig.bounds(), rig.outcomes("request-1")) == ((4, 1), [Outcome.UNKNOWN])


def test_a_request_that_went_on_over_several_slots(rig: Rig) -> None:
    """Each attempt is its own; the first before the ledger failed, the second after."""
    rig.stock("A2", 3)
    rig.vend("request-1", JAMMED)
    with locked(rig.storage.ledger):
        rig.vend("request-1", attempt=2, slot="A2")
    rig.recorder.reopen()
    assert rig.outcomes("request-1") == [Outcome.JAMMED, Outcome.DISPENSED]
    assert (rig.bounds("A1"), rig.bounds("A2")) == ((5, 0), (2, 0))


def test_power_that_goes_between_merging_and_clearing(rig: Rig) -> None:
    """What the journal still holds is known to the ledger, and changes nothing a second time."""
    with locked(rig.storage.ledger):
        rig.vend("request-1")
        rig.vend("request-2", PRESUMED)
    journal = (rig.folder / "journal.bin").read_bytes()
    rig.recorder.reopen()
    seq = rig.storage.reader.backlog().last_seq
    assert rig.bounds() == (3, 1)
    rig.storage.close()
    (rig.folder / "journal.bin").write_bytes(journal)
    rig.start()
    assert rig.bounds() == (3, 1)
    assert rig.storage.reader.backlog().last_seq == seq + 1
    assert not rig.journal_holds(b"HRJ1")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 3072) as made:
        yield made


def test_a_full_disk(disk: SmallDisk) -> None:
    """Item after item, until the ledger cannot: the count stays honest, and the journal takes over."""
    rig = Rig(disk.root)
    rig.stock("A1", 9)
    rig.stock("A2", 9)
    disk.fill()
    for number in range(9):
        rig.vend(f"request-{number}")
    assert rig.recorder.unrecorded()
    assert "full" in str(rig.recorder.fault)
    rig.storage.close()
    disk.fill()  # the room that the log left
    rig.start()
    assert not rig.storage.ledger.is_open
    rig.vend("request-9", slot="A2")
    disk.make_room()
    rig.recorder.reopen()
    assert (rig.bounds("A1"), rig.bounds("A2")) == ((0, 0), (8, 0))
    assert rig.recorder.fault is None
    rig.storage.close()


def test_with_the_journal_away_as_well_it_is_held_in_memory(tmp_path: Path) -> None:
    """A disk that is read-only from the start: naloxone is still given out, and written down when it can be."""
    with small_disk(tmp_path / "disk", 3072) as disk:
        disk.remount("ro")
        rig = Rig.__new__(Rig)
        rig.folder, rig.clock = disk.root, HandClock(tmp_path)
        rig.start()
        rig.vend("request-1")
        rig.vend("request-2", PRESUMED)
        assert rig.recorder.fault
        assert rig.recorder.unrecorded() == ["A1", "A1"]
        with pytest.raises(LedgerError):
            rig.begin("request-3", slot="B1", essential=False)
        disk.remount("rw")
        assert rig.recorder.reopen()
        assert rig.recorder.fault is None
        assert rig.outcomes("request-1") == [Outcome.DISPENSED]
        assert rig.bounds() == (0, 8)
        rig.storage.close()


def test_with_every_write_refused_it_is_held_in_memory(rig: Rig) -> None:
    """Neither file takes a byte: two items fall, one of them from a coil in which it hung; all is merged later."""
    rig.stock("A2", 3)
    with no_file_longer_than(1024):
        rig.recorder.end(rig.begin("request-1"), Finish(Outcome.DISPENSED, certain=True, drops=2), ["A2"])
        rig.recorder.unseen("A2", EventKind.STRAY_DROP)
        assert not rig.recorder.reopen()
        assert sorted(rig.recorder.unrecorded()) == ["A1", "A1", "A2", "A2"]
        assert rig.recorder.fault
    assert not rig.journal_holds(b"HRJ1")
    rig.recorder.reopen()
    assert (rig.bounds("A1"), rig.bounds("A2")) == ((3, 1), (1, 2))
    assert rig.recorder.unrecorded() == []
    assert rig.recorder.fault is None


def test_what_fell_by_itself_outlives_power_that_fails_while_the_ledger_cannot_be_written(rig: Rig) -> None:
    """It is in the journal, is owed after the start, and merged once, also when the journal is not cleared then."""
    rig.stock("A2", 3)
    with locked(rig.storage.ledger):
        for _ in range(2):
            rig.recorder.unseen("A2", EventKind.STRAY_DROP)
        assert rig.recorder.unrecorded() == ["A2", "A2"]
        journal = (rig.folder / "journal.bin").read_bytes()
    rig.cut()
    assert (rig.bounds("A2"), rig.recorder.unrecorded()) == ((1, 2), [])
    (rig.folder / "journal.bin").write_bytes(journal)
    rig.cut()
    assert (rig.bounds("A2"), rig.recorder.unrecorded()) == ((1, 2), [])


def test_an_id_of_its_own_is_in_the_journal_with_the_one_that_was_asked(rig: Rig) -> None:
    """Neither while it waits for the ledger nor after the merge is the request unknown."""
    with locked(rig.storage.ledger):
        request = VendRequest(id="its-own-id", sku="NAL")
        entry = rig.recorder.begin(request, "A1", "NAL", attempt=1, lot=1, essential=True, asked="request-1")
        rig.recorder.begun(entry)
        rig.recorder.end(entry, DISPENSED, ())
        asked = VendRequest(id="request-1", sku="NAL"), (Attempt(slot="A1", outcome=Outcome.DISPENSED),)
        assert rig.recorder.find("request-1") == asked
    rig.cut()
    assert rig.recorder.find("request-1") is None
    assert rig.storage.reader.past("request-1") == asked


def test_a_journal_that_could_not_be_cleared_is_cleared_later(rig: Rig) -> None:
    """The ledger has taken over what it holds; staff are told until it is empty."""
    # Its next record lies at some 400 kB, beyond where the kernel will let anybody write, unlike the ledger's.
    with locked(rig.storage.ledger):
        made = rig.begin("request-1").made
    assert made is not None
    for _ in range(100):
        rig.storage.journal.append(made)
    rig.storage.journal.clear()
    with locked(rig.storage.ledger):
        rig.vend("request-x")
    with no_file_longer_than(400_000):
        rig.recorder.reopen()
        assert rig.outcomes("request-x") == [Outcome.DISPENSED]
        assert "journal" in str(rig.recorder.fault)
    assert rig.journal_holds(b"request-x")
    rig.recorder.reopen()
    assert not rig.journal_holds(b"request-x")
    assert rig.recorder.fault is None
