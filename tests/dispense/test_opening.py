"""How the ledger is opened: what is damaged is set aside, and whatever may be inside is said until it is counted."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.ledger import Doubt, Ledger, Planned
from kiosk.errors import LedgerDamagedError, LedgerError
from kiosk.model import FaultKind, RecallRequest
from tests.dispense.kept import CONFIG, HandClock, Kept, kiosk_of
from tests.dispense.small_disk import small_disk

PLAN = {slot.id: Planned(slot.product, slot.capacity) for slot in CONFIG.slots}
SKUS = [product.sku for product in CONFIG.products]


def stocked(folder: Path) -> Kept:
    """Return a ledger that knows what is in A1, closed."""
    kept = Kept(folder)
    kept.put("A1", 5, "L1")
    kept.vend("A1")
    kept.close()
    return kept


def spoil(path: Path, at: int, noise: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(noise)


def all_unknown(ledger: Ledger) -> bool:
    """Say whether every slot may hold anything up to its capacity."""
    return {(count.on_hand, count.unresolved) for count in ledger.counts().values()} == {(0, 9)}


@pytest.fixture
def ledger(tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.db", clock)
    yield made
    made.close()


def test_a_new_ledger_knows_that_it_does_not_know_what_is_inside(tmp_path: Path) -> None:
    """A new card in a machine that holds items: each slot says so until it is counted, and staff are told once."""
    with closing(Kept(tmp_path)) as kept:
        assert all_unknown(kept.ledger)
        assert (kept.ledger.mistrusted, kept.kinds()) == ((), ["started"])
        assert kept.ledger.epoch
        assert kept.ledger.doubt is Doubt.NEW
        kept.restock(kept.line("A1", 7))
        kept.reopen()
        assert (kept.bounds("A1"), kept.bounds("A2")) == ((7, 0), (0, 9))
        assert kept.ledger.doubt is Doubt.NEW
        kept.restock(*(kept.line(slot, 0) for slot in kept.slots() if slot != "A1"))
        assert kept.ledger.doubt is None


@pytest.mark.parametrize("at", [0, 100, 5000])
def test_a_damaged_file_is_set_aside_whole(tmp_path: Path, at: int) -> None:
    """Nothing of it is deleted; a new one begins, with another name, in which nothing is certain."""
    kept = stocked(tmp_path)
    size = kept.path.stat().st_size
    with closing(sqlite3.connect(kept.path)) as db:
        epoch = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
    spoil(kept.path, at, b"\xa5" * 3000)
    kept.open()
    assert all_unknown(kept.ledger)
    assert kept.ledger.epoch != epoch
    assert (tmp_path / "ledger.db.damaged-1").stat().st_size == size
    assert kept.kinds(7) == ["started"] + ["rebuilt"] * 6
    assert [fault.kind for fault in kept.slot("A1").faults] == [FaultKind.UNRESOLVED]
    kept.restock(kept.line("A1", 4))
    assert kept.bounds("A1") == (4, 0)
    kept.reopen()
    assert kept.bounds("A1") == (4, 0)
    kept.close()


def test_each_damaged_file_is_kept(tmp_path: Path) -> None:
    """The second does not overwrite the first, and the tenth is the last."""
    kept = stocked(tmp_path)
    for number in range(1, 12):
        kept.path.write_bytes(b"not a database, " * 512)
        kept.reopen()
        kept.close()
        assert (tmp_path / f"ledger.db.damaged-{number}").exists()
    kept.open()
    assert all_unknown(kept.ledger)
    kept.close()


def test_a_log_of_the_damaged_file_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    """Power went, and the file is spoiled under its write-ahead log: what the log says of it is not applied."""
    kept = stocked(tmp_path / "before")
    kept.open()
    kept.vend("A1")
    after = tmp_path / "after"
    after.mkdir()
    for suffix in ("", "-wal"):
        (after / f"ledger.db{suffix}").write_bytes((tmp_path / "before" / f"ledger.db{suffix}").read_bytes())
    kept.close()
    assert (after / "ledger.db-wal").stat().st_size > 4096
    spoil(after / "ledger.db", 1024, b"\xa5" * ((after / "ledger.db").stat().st_size - 1024))
    with closing(Kept(after)) as again:
        assert all_unknown(again.ledger)
        assert again.ledger._file.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (after / "ledger.db.damaged-1").exists()


@pytest.mark.parametrize("moved", [("-wal",), ("-wal", "-shm"), ("-wal", "-shm", "")])
def test_power_that_goes_while_it_is_set_aside(tmp_path: Path, clock: HandClock, moved: tuple[str, ...]) -> None:
    """At whichever step: the next start ends with a ledger in which nothing is certain."""
    path = tmp_path / "ledger.db"
    for suffix in ("-wal", "-shm", ""):
        target = "ledger.db.damaged-1" if suffix in moved else "ledger.db"
        (tmp_path / f"{target}{suffix}").write_bytes(b"not a database, " * 512)
    with closing(Ledger(path, clock)) as ledger:
        ledger.open(PLAN, SKUS)
        assert all_unknown(ledger)
        assert ledger.mistrusted == ()


DIE = """
import sqlite3, sys, os
from pathlib import Path
from tests.dispense.kept import Kept, HandClock
from kiosk.dispense.ledger import Ledger
folder, dies_at = Path(sys.argv[1]), int(sys.argv[2])
statements = 0
def count(sql):
    global statements
    statements += 1
    if statements == dies_at:
        os._exit(9)
