"""The ledger's tables, as migrations that sqlite-utils applies in order. A migration that shipped is never changed.

No column holds a time finer than the hour, or anything of a person: what is not there cannot be asked for.

Each index and each table that a vend touches is 4 KiB written to flash twice, so there is none that a scan can
replace. Rows are numbered without AUTOINCREMENT, which would cost one page more: a number is never used twice as
long as the newest row of a table is never deleted, and no row is.

In every table `hour` counts hours since 1970 (UTC), `up_h` hours since the machine was switched on, `clock_ok` says
whether the clock had been set, and `boot` numbers the starts of the daemon.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database, Migrations

from kiosk.model import EventKind

migrations = Migrations("ledger")

PENDING = "pending = 1 AND seq > (SELECT value FROM meta WHERE key = 'outbox_after')"
"""The condition that finds the outbox among the events without reading what was acknowledged long ago."""


def among(kinds: Iterable[EventKind]) -> str:
    """Return what follows `kind IN`, to find the events of some kinds."""
    return "(" + ", ".join(f"'{kind}'" for kind in kinds) + ")"


_FIRST = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;

CREATE TABLE boot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id TEXT NOT NULL,
    hour INTEGER NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;

-- A batch as its maker printed it. Unknown parts are NULL; two deliveries with the same print are one lot.
CREATE TABLE lot (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    code TEXT,
    expiry TEXT,
    funder TEXT,
    parts TEXT NOT NULL DEFAULT '[]',
    recalled INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What is in every slot: the fast answer, changed in the same transaction as the movements it sums.
-- 'planned' is the product that kiosk.toml named last; 'sku' is what is really in there.
CREATE TABLE stock (
    slot TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    planned TEXT NOT NULL,
    on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    unresolved INTEGER NOT NULL DEFAULT 0 CHECK (unresolved >= 0),
    jams INTEGER NOT NULL DEFAULT 0 CHECK (jams >= 0),
    version INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Each coil as a queue of lots, position 1 in front, as it was when somebody last had it open. What has left since
-- left from the front: how much that is, the stock tells. So a vend need not touch this table.
CREATE TABLE coil (
    slot TEXT NOT NULL REFERENCES stock (slot),
    position INTEGER NOT NULL,
    lot INTEGER NOT NULL REFERENCES lot (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    spoiled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (slot, position)
) STRICT, WITHOUT ROWID;

-- One attempt of a request on one slot. 'intent' is committed before the motor is energised. One request, one id:
-- asking again moves nothing.
CREATE TABLE vend (
    request TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    by_slot INTEGER NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('visitor', 'test')),
    sku TEXT NOT NULL,
    slot TEXT NOT NULL REFERENCES stock (slot),
    state TEXT NOT NULL
        CHECK (state IN ('intent', 'dispensed', 'presumed', 'jammed', 'not_started', 'unknown')),
    PRIMARY KEY (request, attempt)
) STRICT, WITHOUT ROWID;

-- The truth: what is inside a slot lies between the sum of on_hand and that plus the sum of unresolved. Only ever
-- added to; what is older than the programme keeps is summed up in 'opening'.
CREATE TABLE movement (
    seq INTEGER PRIMARY KEY,
    slot TEXT NOT NULL REFERENCES stock (slot),
    kind TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    unresolved INTEGER NOT NULL,
    lot INTEGER REFERENCES lot (id),
    request TEXT,
    boot INTEGER NOT NULL REFERENCES boot (id),
    up_h INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    clock_ok INTEGER NOT NULL
) STRICT;

CREATE TABLE opening (
    slot TEXT PRIMARY KEY REFERENCES stock (slot),
    on_hand INTEGER NOT NULL,
    unresolved INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Restock visits. 'version' is the slot's after the visit; 'before' holds what undoing it needs, as JSON.
CREATE TABLE restock (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    asked TEXT NOT NULL,
    hour INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE restock_line (
    slot TEXT NOT NULL REFERENCES stock (slot),
    restock INTEGER NOT NULL REFERENCES restock (seq),
    found INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    added INTEGER NOT NULL,
    on_hand INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    drift INTEGER NOT NULL,
    before TEXT NOT NULL,
    PRIMARY KEY (slot, restock)
) STRICT, WITHOUT ROWID;

-- 'lot' and 'code' are the lot as it was typed and as it is compared.
CREATE TABLE recall (
    id TEXT PRIMARY KEY,
    lot TEXT NOT NULL,
    code TEXT NOT NULL,
    sku TEXT,
    hour INTEGER NOT NULL,
    lifted INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE hidden (
    sku TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Times in which it was too warm or too cold for a product, and the lots that were inside meanwhile.
CREATE TABLE excursion (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER,
    summary TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('accept', 'remove'))
) STRICT;

CREATE TABLE excursion_lot (
    excursion INTEGER NOT NULL REFERENCES excursion (id),
    slot TEXT NOT NULL REFERENCES stock (slot),
    lot INTEGER NOT NULL REFERENCES lot (id),
    PRIMARY KEY (excursion, slot, lot)
) STRICT, WITHOUT ROWID;

-- How the temperature has stood to a product's range lately: what the next reading is added to, as JSON.
CREATE TABLE course (
    sku TEXT PRIMARY KEY,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What anonymous codes took in this period: keyed hashes in the order of the hashes, and nothing else.
CREATE TABLE token (
    token BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What staff and telemetry are told. The outbox is the part that is still pending; meta's outbox_after names the
-- last event before the oldest pending one, so that nobody scans what was acknowledged long ago.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    slot TEXT,
    sku TEXT,
    lot INTEGER REFERENCES lot (id),
    quantity INTEGER NOT NULL,
    boot INTEGER NOT NULL REFERENCES boot (id),
    up_h INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    clock_ok INTEGER NOT NULL,
    pending INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What is left of events older than the programme keeps. 'day' counts days since 1970 (UTC).
CREATE TABLE daily (
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sku TEXT NOT NULL,
    slot TEXT NOT NULL,
    lot INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (day, kind, sku, slot, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE outage (
    day INTEGER NOT NULL,
    sku TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    PRIMARY KEY (day, sku)
) STRICT, WITHOUT ROWID;

-- Commands from the programme that were carried out, with the answer that was given.
CREATE TABLE command (
    id TEXT PRIMARY KEY,
    said TEXT NOT NULL,
    hour INTEGER NOT NULL
) STRICT;
"""


VERSION = 4
"""What `PRAGMA user_version` says of a file that this software can read, or bring up to date."""


@migrations()
def first(db: Database) -> None:
    """Make the tables."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)
    db.execute("PRAGMA user_version = 1")


@migrations()
def codes_in_memory(db: Database) -> None:
    """Forget what anonymous codes took: that is held in memory only. What is deleted is overwritten."""
    db.execute("DELETE FROM token")
    db.execute("DROP TABLE token")
    db.execute("DELETE FROM meta WHERE key IN ('code_period', 'code_salt')")
    db.execute("PRAGMA user_version = 2")


@migrations()
def epochs(db: Database) -> None:
    """Give each start a name of its own, by which its events are told; until now the ledger's was that of all."""
    db.execute("ALTER TABLE boot ADD COLUMN epoch TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE boot SET epoch = (SELECT value FROM meta WHERE key = 'epoch')")
    db.execute("PRAGMA user_version = 3")


@migrations()
def asked(db: Database) -> None:
    """Keep what id somebody used to ask for what was written under one of its own; see `Unrecorded.asked`."""
    db.execute("CREATE TABLE asked (request TEXT PRIMARY KEY, asked TEXT NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("PRAGMA user_version = 4")
