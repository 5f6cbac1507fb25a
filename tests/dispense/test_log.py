"""The write-ahead log keeps its size from the start, and nothing stays in it that was folded in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.ledger import Reader
from kiosk.dispense.ledger.log import LOG_BYTES, Log
from kiosk.errors import LedgerError
from tests.dispense.kept import Kept
from tests.dispense.small_disk import small_disk

FILL = b"seen last month"


@pytest.fixture
def kept(kept: Kept) -> Kept:
    """A ledger with a log of the full size, as it has one from its first idle moment on."""
    assert kept.ledger.fold()
    return kept


@pytest.fixture
def log(kept: Kept) -> Log:
    """The log of an open ledger."""
    return kept.ledger._file.log


def path_of(kept: Kept) -> Path:
    return kept.path.with_name("ledger.db-wal")


def test_it_has_its_size_from_the_start_and_keeps_it(kept: Kept) -> None:
    """Real zeros lie behind what is used: a hole would be filled, and that noted, when it is used."""
    assert path_of(kept).stat().st_size == LOG_BYTES
    assert path_of(kept).stat().st_blocks * 512 >= LOG_BYTES
    for _ in range(3):
        kept.put("A1", 3)
        assert kept.ledger.fold()
        assert path_of(kept).stat().st_size == LOG_BYTES


def test_no_other_file_is_kept(kept: Kept) -> None:
    """The index of the log is in memory: its file would tell when somebody was here."""
    kept.put("A1", 3)
    assert {path.name for path in kept.path.parent.glob("ledger*")} == {"ledger.db", "ledger.db-wal"}


def test_it_stays_over_a_new_start(kept: Kept) -> None:
    """Whoever reads closes after the writer, so nobody deletes it, and no start has to write it anew."""
    kept.put("A1", 3)
    before = path_of(kept).stat().st_ino
    assert kept.reader.backlog().last_seq > 0
    kept.reopen()
    assert (path_of(kept).stat().st_ino, path_of(kept).stat().st_size) == (before, LOG_BYTES)
    assert kept.bounds("A1") == (3, 0)


def test_what_is_used_is_known_from_the_file(kept: Kept, log: Log) -> None:
    """It grows with each transaction, and begins anew after a fold."""
    before = log.used()
    kept.put("A1", 3)
    grown = log.used()
    assert 0 < before < grown < LOG_BYTES
    assert kept.ledger.fold()
    assert 0 < log.used() < grown


def test_what_was_folded_in_is_wiped(kept: Kept, log: Log) -> None:
    """Nothing is left behind what is used; the ledger holds it all, also after a power cut just then."""
    kept.restock(kept.line("A1"), request_id="visit-that-is-looked-for")
    assert b"visit-that-is-looked-for" in path_of(kept).read_bytes()
    assert kept.ledger.fold()
    content = path_of(kept).read_bytes()
    assert not content[log.used() :].strip(b"\0")
    assert b"visit-that-is-looked-for" not in content
    assert b"visit-that-is-looked-for" in kept.path.read_bytes()


def test_a_wipe_harms_nothing_that_is_in_use(kept: Kept, log: Log, tmp_path: Path) -> None:
    """In the middle of an hour, and twice: what was committed is there when the power goes."""
    for _ in range(4):
        kept.put("A1", 1)
        log.wipe()
        log.wipe()
    for name in ("ledger.db", "ledger.db-wal"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        shutil.copyfile(kept.path.with_name(name), tmp_path / "copy" / name)
    with closing(sqlite3.connect(tmp_path / "copy" / "ledger.db")) as db:
        assert db.execute("SELECT on_hand FROM stock WHERE slot = 'A1'").fetchone() == (4,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_it_is_folded_in_when_it_is_full(kept: Kept) -> None:
    """So that it never grows; until then it is left alone."""
    kept.put("A1", 3)
    assert not kept.ledger.relieve(0.9)
    assert kept.ledger.relieve(0.001)
    kept.put("A1", 1)
    assert path_of(kept).stat().st_size == LOG_BYTES


def test_who_reads_delays_the_wipe_and_nothing_else(kept: Kept, tmp_path: Path) -> None:
    """The fold says so, at once, and works when they are done."""
    reader = Reader(kept.path)
    with closing(reader):
        reader.backlog()
        connection = reader._questions._connection
        assert connection is not None
        connection.execute("BEGIN")
        reader.backlog()
        kept.put("A1", 3)
        assert not kept.ledger.fold()
        kept.put("A1", 1)
        connection.execute("COMMIT")
    assert kept.ledger.fold()
    assert kept.bounds("A1") == (4, 0)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A log on a disk with hardly any room."""
    with small_disk(tmp_path / "disk", 256) as disk:
        path = disk.root / "log"
        path.write_bytes(FILL)
        yield path


def test_a_disk_with_little_room_keeps_it_for_the_ledger(full: Path) -> None:
    """The log then grows as it is used; nothing is lost of it."""
    Log(full, 200 << 10).fill()
    assert full.read_bytes() == FILL


def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    """In a sentence that names the file; a log that is not there has nothing in it."""
    Log(tmp_path / "away", LOG_BYTES).wipe()
    assert Log(tmp_path / "away", LOG_BYTES).used() == 0
    (tmp_path / "log").mkdir()
    with pytest.raises(LedgerError, match="log cannot be tidied"):
        Log(tmp_path / "log", LOG_BYTES).used()
