"""The journal on a real file: what was appended is there, whatever was torn, filled or cut around it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.clock import Stamp
from kiosk.dispense.ledger import UNMARKED, Mark, Unrecorded
from kiosk.dispense.recording.journal import BLOCK, BLOCKS, RECORDS, Journal
from kiosk.errors import LedgerError
from kiosk.model import VendRequest
from tests.dispense.kept import DISPENSED, NOW_H
from tests.dispense.small_disk import no_file_longer_than, small_disk

SIZE = BLOCK * BLOCKS


def made(number: int, attempt: int = 1) -> Unrecorded:
    return Unrecorded(
        request=VendRequest(id=f"request-{number}", sku="NAL"),
        attempt=attempt,
        slot="A1",
        sku="NAL",
        lot=7,
        stamp=Stamp(NOW_H, 3, synced=True),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.bin"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    assert opened.open() == []
    yield opened
    opened.close()


def kept(path: Path) -> list[Unrecorded]:
    """Return what a new start finds."""
    again = Journal(path)
    found = again.open()
    again.close()
    return found


def test_it_has_its_full_size_from_the_start(journal: Journal, path: Path) -> None:
    """All of it is really on the disk, so that a full disk has no say later."""
    assert path.stat().st_size == SIZE
    assert path.stat().st_blocks * 512 >= SIZE
    journal.append(made(1))
    assert path.stat().st_size == SIZE


def test_an_attempt_is_found_as_it_was_written_last(journal: Journal, path: Path) -> None:
    """In order, each once; the outcome replaces the intent."""
    journal.append(made(1))
    journal.append(made(2))
    journal.append(replace(made(1), verdict=DISPENSED))
    journal.append(made(2, attempt=2))
    assert kept(path) == [replace(made(1), verdict=DISPENSED), made(2), made(2, attempt=2)]


def test_once_cleared_it_is_empty(journal: Journal, path: Path) -> None:
    """Nothing of a request stays in the file."""
    journal.append(made(1))
    assert b"request-1" in path.read_bytes()
    journal.clear()
    assert kept(path) == []
    assert path.read_bytes() == bytes(SIZE)


def test_it_can_be_used_for_ever(journal: Journal, path: Path) -> None:
    """It goes round: what was cleared makes room."""
    for lap in range(3 * BLOCKS // 100):
        for number in range(100):
            journal.append(made(1000 * lap + number))
        assert kept(path) == [made(1000 * lap + number) for number in range(100)]
        journal.clear()


def test_a_full_journal_refuses_and_loses_nothing(journal: Journal, path: Path) -> None:
    """The 255th record is refused with a remedy, and the first is still there."""
    for number in range(RECORDS):
        journal.append(made(number))
    with pytest.raises(LedgerError, match="The journal is full"):
        journal.append(made(RECORDS))
    assert kept(path) == [made(number) for number in range(RECORDS)]
    journal.clear()
    journal.append(made(RECORDS))
    assert kept(path) == [made(RECORDS)]


def test_a_restart_goes_on_where_it_was(path: Path) -> None:
    """Numbers are not used twice, so the order holds over restarts; a full journal stays full."""
    for number in range(RECORDS):
        journal = Journal(path)
        assert len(journal.open()) == number
        journal.append(made(number))
        journal.close()
    journal = Journal(path)
    journal.open()
    with pytest.raises(LedgerError, match="full"):
        journal.append(made(999))
    journal.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(torn=st.integers(0, 4), cut=st.integers(0, BLOCK), noise=st.binary(min_size=1, max_size=64))
def test_a_torn_block_spoils_only_itself(path: Path, torn: int, cut: int, noise: bytes) -> None:
    """Power that goes in the middle of a write leaves a record that is whole or none; all others are there."""
    path.unlink(missing_ok=True)
    journal = Journal(path)
    journal.open()
    for number in range(5):
        journal.append(made(number))
    journal.close()
    content = path.read_bytes()
    at = (torn + 1) * BLOCK + cut
    length = max(0, min(len(noise), (torn + 2) * BLOCK - at))
    path.write_bytes(content[:at] + noise[:length] + content[at + length :])
    found = kept(path)
    others = [made(number) for number in range(5) if number != torn]
    assert found in (others, [made(number) for number in range(5)])


def test_half_a_record_is_none(journal: Journal, path: Path) -> None:
    """A block of which only the first half arrived does not count, and the next record takes its place."""
    journal.append(made(1))
    journal.append(made(2))
    content = bytearray(path.read_bytes())
    content[2 * BLOCK + 40 : 3 * BLOCK] = bytes(BLOCK - 40)
    path.write_bytes(content)
    again = Journal(path)
    assert again.open() == [made(1)]
    again.append(made(3))
    again.close()
    assert kept(path) == [made(1), made(3)]


def test_a_record_of_another_version_does_not_stop_a_start(path: Path) -> None:
    """It is whole, but says what this software does not understand: it is passed over, and the others count."""
    journal = Journal(path)
    journal.open()
    journal.append(made(1))
    journal.close()
    payload = b'{"number":2,"made":{"who":"knows"}}'
    head = struct.pack("<4sII", b"HRJ1", zlib.crc32(payload), len(payload))
    content = path.read_bytes()
    path.write_bytes(content[: 2 * BLOCK] + (head + payload).ljust(BLOCK, b"\0") + content[3 * BLOCK :])
    assert kept(path) == [made(1)]


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"HRJ1" + b"\xff" * (SIZE - 4), bytes(SIZE + BLOCK)])
def test_a_file_that_is_no_journal_is_made_anew(path: Path, content: bytes) -> None:
    """Whatever stands there, a start ends with a journal that works."""
    path.parent.mkdir()
    path.write_bytes(content)
    journal = Journal(path)
    assert journal.open() == []
    journal.append(made(1))
    journal.close()
    assert (kept(path), path.stat().st_size) == ([made(1)], SIZE)


def test_what_was_left_half_made_is_no_journal(path: Path) -> None:
    """Power that goes while the file is made leaves no half journal under its name."""
    path.parent.mkdir()
    path.with_name("journal.bin.new").write_bytes(bytes(100))
    assert kept(path) == []
    assert path.stat().st_size == SIZE
    assert not path.with_name("journal.bin.new").exists()


def test_a_full_disk_does_not_stop_it(tmp_path: Path) -> None:
    """Every one of its records fits, and can be cleared and written again, with not a byte free."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        journal = Journal(disk.root / "journal.bin")
        journal.open()
        disk.fill()
        for lap in range(2):
            for number in range(RECORDS):
                journal.append(made(1000 * lap + number))
            assert len(kept(disk.root / "journal.bin")) == RECORDS
            journal.clear()
        journal.close()


