"""What others want to know of the ledger. It never waits for the vend thread: the connections can only read."""

from __future__ import annotations

import datetime
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from kiosk.clock import HOURS_A_DAY, day, label
from kiosk.dispense import words
from kiosk.dispense.ledger import excursions, meanwhile, recalls
from kiosk.dispense.ledger.file import SqlValue
from kiosk.dispense.ledger.question_thread import Question, Questions
from kiosk.dispense.ledger.restocks import latest
from kiosk.dispense.ledger.schema import PENDING, among
from kiosk.dispense.ledger.store import check_all
from kiosk.dispense.ledger.totals import totals, usage
from kiosk.dispense.worker import STUCK_S
from kiosk.errors import LedgerDamagedError
from kiosk.model import (
    UNMET,
    Attempt,
    Audit,
    Backlog,
    Demand,
    Drift,
    Event,
    EventKind,
    Excursion,
    Outage,
    OutboxRow,
    Outcome,
    Purpose,
    Recall,
    RestockResult,
    Shortage,
    SinceCount,
    Usage,
    VendRequest,
)

T = TypeVar("T")
Past = tuple[VendRequest, tuple[Attempt, ...]]
"""A request of earlier, and what was tried for it."""

PATIENCE_S = 4.0
"""How long somebody waits for an answer, in seconds. One that takes longer waits for a disk that is stuck."""

AUDIT_S = 60.0
"""How long for sums over everything there ever was: seconds on a small computer, after years. One waits at once."""

WAITERS = 3
"""So many wait at once for a disk that is slow; whoever comes then hears at once that it does not answer."""

SUMMING = "The sums are being made already, for somebody else. Try again in a minute."

LOOK_BACK = 5000
"""A slot's events are looked for among so many of the newest: without an index, which each vend would pay for."""

SHORTAGE_ROWS = 500
"""So many rows of unmet demand, and of time out of stock, are told at most."""

HISTORY_COUNTS, HISTORY_EVENTS = 12, 10
"""So many counts and events of a slot are told."""

_EVENT = (
    "SELECT seq, kind, hour, clock_ok, quantity, slot, event.sku, lot.code FROM event LEFT JOIN lot ON lot.id = lot"
)
_EVENTS_OF_SLOT = f"{_EVENT} WHERE +slot = ? AND seq > (SELECT max(seq) FROM event) - ? ORDER BY seq DESC LIMIT ?"
_COUNTS = (
    "SELECT hour, found, drift FROM restock_line JOIN restock ON seq = restock"
    " WHERE slot = ? AND undone = 0 ORDER BY restock DESC LIMIT ?"
)
_BACKLOG = (
    "SELECT (SELECT coalesce(max(seq), 0) FROM event),"
    f" (SELECT count(*) FROM event WHERE {PENDING}),"
    " coalesce((SELECT value FROM meta WHERE key = 'dropped'), 0)"
)


Row = tuple[Any, ...]
"""A row of a query, whose columns are of the types that its tables have."""


class History(NamedTuple):
    """What lately became of a slot, newest first: how far counts lay outside of what was expected, and its events."""

    drifts: tuple[Drift, ...]
    events: tuple[Event, ...]


