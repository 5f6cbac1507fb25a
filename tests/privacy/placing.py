"""Somebody who holds a card, knows this software and wants to know when each visit was.

The ledger gives the hour of each vend, and their order. All else on the card that has to do with time is a clue: the
times of every file, in the inode tables and in each copy in the file system's journal, how often and together with
what a file changed, when the journal's transactions ended, and how long the write-ahead log was at which time. Each
clue places all visits, and the best of them counts.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from tests.privacy.card import HOUR_S, Hour, Seized, moments
from tests.privacy.image import Image, Inode, Transaction

NEAR_S = (HOUR_S / 300, HOUR_S / 60)
"""A visit is placed by a guess that is no further away: some seconds of an hour, or a minute."""

TOGETHER_S = 0.3
"""Moments that are no further apart are one: what a vend leaves at its beginning and its end."""

EARLY = 0.8
"""A commit after less than such a part of the usual time was forced by something."""

DRAWN = 300
"""So often are visits drawn anew, to know how many of them a clue places by luck."""

SIGMAS = 6.0
"""Luck explains what is no further from its mean: odds of one in a hundred million."""

Visits = list[list[tuple[float, float]]]
"""When each visit began and ended, by hours."""

Guesses = list[list[float]]


class Placed(Struct, frozen=True):
    """How well a clue places visits, and how well it would place visits that never were, with all luck."""

    clue: str
    what: str
    score: float
    """Visits that are placed by their guess, or by any moment of the clue; or minus how far guesses are off, in s."""
    luck: float

    @property
    def knows(self) -> bool:
        """Whether luck does not explain it."""
        return self.score > self.luck


class Card(Struct, frozen=True):
    """What is read off a card: the moments of each clue, and for each vend, in order, what the log's growth says."""

    vends: list[int]
    """How many vends there were in each hour that had any."""
    clues: dict[str, list[float]]
    grown: list[float]


def read(image: Path) -> Card:
    """Read a card."""
    with Image(image) as card:
        files = card.files()
        paths = {number: path for path, number in files.items()}
        log = card.transactions()
        latest = {number: card.inode(number) for number in paths}
        copies = {
            number: [*(each.inodes[number] for each in log if number in each.inodes), latest[number]]
            for number in paths
        }
        ledger, wal = (card.content(latest[files[f"/state/ledger.db{suffix}"]]) for suffix in ("", "-wal"))
        hours = _vends(ledger, wal)
        assert hours is not None, "the ledger on the card is not whole"
        grown = _grown(ledger, wal, copies[files["/state/ledger.db-wal"]], sum(hours))
    clues = dict(_clues(paths, copies, log))
    return Card(hours, clues | {"any time": [moment for each in clues.values() for moment in each]}, grown)


