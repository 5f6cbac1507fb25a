"""Reads the raw image of an ext4 file system: its files, the times of its inodes, and what its journal still holds.

Written from the kernel's documentation (Documentation/filesystems/ext4): what anybody can who has a card in a reader.
It reads what `mkfs.ext4` makes by default, and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from msgspec import Struct

ROOT, JOURNAL = 2, 8
"""Inodes with fixed numbers."""

_DESCRIPTOR, _COMMIT = 1, 2
_JOURNAL_MAGIC = 0xC03B3998
_SAME_UUID, _LAST = 2, 8
"""Flags of a tag: no UUID follows it; no tag follows it."""


class Inode(Struct, frozen=True, kw_only=True):
    """What an inode says: its file's size, version and times, in seconds since 1970."""

    number: int
    mode: int
    size: int
    version: int
    changed: float
    """When anything of the file or of this was changed (ctime)."""
    written: float
    """When the file's content was changed (mtime)."""
    read: float
    """When the file was read (atime)."""
    extents: bytes


class Transaction(Struct, frozen=True):
    """What the file system wrote into its journal together: when, and every inode that is in it."""

    number: int
    at: float
    inodes: dict[int, Inode]
    blocks: int
    """So many were written: what changed, and a block before and after it."""


class Image:
    """The image at a path. Raises ValueError for what is no file system of the kind that this reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._path.open("rb")
        self._newer: dict[int, bytes] = {}
        head = self._at(1024, 1024)
        if head[56:58] != b"\x53\xef":
            raise ValueError(f"{self._path} holds no ext4")
        (log_block,) = struct.unpack_from("<I", head, 24)
        self._block = 1024 << log_block
        (self._inodes_per_group,) = struct.unpack_from("<I", head, 40)
        (self._inode_size,) = struct.unpack_from("<H", head, 88)
        groups = -(-struct.unpack_from("<I", head, 0)[0] // self._inodes_per_group)
        (size,) = struct.unpack_from("<H", head, 254)
        table = self._at((1 if self._block > 1024 else 2) * self._block, groups * size)
        self._tables = [
            struct.unpack_from("<I", table, at + 8)[0] | struct.unpack_from("<I", table, at + 40)[0] << 32
            for at in range(0, groups * size, size)
        ]
        self._read_journal()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def files(self, folder: int = ROOT, name: str = "") -> dict[str, int]:
        """Return the path and the inode's number of everything below a folder."""
        found = {}
        content = self.content(self.inode(folder))
        at = 0
        while at < len(content):
            number, length, size, kind = struct.unpack_from("<IHBB", content, at)
            entry = content[at + 8 : at + 8 + size].decode()
            if number and entry not in {".", "..", "lost+found"}:
                found[f"{name}/{entry}"] = number
                if kind == 2:
                    found |= self.files(number, f"{name}/{entry}")
            at += length
        return found

    def inode(self, number: int) -> Inode:
        """Return an inode as its table has it."""
        group, index = divmod(number - 1, self._inodes_per_group)
        return _inode(number, self._at(self._tables[group] * self._block + index * self._inode_size, self._inode_size))

    def content(self, inode: Inode) -> bytes:
        """Return a file's bytes."""
        content = bytearray(-(-inode.size // self._block) * self._block)
        for place, start, count in self._extents(inode.extents):
            content[place * self._block : (place + count) * self._block] = self._at(
                start * self._block, count * self._block
            )
        return bytes(content[: inode.size])

    def transactions(self) -> list[Transaction]:
        """Return all transactions that the journal still holds, in order."""
        return [Transaction(number, at, self._inodes(blocks), len(blocks) + 2) for number, at, blocks in self._log]

    def _read_journal(self) -> None:
        """Read the journal, and take in what the file system had not yet brought home, as a mount would."""
        journal = self.content(self.inode(JOURNAL))
        blocks = [journal[at : at + self._block] for at in range(0, len(journal), self._block)]
        first, oldest, start = struct.unpack_from(">III", blocks[0], 20)
        begun: dict[int, list[tuple[int, bytes]]] = {}
        ended: dict[int, float] = {}
        for place, block in enumerate(blocks):
            magic, kind, number = struct.unpack_from(">III", block)
            if magic == _JOURNAL_MAGIC and kind == _COMMIT:
                seconds, nanoseconds = struct.unpack_from(">QI", block, 48)
                ended[number] = seconds + nanoseconds / 1e9
            elif magic == _JOURNAL_MAGIC and kind == _DESCRIPTOR:
                homes = list(_tags(block))
                follow = [blocks[first + (place + 1 + n - first) % (len(blocks) - first)] for n in range(len(homes))]
                begun.setdefault(number, []).extend(zip(homes, follow, strict=True))
        self._log = [(number, ended[number], begun[number]) for number in sorted(begun.keys() & ended)]
        for number, _, changed in self._log:
            if start and number >= oldest:
                self._newer |= dict(changed)

    def _inodes(self, blocks: list[tuple[int, bytes]]) -> dict[int, Inode]:
        """Return every inode that stands in blocks, by the tables whose copies they are."""
        found = {}
        per_block = self._block // self._inode_size
        for home, block in blocks:
            for group, table in enumerate(self._tables):
                if table <= home < table + self._inodes_per_group // per_block:
                    first = group * self._inodes_per_group + (home - table) * per_block + 1
                    for index in range(per_block):
                        inode = _inode(first + index, block[index * self._inode_size :][: self._inode_size])
                        if inode.mode:
                            found[inode.number] = inode
        return found

    def _extents(self, node: bytes) -> Iterator[tuple[int, int, int]]:
        """Give (place in the file, place on the disk, count) of each run of blocks."""
        magic, entries, _, depth = struct.unpack_from("<HHHH", node)
        if magic != 0xF30A:
            raise ValueError("an inode without extents")
        for at in range(12, 12 + 12 * entries, 12):
            if depth:
                _, low, high = struct.unpack_from("<IIH", node, at)
                yield from self._extents(self._at((high << 32 | low) * self._block, self._block))
            else:
                place, count, high, low = struct.unpack_from("<IHHI", node, at)
                if count <= 32768:  # else room that was reserved and never written
                    yield place, high << 32 | low, count

    def _at(self, offset: int, size: int) -> bytes:
        begin = offset // self._block if self._newer else 0
        self._file.seek(offset)
        found = bytearray(self._file.read(size))
        for block in range(begin, -(-(offset + size) // self._block)) if self._newer else ():
            if block in self._newer:
                at = block * self._block - offset
                piece = self._newer[block][max(0, -at) : size - at]
                found[max(0, at) : max(0, at) + len(piece)] = piece
        return bytes(found)


def _inode(number: int, raw: bytes) -> Inode:
    (mode,) = struct.unpack_from("<H", raw, 0)
    low, read, changed, written = struct.unpack_from("<IIII", raw, 4)
    (high,) = struct.unpack_from("<I", raw, 108)
    (version,) = struct.unpack_from("<I", raw, 36)
    changed_more, written_more, read_more = struct.unpack_from("<III", raw, 132)
    return Inode(
        number=number,
        mode=mode,
        size=low | high << 32,
        version=version,
        changed=_time(changed, changed_more),
        written=_time(written, written_more),
        read=_time(read, read_more),
        extents=raw[40:100],
    )


def _time(seconds: int, more: int) -> float:
    """Return a time of ext4: two bits of the second word are the seconds' upper ones, the rest are nanoseconds."""
    signed = seconds - (1 << 32) if seconds >= 1 << 31 else seconds
    return signed + ((more & 3) << 32) + (more >> 2) / 1e9


def _tags(block: bytes) -> Iterator[int]:
    """Give the home of each block that follows a descriptor (checksums of version 3, as mkfs makes them)."""
    at, flags = 12, 0
    while not flags & _LAST and at + 16 <= len(block):
        low, flags, high, _ = struct.unpack_from(">IIII", block, at)
        yield high << 32 | low
        at += 16 if flags & _SAME_UUID else 32
