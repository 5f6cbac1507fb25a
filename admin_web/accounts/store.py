"""The file of this process: the sign-ins of staff. One small SQLite file, readable by its user only.

The only other thing in it are visits under way: see drafts.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
"""A row of a query."""

IDLE_S = 30 * 60
"""A sign-in that was not used for so long is over (OWASP ASVS 5, V7.3.1)."""

ABSOLUTE_S = 12 * 60 * 60
"""A sign-in is over after so long in any case (V7.3.2)."""

TOUCH_S = 30
"""How stale `seen` may be, so that not every page view is a write to the card."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, password_hash TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sign_in (
    token_hash TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    started REAL NOT NULL, seen REAL NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """A member of staff who can sign in."""

    id: int
    name: str
    password_hash: str


class NameTakenError(Exception):
    """Somebody has that name already."""


class Store:
    """People and their sign-ins, in the file `path`. May be used by many threads; close it once, at the end."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._now = now
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._db.close()

    def secret(self) -> str:
        """Return the key that signs cookies; made at first use, then kept."""
        self.run("INSERT OR IGNORE INTO setting VALUES ('secret', ?)", secrets.token_hex(32))
        return str(self.run("SELECT value FROM setting WHERE name = 'secret'")[0][0])

    def has_people(self) -> bool:
        """Say whether anybody can sign in yet."""
        return bool(self.run("SELECT 1 FROM person LIMIT 1"))

    def person(self, name: str) -> Person | None:
        """Find a person by name; upper and lower case are the same."""
        return _person(self.run("SELECT id, name, password_hash FROM person WHERE name = ?", name))

    def add(self, name: str, password_hash: str) -> Person:
        """Add a person. Raises NameTakenError, and then nothing has changed."""
        try:
            self.run("INSERT INTO person (name, password_hash) VALUES (?, ?)", name, password_hash)
        except sqlite3.IntegrityError as error:
            raise NameTakenError from error
        added = self.person(name)
        assert added is not None
        return added

    def set_password(self, person: Person, password_hash: str) -> None:
        """Give a person a new password and end all of their sign-ins."""
        self.run("UPDATE person SET password_hash = ? WHERE id = ?", password_hash, person.id)
        self.end_all(person)

    def rehash(self, person: Person, password_hash: str) -> None:
        """Keep a stronger hash of the same password; sign-ins stay."""
        self.run("UPDATE person SET password_hash = ? WHERE id = ?", password_hash, person.id)

    def start(self, person: Person) -> str:
        """Start a sign-in and return its secret token; only the token's hash is kept. Clears away old ones."""
        now, token = self._now(), secrets.token_urlsafe(32)
        self.run("DELETE FROM sign_in WHERE seen < ? OR started < ?", now - IDLE_S, now - ABSOLUTE_S)
        self.run("INSERT INTO sign_in VALUES (?, ?, ?, ?)", _hash(token), person.id, now, now)
        return token

    def who(self, token: str) -> Person | None:
        """Return whose sign-in `token` is and note that it is in use; None when it is over.

        A clock that went back by more than a minute ends it too, rather than making it last longer.
        """
        now, key = self._now(), _hash(token)
        found = self.run("SELECT started, seen, person FROM sign_in WHERE token_hash = ?", key)
        if not found:
            return None
        started, seen, person = found[0]
        if not -60 <= now - seen <= IDLE_S or now - started > ABSOLUTE_S:
            self.end(token)
            return None
        if now - seen > TOUCH_S:
            self.run("UPDATE sign_in SET seen = ? WHERE token_hash = ?", now, key)
        return _person(self.run("SELECT id, name, password_hash FROM person WHERE id = ?", person))

    def end(self, token: str) -> None:
        """End one sign-in."""
        self.run("DELETE FROM sign_in WHERE token_hash = ?", _hash(token))

    def end_all(self, person: Person) -> None:
        """End every sign-in of a person."""
        self.run("DELETE FROM sign_in WHERE person = ?", person.id)

    def extend(self, schema: str) -> None:
        """Add tables of another part of this process; `schema` must allow that they are there already."""
        with self._lock:
            self._db.executescript(schema)

    def run(self, sql: str, *values: object) -> list[Row]:
        """Run one statement, durably and alone, and return its rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def together(self, *statements: tuple[object, ...]) -> None:
        """Run statements, each with its values, durably: all of them or none."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for sql, *values in statements:
                self._db.execute(str(sql), values)


def _hash(token: str) -> str:
    # The token has 256 random bits, so a plain hash is enough; there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()


def _person(rows: list[Row]) -> Person | None:
    return Person(id=rows[0][0], name=rows[0][1], password_hash=rows[0][2]) if rows else None
