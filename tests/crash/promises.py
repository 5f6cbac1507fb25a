"""What must hold after every power cut, whatever the disk lost: start the kiosk on what is left, and look."""

from __future__ import annotations

import enum
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from kiosk.dispense.ledger import Doubt
from kiosk.dispense.ledger.schema import PENDING
from kiosk.errors import KioskError
from kiosk.model import Outcome, Purpose, Reason, VendRequest
from tests.crash.bugs import SOUND, Bug
from tests.crash.kiosk_core import Core
from tests.crash.truth import Truth
from tests.crash.world import World

TOLD = {*(str(outcome) for outcome in Outcome), "tested", "counted", "undone", "recall_lifted"}
"""Kinds of events of which there is one for each row that they tell of."""

SUMMED = {"added", *(f"removed_{reason}" for reason in Reason)}
"""Kinds of events whose quantities add up to what rows say."""


class Promise(enum.StrEnum):
    """What a kiosk never breaks, whenever its power is cut."""

    WHOLE = "the database is whole"
    ACKNOWLEDGED = "what was acknowledged is kept"
    SUMS = "the stock is the sum of its movements"
    BOUNDS = "stock <= inside <= stock + unresolved"
    INTENT = "no motion without an intent"
    ONCE = "one request moves a slot once"
    CLOSED = "no vend stays open"
    OUTBOX = "the outbox tells what happened"
    ALARM = "no loss of power is taken for a ledger that was lost or went back"


class Violation(NamedTuple):
    """A promise that was broken, and how."""

    promise: Promise
    text: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a kiosk knows after it was started on what a cut left."""

    damage: str = ""
    stock: dict[str, tuple[int, int]] = field(default_factory=dict)
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    vends: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Each request's attempts, in order, as (slot, state)."""
    staff: frozenset[str] = frozenset()
    """Changes by staff that are recorded."""
    events: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    decided: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    """What happened, by kind and slot, or how many items went `in` and `out`: as the events tell it, and as the rows
    say that they tell of."""
    folded: bool = False
    """Whether single vends became sums."""
    unheard: int = 0
    """Events that nobody acknowledged, and that the outbox does not give out."""
    doubt: Doubt | None = None
    """Why the kiosk believes no count."""
    moved: Counter[str] = field(default_factory=Counter)
    """Requests for which a motor ran after the cut."""


def recover(folder: Path, again: Sequence[VendRequest], bug: Bug = SOUND) -> Facts:
    """Start the kiosk in `folder` as after a power cut, ask `again`, and return what it then knows."""
    moved: Counter[str] = Counter()

    def mark(kind: str, *words: object) -> None:
        if kind == "motion":
            moved[str(words[1])] += 1

    try:
        with closing(Core(folder, World(mark), bug)) as core:
            with closing(sqlite3.connect(folder / "ledger.db")) as db:
                facts = replace(_look(db, moved), doubt=core.service.doubt)
            if aside := sorted(path.name for path in folder.glob("*.damaged-*")):
                return Facts(damage=f"set aside as {aside}")
            if core.service.ledger_fault or core.service.mistrusted:
                return Facts(damage=f"{core.service.ledger_fault} {core.service.mistrusted}")
            for request in again:
                core.vend(request)
    except (KioskError, sqlite3.Error) as error:
        return Facts(damage=f"{type(error).__name__}: {error}")
    return facts


def _look(db: sqlite3.Connection, moved: Counter[str]) -> Facts:
    whole = db.execute("PRAGMA integrity_check").fetchone()[0]
    vends: dict[str, tuple[tuple[str, str], ...]] = {}
    decided = _done_by_staff(db)
    rows = db.execute("SELECT request, slot, state, purpose FROM vend ORDER BY request, attempt")
    for request, slot, state, purpose in rows:
        decided["tested" if purpose == Purpose.TEST and state != Outcome.UNKNOWN else state, slot] += 1
        vends[request] = (*vends.get(request, ()), (slot, state))
    return Facts(
        damage="" if whole == "ok" else whole,
        stock={slot: (a, b) for slot, a, b in db.execute("SELECT slot, on_hand, unresolved FROM stock")},
        sums={
            slot: (a, b)
            for slot, a, b in db.execute(
                "SELECT slot, sum(on_hand), sum(unresolved) FROM (SELECT slot, on_hand, unresolved FROM movement"
                " UNION ALL SELECT slot, on_hand, unresolved FROM opening) GROUP BY slot"
            )
        },
        vends=vends,
        staff=frozenset(name for query in STAFF for (name,) in db.execute(query)),
        events=_told(db),
        decided=decided,
        folded=bool(db.execute("SELECT count(*) FROM opening").fetchone()[0]),
        unheard=db.execute(f"SELECT count(*) FROM event WHERE pending = 1 AND NOT ({PENDING})").fetchone()[0],
        moved=moved,
    )