def _vends(ledger: bytes, wal: bytes) -> list[int] | None:
    """Return how many vends a ledger tells of in each of its hours that has any; None if it is not whole."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "ledger.db"
        path.write_bytes(ledger)
        path.with_name("ledger.db-wal").write_bytes(wal)
        with closing(sqlite3.connect(path)) as db, suppress(sqlite3.DatabaseError):
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return None
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'movement'").fetchone():
                return []
            rows = db.execute("SELECT hour FROM movement WHERE kind = 'intent' ORDER BY seq").fetchall()
            return list(Counter(hour for (hour,) in rows).values())
    return None


def _grown(ledger: bytes, wal: bytes, copies: Iterable[Inode], vends: int) -> list[float]:
    """Say for each vend when the log was first so long that it is in it, by the copies of the log's inode.

    A shorter log tells nothing when the ledger has taken over more than that: the two then make no whole one.
    """
    found: list[float] = []
    sizes = {copy.size: copy.written for copy in sorted(copies, key=lambda copy: -copy.written)}
    for size, written in sorted(sizes.items()):
        found += [written] * (sum(_vends(ledger, wal[:size]) or ()) - len(found))
    return found[:vends]


def _clues(
    paths: dict[int, str], copies: dict[int, list[Inode]], log: Sequence[Transaction]
) -> Iterator[tuple[str, list[float]]]:
    for number, path in paths.items():
        yield f"{path} written", [copy.written for copy in copies[number]]
        yield f"{path} changed", [copy.changed for copy in copies[number]]
        yield f"{path} read", [copy.read for copy in copies[number]]
        yield f"{path} changed otherwise", [one.changed for one in copies[number] if one.written != one.changed]
        yield f"{path} changed often", list(_often(number, log))
        yield f"{path} changed alone", list(_alone(number, log))
    yield "commits", [each.at for each in log]
    yield "early commits", list(_early([each.at for each in log]))


def _early(commits: Sequence[float]) -> Iterator[float]:
    """Give the commits that did not wait for the timer."""
    gaps = [after - before for before, after in pairwise(commits)]
    usual = max(gaps, default=0.0)
    yield from (commit for gap, commit in zip(gaps, commits[1:], strict=True) if gap < EARLY * usual)


def _often(number: int, log: Iterable[Transaction]) -> Iterator[float]:
    """Give the middle of each transaction in which a file changed more often than in most."""
    having = [each for each in log if number in each.inodes]
    counted = [
        (after.inodes[number].version - before.inodes[number].version, (before.at + after.at) / 2)
        for before, after in pairwise(having)
    ]
    usual = statistics.median([times for times, _ in counted] or [0])
    yield from (middle for times, middle in counted if times > usual)


def _alone(number: int, log: Iterable[Transaction]) -> Iterator[float]:
    """Give when a file was written without what is usually written in the same transaction."""
    before: dict[int, float] = {}
    together = Counter[frozenset[int]]()
    written = []
    for each in log:
        now = {other: inode.written for other, inode in each.inodes.items()}
        changed = frozenset(other for other, moment in now.items() if moment != before.get(other))
        before |= now
        together[changed] += 1
        if number in changed:
            written.append((changed, now[number]))
    usual = [changed for changed, _ in together.most_common(1)]
    yield from (moment for changed, moment in written if changed not in usual)


class Clue(Struct, frozen=True):
    """What a clue says of one hour: its moments, and a guess for each visit, in order."""

    marks: list[float]
    guesses: list[float]


def _place(hour: Hour, moments: Iterable[float]) -> Clue:
    """Place an hour's visits evenly on the moments of a clue, and evenly in the hour where it has none."""
    marks: list[float] = []
    for moment in sorted(moments):
        if hour.begins <= moment < hour.begins + HOUR_S and not (marks and moment - marks[-1] < TOGETHER_S):
            marks.append(moment)
    visits = len(hour.visits)
    if not marks:
        return Clue([], [hour.begins + HOUR_S * (number + 1) / (visits + 1) for number in range(visits)])
    return Clue(marks, [marks[int((number + 0.5) * len(marks) / visits)] for number in range(visits)])


def judge(seized: Sequence[Seized], cards: Sequence[Card]) -> list[Placed]:
    """Return how well each clue places the visits to these kiosks, all together."""
    chance = random.Random(1)
    hours = [hour for one in seized for hour in one.hours]
    drawn = [[_again(chance, hour) for hour in hours] for _ in range(DRAWN)]
    found = []
    for name in dict.fromkeys(name for card in cards for name in card.clues):
        clues = [
            _place(hour, card.clues.get(name, ()))
            for one, card in zip(seized, cards, strict=True)
            for hour in one.hours
        ]
        found += _judge(name, [hour.visits for hour in hours], drawn, clues)
    clues = []
    for one, card in zip(seized, cards, strict=True):
        grown = iter(card.grown)
        clues += [Clue([], [next(grown) for _ in hour.visits]) for hour in one.hours]
    return found + _judge("how the log grew", [hour.visits for hour in hours], drawn, clues)


def _again(chance: random.Random, hour: Hour) -> list[tuple[float, float]]:
    """Draw an hour's visits anew, each as long as it was."""
    begin = [hour.begins + moment for moment in moments(chance, len(hour.visits))]
    return [(at, at + ended - began) for at, (began, ended) in zip(begin, hour.visits, strict=True)]


def _judge(name: str, real: Visits, drawn: Sequence[Visits], clues: Sequence[Clue]) -> list[Placed]:
    scores, lucky = _scores(real, clues), [_scores(one, clues) for one in drawn]
    found = []
    for what, score in scores.items():
        others = [one[what] for one in lucky]
        found.append(Placed(name, what, score, statistics.mean(others) + SIGMAS * statistics.stdev(others)))
    return found


def _scores(visits: Visits, clues: Sequence[Clue]) -> dict[str, float]:
    """Return how many visits are placed, and minus how far their guesses are off on average."""
    guessed, met = [], []
    for hour, clue in zip(visits, clues, strict=True):
        guessed += [_off(visit, guess) for visit, guess in zip(hour, clue.guesses, strict=True)]
        met += [min((_off(visit, mark) for mark in clue.marks), default=HOUR_S) for visit in hour]
    scores = {f"guessed within {near} s": sum(off <= near for off in guessed) for near in NEAR_S}
    scores |= {f"met within {near} s": sum(off <= near for off in met) for near in NEAR_S}
    return scores | {"error": -statistics.mean(guessed)}


def _off(visit: tuple[float, float], guess: float) -> float:
    """Return how far a guess is from a visit; one within it is right."""
    began, ended = visit
    return max(began - guess, guess - ended, 0.0)
