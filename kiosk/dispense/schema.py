"""The ledger's tables, as migrations that sqlite-utils applies in order. A migration that shipped is never changed.

No column holds a time finer than the hour, or anything of a person: what is not there cannot be asked for.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("ledger")

_FIRST = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE boot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id TEXT NOT NULL,
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;

CREATE TABLE request (
    id TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    slot TEXT,
    purpose TEXT NOT NULL CHECK (purpose IN ('visitor', 'test'))
) STRICT, WITHOUT ROWID;

-- One attempt on one slot. 'intent' is committed before the motor is energised.
CREATE TABLE vend (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL REFERENCES request (id),
    slot TEXT NOT NULL REFERENCES stock (slot),
    state TEXT NOT NULL CHECK (state IN ('intent', 'dispensed', 'presumed', 'jammed', 'not_started', 'unknown'))
) STRICT;
CREATE INDEX vend_of_request ON vend (request);
CREATE INDEX vend_open ON vend (id) WHERE state = 'intent';

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
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    slot TEXT NOT NULL REFERENCES stock (slot),
    kind TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    unresolved INTEGER NOT NULL,
    vend INTEGER REFERENCES vend (id),
    restock TEXT REFERENCES restock (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;
CREATE INDEX movement_of_vend ON movement (vend) WHERE vend IS NOT NULL;

-- The fast answer, changed in the same transaction as the movements it sums.
CREATE TABLE stock (
    slot TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    unresolved INTEGER NOT NULL DEFAULT 0 CHECK (unresolved >= 0),
    jams INTEGER NOT NULL DEFAULT 0 CHECK (jams >= 0),
    version INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What staff and telemetry are told. The outbox is the part that is still pending.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    slot TEXT,
    sku TEXT,
    quantity INTEGER NOT NULL,
    hour TEXT NOT NULL,
    clock_ok INTEGER NOT NULL,
    boot INTEGER NOT NULL REFERENCES boot (id),
    pending INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX outbox ON event (seq) WHERE pending = 1;
CREATE INDEX event_of_slot ON event (slot, seq);
"""


@migrations()
def first(db: Database) -> None:
    """Make the tables."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)
