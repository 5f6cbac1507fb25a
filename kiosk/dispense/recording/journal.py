"""What the ledger could not take, and how far it was: a small file that needs no room on the disk and no database.

The file has its full size from the start, so that a full disk does not stop it. Each record has a flash block of its
own, 4 KiB, with a checksum: a write that power cuts short spoils that record only, which nobody was told of yet.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from kiosk.dispense.ledger import UNMARKED, Mark, Unrecorded
from kiosk.errors import LedgerError

T = TypeVar("T")

BLOCK = 4096
"""Bytes of a record: what flash writes at once, at most of the disks in use."""

BLOCKS = 256
MARKS = 2
"""So many of the blocks, the last ones, hold marks in turn: while one is written, the other is whole."""

RECORDS = BLOCKS - MARKS
"""One vend takes two records: room for 127 items without a ledger, more than most kiosks hold of naloxone."""

_HEAD = struct.Struct("<4sII")
"""Magic, the payload's checksum (CRC-32) and its length."""

_MAGIC = b"HRJ1"
_MARK_MAGIC = b"HRM1"


class Record(Struct, frozen=True):
    """The `number`th record that was ever appended; what it holds may be followed by a fuller one."""

    number: int
    made: Unrecorded


class Numbered(Struct, frozen=True):
    """The `number`th mark that was ever kept."""

    number: int
    mark: Mark


class Journal:
    """The file at `path`. Each method raises LedgerError when the disk fails; what was appended before stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._used: set[int] = set()
        self._next = 1
        self._kept = 0
        self.mark: Mark | None = None
        """How far the ledger was when that was kept last; None until the file was opened."""

    @property
    def is_open(self) -> bool:
        """Whether anything can be appended."""
        return self._file is not None

    def open(self) -> list[Unrecorded]:
        """Open the file, or make it; return each attempt in it as it was written last, in order."""
        self.close()
        try:
            if not self._path.exists() or self._path.stat().st_size != BLOCK * BLOCKS:
                self._make()
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            records = sorted(self._read(_MAGIC, range(RECORDS), Record), key=lambda record: record.number)
            marks = list(self._read(_MARK_MAGIC, range(RECORDS, BLOCKS), Numbered))
        except OSError as error:
            self.close()
            raise LedgerError(f"The journal {self._path} cannot be opened: {error}. Look after the disk.") from error
        newest = max(marks, key=lambda kept: kept.number, default=Numbered(0, UNMARKED))
        self._kept, self.mark = newest.number, newest.mark
        self._used = {record.number % RECORDS for record in records}
        self._next = records[-1].number + 1 if records else 1
        latest = {(record.made.request.id, record.made.attempt): record.made for record in records}
        return list(latest.values())

    def append(self, made: Unrecorded) -> None:
        """Add a record. It is on the disk on return."""
        block = self._next % RECORDS
        if block in self._used:
            raise LedgerError("The journal is full: mend the disk, so that the ledger can take it over.")
        self._put(block, _block(_MAGIC, Record(self._next, made)))
        self._used.add(block)
        self._next += 1

    def clear(self) -> None:
        """Forget every record: the ledger holds what they said."""
        for block in sorted(self._used):
            self._put(block, bytes(BLOCK))
            self._used.discard(block)

    def keep(self, mark: Mark) -> None:
        """Keep how far the ledger is. It is on the disk on return.

        It fits in one sector, which is written whole or not at all.
        """
        if mark == self.mark:
            return
        number = self._kept + 1
        self._put(RECORDS + number % MARKS, _block(_MARK_MAGIC, Numbered(number, mark)))
        self._kept, self.mark = number, mark

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _make(self) -> None:
        """Write the whole file under another name first: half a journal must never stand there."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("wb") as file:
            file.write(bytes(BLOCK * BLOCKS))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _read(self, magic: bytes, blocks: range, kind: type[T]) -> Iterator[T]:
        """Give what is whole in these blocks. What another version wrote is passed over: it must not stop a start."""
        assert self._file is not None
        whole = os.pread(self._file, len(blocks) * BLOCK, blocks.start * BLOCK)
        for at in range(0, len(whole), BLOCK):
            content = whole[at : at + BLOCK]
            found, checksum, length = _HEAD.unpack_from(content)
            payload = content[_HEAD.size : _HEAD.size + length]
            if found == magic and zlib.crc32(payload) == checksum:
                with suppress(msgspec.DecodeError):
                    yield msgspec.json.decode(payload, type=kind)

    def _put(self, block: int, content: bytes) -> None:
        if self._file is None:
            raise LedgerError("The journal is not open: its disk is full or away. Look after the disk.")
        try:
            os.pwrite(self._file, content, block * BLOCK)
            os.fdatasync(self._file)
        except OSError as error:
            raise LedgerError(f"The journal {self._path} could not be written: {error}.") from error


def _block(magic: bytes, what: Struct) -> bytes:
    """Return a block that holds one thing, with its checksum."""
    payload = msgspec.json.encode(what)
    return (_HEAD.pack(magic, zlib.crc32(payload), len(payload)) + payload).ljust(BLOCK, b"\0")
