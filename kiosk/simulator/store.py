"""What the simulated machine's contents are, kept so that a killed process leaves the truth behind.

One JSON line is appended for each change, in one write: a kill leaves all of it or nothing, and a line that
was torn by a full disk or a worse crash is not read. The last line of each part counts. Opening writes the file
anew, atomically.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Line(msgspec.Struct, frozen=True):
    """One line of the file: a part's name and what is true of it now."""

    part: str
    now: Any


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Line)


def read(path: Path) -> dict[str, Any]:
    """Return the newest line of each part, by its name; nothing if there is no file yet."""
    parts: dict[str, Any] = {}
    if path.exists():
        for text in path.read_bytes().splitlines():
            try:
                line = _DECODER.decode(text)
            except msgspec.DecodeError:
                continue
            parts[line.part] = line.now
    return parts


class Store:
    """The file of one machine. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._parts = read(path) if path else {}
        self._file = -1
        self._torn = False
        """Whether the last line did not fit on the disk; the next one then begins anew."""
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            lines = (_ENCODER.encode(Line(part, now)) + b"\n" for part, now in self._parts.items())
            # A full disk breaks nothing in a real machine: this one then only forgets, with its process, what changed.
            with suppress(OSError):
                fresh.write_bytes(b"".join(lines))
                fresh.replace(path)
            with suppress(OSError):
                self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def get(self, part: str, kind: type[T]) -> T | None:
        """Return what was kept of `part`, or None."""
        kept = self._parts.get(part)
        return None if kept is None else msgspec.convert(kept, kind)

    def put(self, part: str, now: msgspec.Struct | int) -> None:
        """Keep `now`. It outlives the process from the moment this returns, unless the disk is full."""
        if self._file >= 0:
            line = b"\n" * self._torn + _ENCODER.encode(Line(part, now)) + b"\n"
            self._torn = True
            with suppress(OSError):
                self._torn = os.write(self._file, line) < len(line)

    def close(self) -> None:
        """Close the file. May be called twice; nothing is kept afterwards."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