class Dying(sqlite3.Connection):
    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.set_trace_callback(count)
connect = sqlite3.connect
sqlite3.connect = lambda *arguments, **keywords: connect(*arguments, factory=Dying, **keywords)
Kept(folder).close()
print(statements)
"""


def test_a_process_that_dies_while_it_begins_anew(tmp_path: Path) -> None:
    """At whichever statement of the first start after the damage: never a ledger that says it is empty."""
    probe = tmp_path / "probe"
    probe.mkdir()
    (probe / "ledger.db").write_bytes(b"not a database, " * 512)
    statements = int(die(probe, 10**9).stdout)
    assert statements > 40
    for number, dies_at in enumerate(range(2, statements + 1, 7)):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        (folder / "ledger.db").write_bytes(b"not a database, " * 512)
        assert die(folder, dies_at).returncode == 9
        with closing(Kept(folder)) as kept:
            assert all_unknown(kept.ledger), dies_at


def die(folder: Path, dies_at: int) -> subprocess.CompletedProcess[str]:
    """Open the ledger in a process that ends at its n-th statement, as with a power cut."""
    command = [sys.executable, "-c", DIE, str(folder), str(dies_at)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ})


def test_a_ledger_of_another_version_is_set_aside(tmp_path: Path) -> None:
    """Tables that this software does not know are not touched; nothing is guessed from them."""
    kept = stocked(tmp_path)
    with closing(sqlite3.connect(kept.path)) as db:
        db.execute("PRAGMA user_version = 99")
    kept.open()
    assert all_unknown(kept.ledger)
    kept.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db.damaged-1")) as db:
        assert db.execute("SELECT on_hand FROM stock WHERE slot = 'A1'").fetchone() == (4,)


def test_a_ledger_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its counts hold, and what it had numbered keeps the name under which it may have left already."""
    kept = stocked(tmp_path)
    with closing(sqlite3.connect(kept.path)) as db, db:
        db.execute("ALTER TABLE boot DROP COLUMN epoch")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'epochs'")
        db.execute("PRAGMA user_version = 2")
    kept.open()
    assert kept.bounds("A1") == (4, 0)
    told = kept.reader.pending(0, 100)
    assert {row.epoch for row in told} == {kept.ledger.epoch, kept.reader.epoch}
    assert [row.seq for row in told if row.epoch == kept.reader.epoch] == [told[-1].seq]
    kept.close()


