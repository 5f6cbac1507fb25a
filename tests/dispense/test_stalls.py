"""What people are told, and what becomes of it, when the writer or a reader waits for a disk that does not answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

import pytest

from kiosk.dispense.ledger import Reader
from kiosk.dispense.ledger.reader import PATIENCE_S, SUMMING, WAITERS
from kiosk.dispense.recording.storage import STOP_S
from kiosk.dispense.service import vend_thread as service
from kiosk.dispense.service import vending
from kiosk.dispense.words import MAY_BE_SAVED, NOT_SAVED
from kiosk.dispense.worker import STUCK_S
from kiosk.errors import ConflictError, DiskStalledError, LedgerError
from kiosk.model import Attempt, EventKind, Outcome, RefusalCode
from tests.dispense.running import Running
from tests.stocking import FAR, counted, visit

LONG_S = 30.0

QUESTIONS = 10

SHORT_S = 0.02

SEVERAL_ROWS: dict[str, Callable[[Reader], object]] = {
    "history": lambda reader: reader.history("A1"),
    "restocks": lambda reader: reader.restocks(20),
    "shortage": lambda reader: reader.shortage(),
    "backlog": lambda reader: reader.backlog(),
}
"""What comes from several places of the ledger."""


@pytest.fixture
def shop(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A kiosk whose writer is a thread, and whose people are impatient."""
    running.put("A1", 5, "N1", expiry=FAR)
    running.put("B1", 5, "S1", expiry=FAR)
    for module in (vending, service):
        monkeypatch.setattr(module, "WAIT_S", 0.1)
    running.storage.start()
    yield running
    written(running)
    assert running.storage.close()


@contextmanager
def behind(shop: Running) -> Iterator[None]:
    """Have the writer wait for the disk with something else."""
    answers = threading.Event()
    shop.storage.writer.submit(lambda: answers.wait(LONG_S))
    try:
        yield
    finally:
        answers.set()
        written(shop)


@contextmanager
def within(room: Any, method: str) -> Iterator[None]:
    """Have a method of the ledger not come back, although what it did is durable."""
    answers = threading.Event()
    write: Callable[..., Any] = getattr(room, method)

    def late(*what: Any, **more: Any) -> Any:
        done = write(*what, **more)
        answers.wait(LONG_S)
        return done

    vars(room)[method] = late
    try:
        yield
    finally:
        del vars(room)[method]
        answers.set()


@contextmanager
def unread(shop: Running) -> Iterator[None]:
    """Have who reads wait for the disk with another question."""
    answers = threading.Event()
    reader = shop.reader._questions._worker
    waits = reader.submit(lambda: answers.wait(LONG_S))
    try:
        yield
    finally:
        answers.set()
        assert waits.ended(LONG_S)


def written(shop: Running) -> None:
    """Wait until the writer has done all that it was told."""
    assert shop.service._recorder.later(lambda: None).ended(LONG_S)
    shop.idle()


def test_something_ordinary_stays_inside(shop: Running) -> None:
    """Whether its intent waits in the queue or was durable all the same: nothing moved, and the count says so."""
    with behind(shop):
        assert shop.vend("STRIP").refusal is RefusalCode.NO_LEDGER
    with within(shop.storage.ledger.vends, "intent"):
        assert shop.vend("STRIP", request_id="request-1").refusal is RefusalCode.NO_LEDGER
    written(shop)
    assert (shop.bounds("B1"), shop.world.inside["B1"]) == ((5, 0), 5)
    past = shop.reader.past("request-1")
    assert past
    assert past[1] == (Attempt(slot="B1", outcome=Outcome.NOT_STARTED),)
    assert shop.slot("B1").jams == 0