class Reader:
    """Read-only answers from ledger.db. Any thread may ask; once it was started, threads of its own read.

    Each method raises LedgerError if the file fails, and DiskStalledError if there is no answer in time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._questions = Questions("reader", path, most=WAITERS, stuck_s=STUCK_S)
        self._sums = Questions("sums", path, most=1, stuck_s=AUDIT_S, crowded=SUMMING)

    def hear_damage(self, told: Callable[[LedgerDamagedError], None]) -> None:
        """Have `told` called, in the thread that reads, when the file turns out not to be whole."""
        self._questions.on_damage = self._sums.on_damage = told

    def start(self) -> None:
        """Have threads of its own wait for the disk from now on."""
        self._questions.start()
        self._sums.start()

    def close(self, wait_s: float = PATIENCE_S) -> bool:
        """Close the connections, which the next question opens again; False if the disk does not let that happen.

        What is asked meanwhile is broken off, and whoever asked hears so.
        """
        until = time.monotonic() + wait_s
        both = (self._questions, self._sums)
        for asked in both:
            asked.end()
        ended = [asked.ended(until) for asked in both]
        return all(ended)

    @property
    def epoch(self) -> str:
        """Name the latest start, and the events since then: nobody else numbers any under this name."""
        rows = self._rows("SELECT epoch FROM boot ORDER BY id DESC LIMIT 1")
        return str(rows[0][0]) if rows else ""

    def check(self) -> None:
        """Check the whole file, which may take seconds; vends go on meanwhile. Raises LedgerDamagedError."""
        check_all(self._path)

    def _rows(self, sql: str, *values: SqlValue) -> list[Row]:
        return self._ask(lambda db: db.execute(sql, values).fetchall())

    def _ask(self, question: Question[T], within_s: float = PATIENCE_S) -> T:
        return self._questions.ask(question, within_s)

    def past(self, request_id: str, within_s: float = PATIENCE_S) -> Past | None:
        """Return a request that the ledger remembers, as it was asked, and the slots that were tried for it, in order.

        An attempt that is still open reads `unknown`. Raises DiskStalledError after `within_s` seconds.
        """
        return self._ask(lambda db: _past(db, request_id), within_s)

    def latest_requests(self, count: int, told: Callable[[dict[str, Past]], None]) -> None:
        """Have some of the latest requests, up to `count`, `told` by their ids, when they were read. Never waits."""
        self._questions.submit(lambda db: told(_latest(db, count)))

    def events(self, limit: int, before: int = 2**62) -> tuple[Event, ...]:
        """Return up to `limit` events, newest first, older than sequence `before`."""
        rows = self._rows(f"{_EVENT} WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit)
        return tuple(_event(row) for row in rows)

    def history(self, slot: str) -> History:
        """Return what lately became of a slot."""
        return self._ask(lambda db: _history(db, slot))

    def since(self, slot: str, as_of: int) -> SinceCount:
        """Return what came of a count that began and ended at a slot's version `as_of`."""
        found = self._ask(lambda db: meanwhile.since(db, slot, as_of))
        if found is None:
            return SinceCount(slot=slot, as_of=as_of, certain=False)
        on_hand, unresolved = found.before
        return SinceCount(slot=slot, as_of=as_of, certain=True, left=found.left, on_hand=on_hand, unresolved=unresolved)

    def restocks(self, limit: int) -> tuple[RestockResult, ...]:
        """Return the latest restock visits, newest first."""
        return self._ask(lambda db: latest(db, limit))

    def recalls(self) -> tuple[Recall, ...]:
        """Return every recall, newest first."""
        return self._ask(recalls.every)

    def excursions(self, names: Mapping[str, str]) -> tuple[Excursion, ...]:
        """Return the excursions that wait for a decision and the latest others, newest first, with products' names."""
        return self._ask(lambda db: excursions.every(db, names))

    def shortage(self) -> Shortage:
        """Return unmet demand by product and hour, by day once it is older than the details, and outages."""
        return self._ask(_shortage)

    def audit(self) -> Audit:
        """Return what every slot and every product has seen since this ledger began."""
        return self._sums.ask(_audit, AUDIT_S)

    def usage(self, first: datetime.date, last: datetime.date) -> Usage:
        """Return what was given out from one day to another, both included, by day, product, slot and funder."""
        return self._sums.ask(lambda db: usage(db, first, last), AUDIT_S)

    def pending(self, after: int, limit: int) -> list[OutboxRow]:
        """Return up to `limit` events of the outbox with a sequence above `after`, in order."""
        rows = self._rows(
            "SELECT epoch, seq, kind, slot, event.sku, code, funder, quantity, event.hour, event.clock_ok, boot"
            " FROM event JOIN boot ON boot.id = boot LEFT JOIN lot ON lot.id = lot"
            f" WHERE {PENDING} AND seq > ? ORDER BY seq LIMIT ?",
            *(after, limit),
        )
        return [
            OutboxRow(
                epoch=epoch,
                seq=seq,
                kind=EventKind.of(kind),
                slot=slot,
                sku=sku,
                lot=lot,
                funder=funder,
                quantity=quantity,
                hour=label(hour),
                clock_ok=bool(clock_ok),
                boot=boot,
            )
            for epoch, seq, kind, slot, sku, lot, funder, quantity, hour, clock_ok, boot in rows
        ]

    def backlog(self) -> Backlog:
        """Return how far the outbox is."""
        ((last, pending, dropped),) = self._rows(_BACKLOG)
        return Backlog(last_seq=last, pending=pending, dropped=dropped)


