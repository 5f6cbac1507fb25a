"""The ledger's tables, as migrations that sqlite-utils applies in order. A migration that shipped is never changed.

No column holds a time finer than the hour, or anything of a person: what is not there cannot be asked for.

Each index and each table that a vend touches is 4 KiB written to flash twice, so there is none that a scan can
replace. Rows are numbered without AUTOINCREMENT, which would cost one page more: a number is never used twice as
long as the newest row of a table is never deleted, and no row is.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("ledger")

PENDING = "pending = 1 AND seq > (SELECT value FROM meta WHERE key = 'outbox_after')"
"""The condition that finds the outbox among the events without reading what was acknowledged long ago."""

_FIRST = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;

CREATE TABLE boot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id TEXT NOT NULL,
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;

-- One attempt of a request on one slot. 'intent' is committed before the motor is energised. A request that found
-- nothing leaves one row without a slot. One request, one id: asking again moves nothing.
CREATE TABLE vend (
    request TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    by_slot INTEGER NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('visitor', 'test')),
    sku TEXT NOT NULL,
    slot TEXT REFERENCES stock (slot),
    state TEXT NOT NULL
        CHECK (state IN ('intent', 'dispensed', 'presumed', 'jammed', 'not_started', 'unknown', 'sold_out')),
    PRIMARY KEY (request, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE restock (
    id TEXT PRIMARY KEY,
    slot TEXT NOT NULL REFERENCES stock (slot),
    found INTEGER NOT NULL CHECK (found >= 0),
    added INTEGER NOT NULL CHECK (added >= 0),
    on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
    settled INTEGER NOT NULL CHECK (settled >= 0),
    drift INTEGER NOT NULL,
    lot TEXT,
    expiry TEXT,
    hour TEXT NOT NULL
) STRICT;
CREATE INDEX restock_of_slot ON restock (slot);

-- The truth: what is inside a slot lies between sum(on_hand) and sum(on_hand) + sum(unresolved). Only ever added to.
CREATE TABLE movement (
    seq INTEGER PRIMARY KEY,
    slot TEXT NOT NULL REFERENCES stock (slot),
    kind TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    unresolved INTEGER NOT NULL,
    request TEXT,
    boot INTEGER NOT NULL REFERENCES boot (id),
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;

-- The fast answer, changed in the same transaction as the movements it sums.
CREATE TABLE stock (
    slot TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    unresolved INTEGER NOT NULL DEFAULT 0 CHECK (unresolved >= 0),
    jams INTEGER NOT NULL DEFAULT 0 CHECK (jams >= 0),
    version INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What staff and telemetry are told. The outbox is the part that is still pending; meta's outbox_after names the
-- last event before the oldest pending one, so that nobody scans what was acknowledged long ago.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    slot TEXT,
    sku TEXT,
    quantity INTEGER NOT NULL,
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL,
    boot INTEGER NOT NULL REFERENCES boot (id),
    pending INTEGER NOT NULL DEFAULT 1
) STRICT;
"""


@migrations()
def first(db: Database) -> None:
    """Make the tables."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)
