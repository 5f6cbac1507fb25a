"""The file of the write-ahead log: it has its full size from the first idle moment on, and is wiped when folded in.

A commit that makes a file longer has the file system write down, at that moment, that it did; one that writes into
room that is there leaves nothing but the time of the file's last change, which `kiosk.dispense.cover` hides. And a
full disk stops no commit for which there is room already.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from pathlib import Path

from kiosk.errors import LedgerError

LOG_BYTES = 4 << 20
"""The log's size. A vend takes some 25 kB: room for 160 in an hour, after which it is folded in anyway."""

CHUNK = 64 << 10

_HEAD = 32
_FRAME_HEAD = 24
"""Sizes of the headers of the log and of a frame, in bytes (https://www.sqlite.org/fileformat2.html#walformat)."""

_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


class Log:
    """ledger.db-wal, beside SQLite that writes it. Only the thread that writes the ledger may call this.

    Each method raises LedgerError when the disk fails; what SQLite has written is then as it was.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def fill(self) -> None:
        """Write zeros behind what is there, up to the full size, if the disk has room for twice that.

        They are real zeros: a hole, or room that is only reserved, would be noted by the file system when it is used.
        SQLite reads up to the first frame that is not whole, so they mean nothing to it.
        """
        if not self._path.exists():
            return
        with _Open(self._path) as file:
            begin = os.lseek(file, 0, os.SEEK_END)
            disk = os.fstatvfs(file)
            if begin >= self._size or disk.f_bavail * disk.f_frsize < 2 * (self._size - begin):
                return
            try:
                os.pwrite(file, bytes(self._size - begin), begin)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, begin)
                raise

    def used(self) -> int:
        """Return how many bytes of it SQLite needs: its header, and frames with the same salts, one after the other."""
        if not self._path.exists():
            return 0
        with _Open(self._path) as file:
            return _used(file)

    def wipe(self) -> None:
        """Overwrite what is behind the bytes in use: earlier frames, which would tell in what order rows were made.

        Power may fail, and spoil the flash block in which those bytes end. SQLite writes its next frame there as well:
        with psow=0 it repeats the last frame of a commit into the next block, and needs the first copy only.
        """
        if not self._path.exists():
            return
        with _Open(self._path) as file:
            begin, end = _used(file), os.lseek(file, 0, os.SEEK_END)
            for at in range(begin, end, CHUNK):
                size = min(CHUNK, end - at)
                if os.pread(file, size, at).strip(b"\0"):
                    os.pwrite(file, bytes(size), at)
            os.fdatasync(file)

    def full(self, share: float) -> bool:
        """Say whether at least such a share of it is in use."""
        return self.used() >= share * self._size


class _Open:
    """Opens a file for reading and writing; turns errors into ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise self._told(error) from error
        return self._file

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        os.close(self._file)
        if isinstance(error, OSError):
            raise self._told(error) from error

    def _told(self, error: OSError) -> LedgerError:
        return LedgerError(f"The ledger's log {self._path} cannot be tidied: {error}. Look after the disk.")


def _used(file: int) -> int:
    head = os.pread(file, _HEAD, 0)
    if not head.startswith(_MAGIC):
        return 0
    frame = _FRAME_HEAD + int.from_bytes(head[8:12], "big")
    frames = range((os.lseek(file, 0, os.SEEK_END) - _HEAD) // frame)
    salts = head[16:24]
    return _HEAD + frame * bisect_left(
        frames, True, key=lambda number: os.pread(file, 8, _HEAD + number * frame + 8) != salts
    )