def _audit(db: sqlite3.Connection) -> Audit:
    slots, products = totals(db)
    ((name,),) = db.execute("SELECT value FROM meta WHERE key = 'epoch'")
    return Audit(epoch=str(name), slots=slots, products=products)


def _history(db: sqlite3.Connection, slot: str) -> History:
    counts = db.execute(_COUNTS, (slot, HISTORY_COUNTS))
    events = db.execute(_EVENTS_OF_SLOT, (slot, LOOK_BACK, HISTORY_EVENTS))
    return History(
        drifts=tuple(Drift(hour=label(hour), found=found, drift=drift) for hour, found, drift in counts),
        events=tuple(_event(row) for row in events),
    )


def _shortage(db: sqlite3.Connection) -> Shortage:
    unmet = among(UNMET)
    hours = f"SELECT hour, sku, count(*) FROM event WHERE kind IN {unmet} GROUP BY 1, 2 ORDER BY 1 DESC LIMIT ?"
    days = f"SELECT day, sku, sum(times) FROM daily WHERE kind IN {unmet} GROUP BY 1, 2 ORDER BY 1 DESC LIMIT ?"
    outages = "SELECT day, sku, minutes FROM outage ORDER BY day DESC LIMIT ?"
    most = (SHORTAGE_ROWS,)
    demand = [Demand(when=label(hour), sku=sku, unmet=count) for hour, sku, count in db.execute(hours, most)]
    demand += [
        Demand(when=day(number * HOURS_A_DAY).isoformat(), sku=sku, unmet=count)
        for number, sku, count in db.execute(days, most)
    ]
    return Shortage(
        demand=tuple(demand),
        outages=tuple(
            Outage(day=day(number * HOURS_A_DAY), sku=sku, minutes=minutes)
            for number, sku, minutes in db.execute(outages, most)
        ),
    )


def _past(db: sqlite3.Connection, request_id: str) -> Past | None:
    asked = f"SELECT {_ASKED}, state FROM vend WHERE request = ? ORDER BY attempt"
    rows = db.execute(asked, (request_id,)).fetchall()
    if not rows:
        (own,) = db.execute("SELECT min(request) FROM asked WHERE asked = ?", (request_id,)).fetchone()
        rows = db.execute(asked, (own,)).fetchall()
    return _pasts(rows, {row[0]: request_id for row in rows}).get(request_id)


def _latest(db: sqlite3.Connection, count: int) -> dict[str, Past]:
    latest = "SELECT request FROM movement WHERE request IS NOT NULL ORDER BY seq DESC LIMIT ?"
    tried = f"SELECT {_ASKED}, state FROM vend WHERE request IN ({latest}) ORDER BY request, attempt"
    return _pasts(db.execute(tried, (count,)), dict(db.execute("SELECT request, asked FROM asked")))


_ASKED = "request, by_slot, purpose, sku, slot"
"""What `_asked` makes a request of."""


def _asked(request: str, by_slot: int, purpose: str, sku: str, slot: str) -> VendRequest:
    asked = (None, slot) if by_slot else (sku, None)
    return VendRequest(id=request, sku=asked[0], slot=asked[1], purpose=Purpose(purpose))


def _pasts(rows: Iterable[Row], names: Mapping[str, str]) -> dict[str, Past]:
    """Return requests by their `names`, or else their own ids. Of two with one name its first use counts, its own."""
    found: dict[str, Past] = {}
    for *asked, state in rows:
        request, tried = found.get(asked[0], (_asked(*asked), ()))
        found[request.id] = request, (*tried, _attempt(asked[-1], state))
    own = {name: past for name, past in found.items() if names.get(name, name) == name}
    named = {
        names[name]: (replace(past[0], id=names[name]), past[1]) for name, past in found.items() if name not in own
    }
    return named | own


def _attempt(slot: str, state: str) -> Attempt:
    return Attempt(slot=slot, outcome=Outcome.UNKNOWN if state == "intent" else Outcome(state))


def _event(row: Row) -> Event:
    seq, written, hour, clock_ok, quantity, slot, sku, lot = row
    kind = EventKind.of(written)
    return Event(
        seq=seq,
        kind=kind,
        hour=label(hour),
        clock_ok=bool(clock_ok),
        quantity=quantity,
        text=words.event(kind, quantity),
        slot=slot,
        sku=sku,
        lot=lot,
    )