def test_naloxone_is_shown_as_unresolved_and_written_once(shop: Running) -> None:
    """While its intent waits in the queue, and while it is durable and nobody knows it."""
    with behind(shop):
        assert shop.vend("NAL").outcome is Outcome.DISPENSED
        assert (shop.bounds("A1"), shop.honest()) == ((4, 1), True)
    assert shop.bounds("A1") == (4, 0)
    with within(shop.storage.ledger.vends, "intent"):
        assert shop.vend("NAL").outcome is Outcome.DISPENSED
        assert (shop.bounds("A1"), shop.honest()) == ((3, 1), True)
    written(shop)
    with within(shop.storage.ledger.vends, "outcome"):
        assert shop.vend("NAL").outcome is Outcome.DISPENSED
        assert (shop.bounds("A1"), shop.honest()) == ((2, 1), True)
    written(shop)
    assert shop.bounds("A1") == (2, 0)
    assert shop.kinds(3) == ["dispensed"] * 3


def test_a_change_by_staff_says_what_is_known(shop: Running) -> None:
    """One that was not begun is not saved; one that is under way may be, and the same visit again saves it once."""
    line = counted(shop.slot("B1"), 5, added=2, lot="S2", expiry=FAR)
    asked = visit(line)
    with behind(shop), pytest.raises(DiskStalledError, match=NOT_SAVED):
        shop.do(lambda: shop.service.changes.restock(asked))
    assert shop.bounds("B1") == (5, 0)
    with within(shop.storage.ledger.restocks, "commit"), pytest.raises(DiskStalledError, match=MAY_BE_SAVED):
        shop.do(lambda: shop.service.changes.restock(asked))
    written(shop)
    shop.do(lambda: shop.service.changes.restock(asked))
    assert shop.bounds("B1") == (7, 0)


def test_an_emergency_waits_for_no_look_up(shop: Running) -> None:
    """An id that may have been used before is served, and counted beside what it was used for; all else is refused."""
    shop.vend("NAL", request_id="request-1")
    written(shop)
    shop.service.requests._vends.clear()
    with unread(shop):
        assert shop.vend("NAL", request_id="request-1").outcome is Outcome.DISPENSED
        with pytest.raises(DiskStalledError):
            shop.vend("STRIP", request_id="request-2")
    written(shop)
    assert (shop.bounds("A1"), shop.world.inside["A1"]) == ((3, 0), 3)


def test_a_reader_that_is_stuck_keeps_nobody_waiting(shop: Running) -> None:
    """Whoever asks several things, as a page does, waits for the first of them at most."""
    with unread(shop):
        began = time.monotonic()
        for _ in range(QUESTIONS):
            with pytest.raises(DiskStalledError):
                shop.reader.backlog()
        assert time.monotonic() - began < QUESTIONS / 2 * PATIENCE_S


def test_a_few_wait_for_a_slow_disk_and_all_others_hear_so_at_once(shop: Running) -> None:
    """So that they hold up nobody who asks for something else. Sums are asked for apart from all that."""
    with unread(shop), ThreadPoolExecutor(QUESTIONS) as crowd:
        began = time.monotonic()
        asked = [crowd.submit(shop.reader.backlog) for _ in range(QUESTIONS)]
        told = [(type(each.exception()), time.monotonic() - began) for each in as_completed(asked, LONG_S)]
        assert shop.reader.audit().products == ()
    assert {kind for kind, _ in told} == {DiskStalledError}
    assert sum(after < STUCK_S for _, after in told) >= QUESTIONS - WAITERS


def test_a_few_wait_behind_many_short_questions(shop: Running) -> None:
    """None of them is slow by itself. Whoever has waited long and is not among the first hears so."""
    answers = threading.Event()
    for _ in range(int(LONG_S / SHORT_S)):
        shop.reader._questions.submit(lambda _db: answers.wait(SHORT_S))
    with ThreadPoolExecutor(QUESTIONS) as crowd:
        asked = [crowd.submit(shop.reader.backlog) for _ in range(QUESTIONS)]
        told = [next(each) for each in [as_completed(asked, LONG_S)] for _ in range(QUESTIONS - WAITERS)]
        answers.set()
    assert {type(each.exception()) for each in told} == {DiskStalledError}


