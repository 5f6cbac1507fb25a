"""Simulated time: it passes only while everybody who takes part waits, however long the computer takes for what."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest

from kiosk.clock import Clock
from kiosk.simulator import timeline as timelines
from kiosk.simulator.timeline import Timeline
from kiosk.simulator.timeline_clock import TimelineClock

HELD_UP_S = 0.05
"""Seconds of real time for which a thread does something else than to wait."""

PATIENCE_S = 60.0
"""Seconds of real time after which a thread is believed to stand, on a busy machine too."""


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    made = Timeline(1.0, flows=False)
    yield made
    made.close()


@pytest.fixture
def clock(timeline: Timeline) -> Clock:
    return TimelineClock(timeline)


def test_threads_go_on_in_the_order_of_their_waits_and_to_the_moment(clock: Clock) -> None:
    """Whatever the computer makes of them, and in no time of the wall."""
    began, went_on, each_s = clock.monotonic(), list[tuple[float, float]](), (0.3, 0.5, 0.7)

    def wait(pause_s: float) -> None:
        for _ in range(100):
            clock.sleep(pause_s)
            went_on.append((clock.monotonic() - began, pause_s))

    threads = [clock.start(f"each-{pause_s}", partial(wait, pause_s)) for pause_s in each_s]
    clock.sleep(100.0)
    for thread in threads:
        clock.join(thread)
    for pause_s in each_s:
        assert [at for at, who in went_on if who == pause_s] == pytest.approx(
            [pause_s * (number + 1) for number in range(100)]
        )
    assert all(first[0] <= second[0] for first, second in pairwise(went_on))


def test_time_stands_while_a_driver_s_thread_works(clock: Clock) -> None:
    stood: list[float] = []

    def work() -> None:
        clock.sleep(0.5)
        began = clock.monotonic()
        time.sleep(HELD_UP_S)
        stood.append(clock.monotonic() - began)

    clock.start("works", work)
    clock.sleep(1.0)
    assert stood == [0.0]


def test_what_is_handed_over_is_taken_before_time_goes_on(clock: Clock) -> None:
    """Though whoever takes it was not woken yet by the computer."""
    handed, late = queue.SimpleQueue[float | None](), list[float]()

    def take() -> None:
        while (at := clock.get(handed)) is not None:
            late.append(clock.monotonic() - at)

    taker = clock.start("takes", take)
    for _ in range(300):
        handed.put(clock.monotonic())
        clock.sleep(0.001)
    handed.put(None)
    clock.join(taker)
    assert late == [0.0] * 300


def test_whoever_waits_for_a_lock_holds_nothing_up(clock: Clock) -> None:
    lock, began, had_it_at = clock.lock(), clock.monotonic(), list[float]()

    def hold() -> None:
        with lock:
            had_it_at.append(clock.monotonic() - began)
            clock.sleep(2.0)

    threads = [clock.start(name, hold) for name in ("one", "two", "three")]
    for thread in threads:
        clock.join(thread)
    assert had_it_at == pytest.approx([0.0, 2.0, 4.0])


def test_an_event_ends_a_wait_and_so_does_its_time(clock: Clock) -> None:
    event = threading.Event()

    def set_it() -> None:
        clock.sleep(1.0)
        event.set()

    setter = clock.start("sets", set_it)
    began = clock.monotonic()
    assert not clock.wait(event, 0.5)
    assert clock.wait(event, 5.0)
    assert clock.monotonic() - began == pytest.approx(1.0)
    clock.join(setter)


def test_a_thread_that_takes_no_part_holds_nothing_up(clock: Clock) -> None:
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()
    began = clock.monotonic()
    clock.sleep(1000.0)
    assert clock.monotonic() - began == pytest.approx(1000.0)
    ends.set()
    other.join()


def test_whoever_asks_the_time_waits_for_nobody(timeline: Timeline, clock: Clock) -> None:
    """A press comes to its driver under the machine's lock, and there it may wait for somebody who asks the time."""
    asks = threading.Thread(target=clock.monotonic, daemon=True)
    with timeline.lock:
        asks.start()
        asks.join(PATIENCE_S)
        assert not asks.is_alive()


def assert_set(event: threading.Event) -> None:
    assert event.wait()


def test_who_holds_time_up_for_ever_is_told(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "STUCK_S", 0.1)
    ends = threading.Event()
    stuck = clock.start("waits-elsewhere", lambda: assert_set(ends))
    with pytest.raises(RuntimeError, match=r"neither wait on its clock nor end: \['waits-elsewhere'\]"):
        clock.sleep(1.0)
    ends.set()
    clock.join(stuck)


def test_what_happens_at_one_moment_has_happened_before_anybody_goes_on(timeline: Timeline, clock: Clock) -> None:
    happened: list[str] = []
    at, news = timeline.now() + 1.0, queue.SimpleQueue[None]()
    timeline.at(at, lambda _: news.put(None))
    timeline.at(at, lambda when: timeline.at(when, lambda _: happened.append("both")))
    clock.get(news, 5.0)
    assert happened == ["both"]


def test_time_that_flows_stands_while_somebody_who_takes_part_works() -> None:
    timeline = Timeline(100.0)
    clock = TimelineClock(timeline)
    began = clock.monotonic()
    time.sleep(HELD_UP_S)
    assert clock.monotonic() - began >= HELD_UP_S * 100
    with clock.taking_part():
        began = clock.monotonic()
        time.sleep(HELD_UP_S)
        assert clock.monotonic() == began
        clock.sleep(1.0)
        assert clock.monotonic() == pytest.approx(began + 1.0)
    timeline.close()


def test_nobody_waits_for_a_machine_that_was_stopped(timeline: Timeline, clock: Clock) -> None:
    waits = clock.start("waits", lambda: clock.sleep(3600.0))
    timeline.close()
    clock.sleep(10.0)
    clock.join(waits)