def test_no_room_for_it_is_told(tmp_path: Path) -> None:
    """A disk that was full before the first start gives a sentence, and the journal comes when there is room."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        disk.fill()
        journal = Journal(disk.root / "journal.bin")
        with pytest.raises(LedgerError, match=r"journal\.bin cannot be opened"):
            journal.open()
        assert not journal.is_open
        with pytest.raises(LedgerError, match="not open"):
            journal.append(made(1))
        disk.make_room()
        assert journal.open() == []
        journal.append(made(1))
        journal.close()


def test_a_write_that_fails_is_told_and_takes_no_place(journal: Journal, path: Path) -> None:
    """What was there stays, and the next record goes where this one should have gone."""
    journal.append(made(1))
    with no_file_longer_than(BLOCK), pytest.raises(LedgerError, match="could not be written"):
        journal.append(made(2))
    journal.append(made(3))
    assert kept(path) == [made(1), made(3)]
    with no_file_longer_than(BLOCK), pytest.raises(LedgerError, match="could not be written"):
        journal.clear()
    assert kept(path) == [made(1), made(3)]
    journal.clear()
    assert kept(path) == []


def test_where_it_cannot_be(tmp_path: Path) -> None:
    """A folder under its name, or a file where its folder should be, is a sentence and no crash."""
    (tmp_path / "journal.bin").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "journal.bin", tmp_path / "file" / "journal.bin"):
        with pytest.raises(LedgerError, match="cannot be opened"):
            Journal(path).open()


def test_the_latest_mark_is_found_and_a_torn_one_leaves_the_one_before(journal: Journal, path: Path) -> None:
    """Two blocks hold marks in turn; a file that never had one says so, and records are none of their business."""
    assert journal.mark == UNMARKED
    journal.append(made(1))
    for height in range(1, 6):
        journal.keep(Mark("a-ledger", height))
        again = Journal(path)
        assert again.open() == [made(1)]
        assert again.mark == Mark("a-ledger", height)
        again.close()
    content = path.read_bytes()
    for spoiled, left in (({1}, 4), ({0}, 5), ({0, 1}, None)):
        torn = bytearray(content)
        for block in spoiled:
            torn[(RECORDS + block) * BLOCK + 20] ^= 0xFF
        path.write_bytes(torn)
        again = Journal(path)
        assert again.open() == [made(1)]
        assert again.mark == (Mark("a-ledger", left) if left else UNMARKED)
        again.close()


def test_a_mark_that_fails_spoils_no_other(journal: Journal, path: Path) -> None:
    """It is kept when the disk works again, in the block that failed; a closed file knows of no marks."""
    journal.keep(Mark("a-ledger", 6))
    with no_file_longer_than(BLOCK):
        for _ in range(2):
            with pytest.raises(LedgerError, match="journal"):
                journal.keep(Mark("a-ledger", 7))
    assert journal.mark == Mark("a-ledger", 6)
    journal.keep(Mark("a-ledger", 7))
    again = Journal(path)
    with pytest.raises(LedgerError, match="not open"):
        again.keep(Mark("a-ledger", 8))
    assert again.mark is None
    again.open()
    assert again.mark == Mark("a-ledger", 7)
    again.close()