@pytest.mark.parametrize("kind", SEVERAL_ROWS)
def test_whoever_asks_for_much_waits_once(shop: Running, kind: str) -> None:
    """All of it is one question: one place in the queue, and one deadline."""
    began = threading.Semaphore(0)
    answer: Callable[..., Any] = shop.reader._questions._answer

    def counted(question: Any) -> Any:
        began.release()
        return answer(question)

    vars(shop.reader._questions)["_answer"] = counted
    SEVERAL_ROWS[kind](shop.reader)
    assert [began.acquire(blocking=False) for _ in range(2)] == [True, False]


def test_a_stop_breaks_off_what_is_asked(shop: Running) -> None:
    """Sums over years, and whatever waits behind them, are no disk that hangs."""
    begun = threading.Event()

    def endless(db: sqlite3.Connection) -> None:
        begun.set()
        db.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n").fetchall()

    jobs = [asked.submit(endless) for asked in (shop.reader._sums, shop.reader._questions) for _ in range(2)]
    assert begun.wait(LONG_S)
    began = time.monotonic()
    assert shop.storage.close()
    assert time.monotonic() - began < STOP_S
    for job in jobs:
        with pytest.raises(LedgerError, match="interrupted"):
            job.result()


def test_sums_are_made_for_one_at_a_time(shop: Running) -> None:
    """The next is told so, and not that the disk does not answer; then the first gets them."""
    begun, answers = threading.Event(), threading.Event()

    def long(_db: object) -> None:
        begun.set()
        answers.wait(LONG_S)

    shop.reader._sums.submit(long)
    assert begun.wait(LONG_S)
    with ThreadPoolExecutor(2) as crowd:
        asked = [crowd.submit(shop.reader.audit) for _ in range(2)]
        refused = next(as_completed(asked, LONG_S)).exception()
        answers.set()
    assert str(refused) == SUMMING
    assert sorted(each.exception() is None for each in asked) == [False, True]


def test_what_was_asked_for_before_a_start_is_known_without_a_look_up(shop: Running) -> None:
    """Whoever asks again after a power cut gets no second item, however slow the disk is."""
    before = shop.vend("NAL", request_id="request-1")
    written(shop)
    shop.restart()
    shop.storage.start()
    with unread(shop):
        again = shop.vend("NAL", request_id="request-1")
    assert (again.outcome, again.slot, again.attempts) == (Outcome.DISPENSED, before.slot, before.attempts)
    written(shop)
    assert (shop.bounds("A1"), shop.world.inside["A1"]) == ((4, 0), 4)


@pytest.mark.parametrize("remembered", [True, False])
def test_an_emergency_that_was_not_looked_up_is_known_by_the_id_it_was_asked_under(
    shop: Running, remembered: bool
) -> None:
    """It is written under an id of its own; after a start, memory or ledger knows it, and nothing moves again."""
    with unread(shop):
        assert shop.vend("NAL", request_id="request-1").outcome is Outcome.DISPENSED
    written(shop)
    shop.restart()
    shop.storage.start()
    if not remembered:
        shop.service._earlier_requests._earlier.clear()
    again = shop.vend("NAL", request_id="request-1")
    assert (again.id, again.outcome) == ("request-1", Outcome.DISPENSED)
    with pytest.raises(ConflictError):
        shop.vend("STRIP", request_id="request-1")
    written(shop)
    assert (shop.bounds("A1"), shop.world.inside["A1"]) == ((4, 0), 4)


def test_what_is_written_late_has_the_hour_in_which_it_was(shop: Running) -> None:
    """The disk answers two hours later: what came out, what somebody went without and what fell were earlier."""
    with behind(shop):
        assert shop.vend("NAL").outcome is Outcome.DISPENSED
        shop.vend("STRIP")
        shop.service._recorder.unmet("request-9", "STRIP", empty=True)
        shop.service._recorder.unseen("A1", EventKind.STRAY_DROP)
        before = shop.clock.hour()
        shop.clock.pass_h(2)
    written(shop)
    told = {event.kind: event.hour for event in shop.reader.events(9)}
    late = (EventKind.DISPENSED, EventKind.SOLD_OUT, EventKind.STRAY_DROP)
    assert {kind: told[kind] for kind in late} == dict.fromkeys(late, before)
