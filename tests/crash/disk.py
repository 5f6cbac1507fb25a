"""A disk that loses power: what its files may hold after the last operation, under five models of loss."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.crash.recording import Operation

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

BLOCK = 4096
"""Bytes of a flash block. A write that is cut may leave the whole block as garbage (no powersafe overwrite)."""

SCATTERED = 2
"""How many random choices of sectors are drawn at each cut."""

Files = dict[str, bytes]
"""A folder: names and contents."""


@dataclass
class Inode:
    """A file: what is certainly on the disk, and what was done since it was last synced."""

    durable: bytes = b""
    pending: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A change of the folder that was not yet synced: `inode` appears under `name`, or `name` goes away."""

    name: str
    inode: Inode | None


Names = Callable[[int], bool]
Writes = Callable[[Inode], list[Operation]]


class Disk:
    """One folder on a disk. `run` does what the program did; `states` tells what a cut right now may leave."""

    def __init__(self) -> None:
        self._now: dict[str, Inode] = {}
        self._durable: dict[str, Inode] = {}
        self._entries: list[Entry] = []
        self._last: tuple[Inode, Operation] | None = None

    def run(self, operation: Operation) -> None:
        """Do one operation."""
        self._last = None
        if operation.kind in "CUR":
            self._change_folder(operation)
        elif operation.kind == "S":
            self._sync(operation.name)
        else:
            inode = self._now[operation.name]
            inode.pending.append(operation)
            self._last = inode, operation

    def _change_folder(self, operation: Operation) -> None:
        if operation.kind == "C":
            self._enter(operation.name, Inode())
            return
        moved = self._now[operation.name]
        if operation.kind == "R":
            self._enter(operation.data.decode(), moved)
        self._enter(operation.name, None)

    def _enter(self, name: str, inode: Inode | None) -> None:
        self._entries.append(Entry(name, inode))
        _name(self._now, self._entries[-1])

    def _sync(self, name: str) -> None:
        if name:
            inode = self._now[name]
            inode.durable = _content(inode, inode.pending)
            inode.pending.clear()
        else:
            for entry in self._entries:
                _name(self._durable, entry)
            self._entries.clear()

    def states(self, chance: random.Random) -> Iterator[tuple[str, Files]]:
        """Give each model of loss with the files it may leave. With nothing unsynced there is only one."""
        yield "applied", self._files(_all, _pending)
        if not self._entries and not any(inode.pending for inode in self._now.values()):
            return
        yield "lost", self._files(_none, _nothing)
        if self._entries:
            yield "lost but named", self._files(_all, _nothing)
        yield from self._torn(chance)
        for _ in range(SCATTERED):
            yield "scattered", self._scattered(chance)
        yield from self._garbage(chance)

    def _torn(self, chance: random.Random) -> Iterator[tuple[str, Files]]:
        """Tear the write in flight between two sectors: only its beginning is there, or only its end."""
        if self._last is None:
            return
        torn, operation = self._last
        sectors = _sectors(operation)
        if len(sectors) < 2:
            return
        cut = chance.randrange(1, len(sectors))
        for name, kept in (("torn", sectors[:cut]), ("torn, end first", sectors[cut:])):
            yield (
                name,
                self._files(_all, lambda i, k=kept: [*i.pending[:-1], *k] if i is torn else i.pending),  # type: ignore[misc]
            )

    def _scattered(self, chance: random.Random) -> Files:
        """Let random sectors of everything unsynced reach the disk, and the folder's changes up to some point."""
        named, share = chance.randint(0, len(self._entries)), chance.choice((0.2, 0.5, 0.8, 0.95))
        return self._files(
            lambda entry: entry < named,
            lambda i: [part for whole in i.pending for part in _sectors(whole) if chance.random() < share],
        )

    def _garbage(self, chance: random.Random) -> Iterator[tuple[str, Files]]:
        """Leave garbage in every flash block that the write in flight touches, also where older data lay."""
        if self._last is None or self._last[1].kind != "W":
            return
        inode, operation = self._last
        others = chance.choice((_pending, _nothing))
        files = self._files(_all, lambda i: i.pending if i is inode else others(i))
        begin = operation.offset // BLOCK * BLOCK
        for name, content in files.items():
            if self._now.get(name) is inode:
                end = min(-(-(operation.offset + len(operation.data)) // BLOCK) * BLOCK, len(content))
                files[name] = content[:begin] + chance.randbytes(end - begin) + content[end:]
        yield "garbage block", files

    def _files(self, names: Names, writes: Writes) -> Files:
        """Build the folder from the durable one, the chosen changes of names, and the chosen writes of each file."""
        folder = dict(self._durable)
        for number, entry in enumerate(self._entries):
            if names(number):
                _name(folder, entry)
        return {name: _content(inode, writes(inode)) for name, inode in sorted(folder.items())}


def _all(_entry: int) -> bool:
    return True


def _none(_entry: int) -> bool:
    return False


def _pending(inode: Inode) -> list[Operation]:
    return inode.pending


def _nothing(_inode: Inode) -> list[Operation]:
    return []


def _name(folder: dict[str, Inode], entry: Entry) -> None:
    if entry.inode is None:
        folder.pop(entry.name, None)
    else:
        folder[entry.name] = entry.inode


def _content(inode: Inode, writes: list[Operation]) -> bytes:
    if not writes:
        return inode.durable
    image = bytearray(inode.durable)
    for operation in writes:
        _apply(image, operation)
    return bytes(image)


def _apply(image: bytearray, operation: Operation) -> None:
    """Change a file's content. What lies between its old end and a write behind it reads as zeros."""
    size = operation.offset
    if operation.kind == "T":
        del image[size:]
    if len(image) < size:
        image.extend(bytes(size - len(image)))
    if operation.kind == "W":
        image[size : size + len(operation.data)] = operation.data


def _sectors(operation: Operation) -> list[Operation]:
    """Split a write where the disk's sectors meet; anything else happens whole."""
    if operation.kind != "W":
        return [operation]
    first = SECTOR - operation.offset % SECTOR
    cuts = [0, *range(first, len(operation.data), SECTOR), len(operation.data)]
    return [Operation("W", operation.name, operation.offset + a, operation.data[a:b]) for a, b in pairwise(cuts)]
