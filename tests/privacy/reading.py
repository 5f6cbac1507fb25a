"""Reads everything that a kiosk left behind, as somebody would who wants to know who was here and when."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

TEXT = re.compile(rb"[\x09\x20-\x7e]{6,}")
"""What reads as text in a file of bytes."""


class Column(Struct, frozen=True):
    """All values of one column, or of one place in the JSON that a column holds."""

    name: str
    values: list[Any]


class Said(Struct, frozen=True):
    """One piece of text, and where it was: a row, a line, a message, an answer."""

    where: str
    text: str


class Remains(Struct, frozen=True, kw_only=True):
    """Everything that was found."""

    columns: list[Column]
    said: list[Said]
    files: dict[str, bytes]
    rows: int
    """Rows, lines, messages and answers, together."""


def read(
    folders: Iterable[Path], *, log: Path, messages: Iterable[tuple[str, bytes]], answers: Iterable[tuple[str, bytes]]
) -> Remains:
    """Read every file below `folders`, every table among them, the log, what was received, and what was answered."""
    files = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    columns: dict[str, list[Any]] = {}
    rows = 0
    for name in [name for name, content in files.items() if content.startswith(b"SQLite format 3")]:
        for table, row in _table_rows(Path(name)):
            rows += 1
            for column, value in _flat(row):
                columns.setdefault(f"{table}.{column}", []).append(value)
    said = [Said("log", line) for line in log.read_text().splitlines()]
    said += [Said(f"message {topic}", payload.decode()) for topic, payload in messages]
    said += [Said(where, answer.decode()) for where, answer in answers]
    rows += len(said)
    for name, content in files.items():
        said += [Said(name, found.decode()) for found in TEXT.findall(content)]
    return Remains(columns=[Column(*item) for item in columns.items()], said=said, files=files, rows=rows)


def _table_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every row of every table, as the file and its log hold them together."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM [{table}]"):
                yield table, dict(row)


def _flat(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give each column's value, and each value inside of JSON. The ledger's single values have names of their own."""
    if row.keys() == {"key", "value"}:
        yield f"value of {row['key']}", row["value"]
        return
    for column, value in row.items():
        yield column, value
        if isinstance(value, str) and value[:1] in {"{", "["}:
            yield from _inside(column, msgspec.json.decode(value))


def _inside(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _inside(f"{place}.{key}", part)
    elif isinstance(value, list):
        for part in value:
            yield from _inside(f"{place}[]", part)
    else:
        yield place, value