STAFF = (
    "SELECT id FROM restock",
    "SELECT 'undo-' || id FROM restock WHERE undone = 1",
    "SELECT id FROM recall",
    "SELECT 'lift-' || id FROM recall WHERE lifted = 1",
)
"""Where changes by staff are recorded, by the names that the workload gives them."""


def _done_by_staff(db: sqlite3.Connection) -> Counter[tuple[str, str | None]]:
    done: Counter[tuple[str, str | None]] = Counter()
    lines = db.execute("SELECT slot, added, removed, undone FROM restock_line JOIN restock ON seq = restock")
    for slot, added, removed, undone in lines:
        done.update({("counted", slot): 1, ("undone", slot): undone, ("in", slot): added, ("out", slot): removed})
    done["recall_lifted", None] = db.execute("SELECT count(*) FROM recall WHERE lifted = 1").fetchone()[0]
    return done


def _told(db: sqlite3.Connection) -> Counter[tuple[str, str | None]]:
    told: Counter[tuple[str, str | None]] = Counter()
    events = "SELECT kind, slot, quantity, 1 FROM event UNION ALL SELECT kind, slot, quantity, times FROM daily"
    for kind, slot, quantity, times in db.execute(events):
        if kind in TOLD:
            told[kind, slot or None] += times
        elif kind in SUMMED:
            told["in" if kind == "added" else "out", slot] += quantity
    return told


def broken(facts: Facts, truth: Truth) -> Iterator[Violation]:
    """Give each promise that does not hold."""
    if facts.damage:
        yield Violation(Promise.WHOLE, facts.damage)
        return
    yield from _lost(facts, truth)
    yield from _uncertain(facts, truth)
    yield from _moved(facts, truth)
    missing, more = facts.decided - facts.events, facts.events - facts.decided
    if facts.doubt in (Doubt.LOST, Doubt.BEHIND):
        yield Violation(Promise.ALARM, f"the ledger is said to be {facts.doubt}")
    if facts.unheard:
        yield Violation(Promise.OUTBOX, f"{facts.unheard} events are kept from whoever collects them")
    if missing or (more and not facts.folded):
        yield Violation(Promise.OUTBOX, f"missing {dict(missing)}, too many {dict(more)}")


def _lost(facts: Facts, truth: Truth) -> Iterator[Violation]:
    """Whatever was acknowledged must be there, as it was told."""
    for request, attempts in truth.answered.items():
        kept = tuple(f"{slot}={state}" for slot, state in facts.vends.get(request, ()))
        if kept[: len(attempts)] != attempts:
            yield Violation(Promise.ACKNOWLEDGED, f"{request} was {attempts}, now {kept}")
    for name in truth.saved:
        if name not in facts.staff:
            yield Violation(Promise.ACKNOWLEDGED, f"{name} is lost")


def _uncertain(facts: Facts, truth: Truth) -> Iterator[Violation]:
    """Compare what the stock says with its movements and with what is there: stock <= inside <= stock + unresolved."""
    inside = dict(truth.inside)
    if truth.visit and truth.visit[0] in facts.staff:
        inside.update(truth.visit[1])
    for slot, (least, unresolved) in facts.stock.items():
        if (least, unresolved) != facts.sums.get(slot, (0, 0)):
            sums = facts.sums.get(slot)
            yield Violation(Promise.SUMS, f"the stock of {slot} is {(least, unresolved)}, its movements sum to {sums}")
        # What fell without anybody's asking, and is not recorded yet, may still be counted as inside.
        if not least - truth.unnoticed(slot) <= inside.get(slot, 0) <= least + unresolved:
            said = f"{least} to {least + unresolved}"
            yield Violation(Promise.BOUNDS, f"{slot} says {said} and holds {inside.get(slot, 0)}")


def _moved(facts: Facts, truth: Truth) -> Iterator[Violation]:
    """No motion without an intent; never two motions of one slot for one request, before and after the cut."""
    for (slot, request), times in truth.motions.items():
        known = request not in truth.held | truth.lost
        if known and slot not in [tried for tried, _ in facts.vends.get(request, ())]:
            yield Violation(Promise.INTENT, f"{slot} moved for {request}")
        if times > 1:
            yield Violation(Promise.ONCE, f"{slot} moved {times} times for {request}")
    before = {request for _, request in truth.motions}
    for request, times in facts.moved.items():
        if request in before:
            yield Violation(Promise.ONCE, f"{times} more motions for {request} after the cut")
    for request, attempts in facts.vends.items():
        if any(state == "intent" for _, state in attempts):
            yield Violation(Promise.CLOSED, f"{request}: {attempts}")