def spoil_vends(kept: Kept) -> None:
    """Spoil the table of vends in a closed ledger: a place at which opening does not look."""
    with closing(sqlite3.connect(kept.path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'vend'").fetchone()[0]
    spoil(kept.path, (root - 1) * size, b"\xa5" * size)


def test_damage_that_the_nightly_check_finds_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    """Until then the kiosk works; then a new ledger begins, and only once."""
    kept = stocked(tmp_path)
    spoil_vends(kept)
    kept.open_only()
    assert kept.bounds("A1") == (4, 0)
    with pytest.raises(LedgerDamagedError):
        kept.reader.check()
    kept.ledger.suspect()
    kept.reopen()
    assert all_unknown(kept.ledger)
    kept.reader.check()
    kept.restock(kept.line("A1", 4))
    kept.reopen()
    assert kept.bounds("A1") == (4, 0)
    kept.close()


def test_a_ledger_in_doubt_stays_so_until_it_has_gone(tmp_path: Path) -> None:
    """If it cannot be moved away, or power goes meanwhile, the next start tries again."""
    kept = stocked(tmp_path)
    spoil_vends(kept)
    kept.ledger.suspect()
    (tmp_path / "ledger.db-wal").write_bytes(b"log")
    (tmp_path / "ledger.db.damaged-1-wal").mkdir()
    with pytest.raises(LedgerError, match="could not be moved away"):
        kept.open()
    (tmp_path / "ledger.db.damaged-1-wal").rmdir()
    kept.open()
    assert all_unknown(kept.ledger)
    kept.close()


def test_a_mark_without_a_file_harms_nobody(tmp_path: Path) -> None:
    """Power went when the file had been moved away and its mark had not: the new ledger is as uncertain as ever."""
    kept = stocked(tmp_path)
    kept.ledger.suspect()
    kept.path.rename(tmp_path / "ledger.db.damaged-1")
    kept.open()
    assert all_unknown(kept.ledger)
    kept.restock(kept.line("A1", 4))
    kept.reopen()
    assert kept.bounds("A1") == (4, 0)
    kept.close()


def test_sums_that_do_not_agree_name_their_slot(tmp_path: Path) -> None:
    """A stock row that somebody changed by hand is noticed; the others are trusted."""
    kept = stocked(tmp_path)
    with closing(sqlite3.connect(kept.path)) as db, db:
        db.execute("UPDATE stock SET on_hand = 7 WHERE slot = 'A1'")
    kept.open()
    assert kept.ledger.mistrusted == ("A1",)
    kept.close()


def test_nobody_has_counted_a_slot_that_was_built_in_later(tmp_path: Path) -> None:
    """It may hold items, under this name or another, since before kiosk.toml named it; the others are as certain."""
    kept = stocked(tmp_path)
    kept.open()
    kept.ledger.open(PLAN | {"C2": Planned("SOCK", 5)}, SKUS)
    assert kept.bounds("C2") == (0, 5)
    assert kept.bounds("A1") == (4, 0)
    kept.close()


def test_a_full_disk_is_no_damage(tmp_path: Path) -> None:
    """It cannot be opened, nothing is set aside, and with room all is as it was."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        kept = Kept(disk.root)
        kept.put("A1", 5, "L1")
        kept.close()
        disk.fill()
        with pytest.raises(LedgerError, match="ledger") as error:
            kept.open()
        assert not isinstance(error.value, LedgerDamagedError)
        assert not kept.ledger.is_open
        disk.make_room()
        kept.open()
        assert kept.bounds("A1") == (5, 0)
        assert [path.name for path in disk.root.glob("*damaged*")] == []
        kept.close()


def test_a_disk_that_fills_up_meanwhile_fails_whole(tmp_path: Path) -> None:
    """Writes are refused until there is room; what was acknowledged holds, and nothing else does."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        kept = Kept(disk.root)
        kept.put("A1", 9, "L1")
        disk.fill()
        with pytest.raises(LedgerError, match="nothing of this change"):
            take_all(kept)
        on_hand, unresolved = kept.bounds("A1")
        disk.make_room()
        kept.reopen()
        assert kept.bounds("A1") == (on_hand, unresolved)
        assert kept.ledger.mistrusted == ()
        kept.close()


def take_all(kept: Kept) -> None:
    """Take item after item, each with its whole vend, until the count says that there is none."""
    while sum(kept.bounds("A1")):
        kept.vend("A1")
        assert kept.reader.events(1)[0].kind == "dispensed"


def test_where_it_cannot_be(tmp_path: Path, clock: HandClock) -> None:
    """A file where its folder should be, and a folder under its name, are told with a remedy."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "ledger.db").mkdir()
    for path in (tmp_path / "file" / "ledger.db", tmp_path / "ledger.db"):
        ledger = Ledger(path, clock)
        with pytest.raises(LedgerError):
            ledger.open(PLAN, SKUS)
        assert not ledger.is_open


def test_a_read_only_disk_is_no_damage(tmp_path: Path, clock: HandClock) -> None:
    """A card that the kernel has turned read-only keeps its ledger."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        stocked(disk.root)
        disk.remount("ro")
        with closing(Ledger(disk.root / "ledger.db", clock)) as ledger, pytest.raises(LedgerError) as error:
            ledger.open(PLAN, SKUS)
        assert not isinstance(error.value, LedgerDamagedError)
        disk.remount("rw")
        with closing(Ledger(disk.root / "ledger.db", clock)) as ledger:
            ledger.open(PLAN, SKUS)
            assert ledger.counts()["A1"].on_hand == 4


def test_it_is_closed_twice_without_harm(ledger: Ledger) -> None:
    """Closed, everything is refused with a sentence; opened again, it goes on."""
    ledger.open(PLAN, SKUS)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match="not open"):
        ledger.counts()
    ledger.open(PLAN, SKUS)
    assert ledger.is_open


def test_nothing_is_certain_of_a_slot_that_nobody_looked_after(tmp_path: Path) -> None:
    """A slot that kiosk.toml drops and later has again may hold as much as it did; no recall names it meanwhile."""
    kept = Kept(tmp_path)
    kept.put("B1", 3, "7K22")
    kept.reopen(kiosk_of(*CONFIG.products, slots={"A1": "NAL"}))
    assert kept.ledger.recalls.recall(RecallRequest(id="recall-1", lot="7K22")).slots == ()
    kept.reopen(CONFIG)
    assert kept.bounds("B1") == (0, 3)
    kept.reopen(CONFIG)
    assert kept.bounds("B1") == (0, 3)
    kept.close()
