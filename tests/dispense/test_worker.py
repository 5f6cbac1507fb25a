"""A thread that does jobs in order, and whoever waits for one only so long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from kiosk.dispense.worker import Worker
from kiosk.errors import DiskStalledError, LedgerError

SOON_S = 0.05
LONG_S = 20.0


@pytest.fixture
def answers() -> threading.Event:
    """Set when the disk answers."""
    return threading.Event()


@pytest.fixture
def worker(answers: threading.Event) -> Iterator[Worker]:
    started = Worker("test")
    started.start()
    yield started
    answers.set()
    started.end()
    assert started.ended(LONG_S)


def wait(worker: Worker, answers: threading.Event) -> None:
    """Have the worker meet a disk that does not answer."""
    begun = threading.Event()

    def stall() -> None:
        begun.set()
        answers.wait(LONG_S)

    worker.submit(stall)
    assert begun.wait(LONG_S)


def test_jobs_are_done_in_order(worker: Worker, answers: threading.Event) -> None:
    """Whoever waits for the last knows that all before it were done."""
    done: list[int] = []
    wait(worker, answers)
    jobs = [worker.submit(lambda number=number: done.append(number)) for number in range(9)]  # type: ignore[misc]
    assert not done
    answers.set()
    worker.wait(jobs[-1], time.monotonic() + LONG_S)
    assert done == list(range(9))


def test_who_waits_is_told_what_came_of_it(worker: Worker) -> None:
    """A result, or one of the kiosk's own errors; the thread goes on after it."""

    def fail() -> None:
        raise LedgerError("The disk is full.")

    job = worker.submit(fail)
    with pytest.raises(LedgerError, match="full"):
        worker.wait(job, time.monotonic() + LONG_S)
    assert worker.wait(worker.submit(lambda: 7), time.monotonic() + LONG_S) == 7


def test_nobody_waits_longer_than_it_is_worth(worker: Worker, answers: threading.Event) -> None:
    """The job stays in the queue and is done later, unless it is cancelled. A deadline that is past ends at once."""
    done: list[str] = []
    wait(worker, answers)
    late, dropped = worker.submit(lambda: done.append("late")), worker.submit(lambda: done.append("dropped"))
    for until in (time.monotonic() + SOON_S, 0.0):
        with pytest.raises(DiskStalledError):
            worker.wait(late, until)
    with pytest.raises(DiskStalledError):
        worker.wait(late, time.monotonic() + LONG_S, hurry=lambda: True)
    assert dropped.cancel()
    assert not dropped.cancel()
    answers.set()
    worker.wait(late, time.monotonic() + LONG_S)
    assert not late.cancel()
    assert (done, dropped.ended(0)) == (["late"], False)


def test_a_thread_that_hangs_can_be_left_behind(worker: Worker, answers: threading.Event) -> None:
    """A stop does not wait for ever."""
    wait(worker, answers)
    worker.end()
    assert not worker.ended(SOON_S)


def test_without_a_thread_everything_is_done_at_once() -> None:
    """By whoever asks for it; a defect is raised there, unless it is for somebody who waits."""
    worker = Worker("test")
    assert worker.submit(lambda: 7).result() == 7
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 / 0)
    job = worker.submit(lambda: 1 / 0, strict=False)
    with pytest.raises(ZeroDivisionError):
        worker.wait(job, 0)
    assert worker.ended(0)
