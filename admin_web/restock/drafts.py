"""Restock visits that are under way: what a person wrote and has not saved yet. One for each person.

Nothing in here is a count of the kiosk: it is a form that has not been sent. It has no time, and it is deleted once
the visit is saved or thrown away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import msgspec
from flask import Flask, current_app

from admin_web.accounts.store import Person, Store
from kiosk.model import new_request_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS draft (
    person INTEGER PRIMARY KEY REFERENCES person ON DELETE CASCADE, id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS draft_slot (
    draft TEXT NOT NULL REFERENCES draft (id) ON DELETE CASCADE, slot TEXT NOT NULL, typed TEXT NOT NULL,
    PRIMARY KEY (draft, slot)) STRICT, WITHOUT ROWID;
"""

Typed = dict[str, str]
"""What was typed into one slot's form: field name to text, exactly as it was sent, mistakes and all."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draft:
    """A visit under way. `id` becomes the restock's id, so that a second sending is harmless."""

    id: str
    slots: dict[str, Typed]


class Drafts:
    """The drafts in a store's file. Each call is one statement, so two phones of one person never mix up a slot."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.extend(SCHEMA)

    def of(self, person: Person) -> Draft | None:
        """Return a person's visit under way, if there is one."""
        found = self._store.run("SELECT id FROM draft WHERE person = ?", person.id)
        if not found:
            return None
        rows = self._store.run("SELECT slot, typed FROM draft_slot WHERE draft = ?", found[0][0])
        return Draft(id=found[0][0], slots={slot: msgspec.json.decode(typed, type=Typed) for slot, typed in rows})

    def begin(self, person: Person) -> Draft:
        """Begin a visit with a fresh id, or go on with the one under way."""
        self._store.run("INSERT OR IGNORE INTO draft VALUES (?, ?)", person.id, new_request_id())
        draft = self.of(person)
        assert draft is not None
        return draft

    def write(self, draft: str, slot: str, typed: Typed) -> None:
        """Keep what was typed for a slot. Does nothing when the visit is over meanwhile."""
        self._store.run(
            "INSERT OR REPLACE INTO draft_slot SELECT id, ?, ? FROM draft WHERE id = ?",
            slot,
            msgspec.json.encode(typed).decode(),
            draft,
        )

    def leave_out(self, draft: str, slot: str) -> None:
        """Forget what was typed for a slot."""
        self._store.run("DELETE FROM draft_slot WHERE draft = ? AND slot = ?", draft, slot)

    def part(self, draft: str, saved: Iterable[str]) -> None:
        """Forget the slots that were saved; what is left goes on as a visit of its own, under a fresh id.

        Does nothing when that was done before. Without a slot left, the visit is over.
        """
        gone = [("DELETE FROM draft_slot WHERE draft = ? AND slot = ?", draft, slot) for slot in saved]
        anew = new_request_id()
        self._store.together(
            ("PRAGMA defer_foreign_keys = ON",),
            *gone,
            ("DELETE FROM draft WHERE id = ? AND id NOT IN (SELECT draft FROM draft_slot)", draft),
            ("UPDATE draft SET id = ? WHERE id = ?", anew, draft),
            ("UPDATE draft_slot SET draft = ? WHERE draft = ?", anew, draft),
        )

    def drop(self, draft: str) -> None:
        """Forget a visit: it was saved, or thrown away."""
        self._store.run("DELETE FROM draft WHERE id = ?", draft)


def init_app(app: Flask) -> None:
    """Keep drafts in the app's store of sign-ins."""
    app.extensions["kiosk_drafts"] = Drafts(app.extensions["kiosk_store"])


def drafts() -> Drafts:
    """Return the drafts of this app."""
    kept = current_app.extensions["kiosk_drafts"]
    assert isinstance(kept, Drafts)
    return kept
