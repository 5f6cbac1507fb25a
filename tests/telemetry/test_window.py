"""The sending window under any order of events: nothing is lost, sent too early or forgotten without a receipt."""

from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.model import EventKind, OutboxRow
from kiosk.telemetry.pace import Pace, Redial, backoff
from kiosk.telemetry.window import Window, as_ranges

PACE = Pace(receipt_s=10, retry_s=5, retry_max_s=60)
HOLD = 12
LIMIT = 4


def row(seq: int) -> OutboxRow:
    return OutboxRow(
        epoch="epoch-1",
        seq=seq,
        kind=EventKind.DISPENSED,
        slot="A1",
        sku="NAL-4",
        lot=None,
        funder=None,
        quantity=-1,
        hour="2026-11-22T05:00Z",
        clock_ok=True,
        boot=1,
    )


def window(*, receipts: bool, rows: int = 0) -> Window:
    made = Window(receipts=receipts, hold=HOLD, pace=PACE, chance=random.Random(1))
    made.add(row(seq) for seq in range(1, rows + 1))
    return made


def sent(made: Window, now: float, limit: int = LIMIT) -> list[int]:
    rows: list[int] = []
    while (taken := made.take(now, limit)) is not None:
        rows.append(taken.seq)
    return rows


class WindowModel(RuleBasedStateMachine):
    """A broker and a collector that do whatever they like, in any order."""

    @initialize(receipts=st.booleans(), seed=st.integers(0, 9))
    def begin(self, receipts: bool, seed: int) -> None:
        self.receipts = receipts
        self.window = Window(receipts=receipts, hold=HOLD, pace=PACE, chance=random.Random(seed))
        self.now = 0.0
        self.added: set[int] = set()
        self.forgotten: set[int] = set()
        self.receipted: set[int] = set()
        self.wire: set[int] = set()
        self.ever_sent: set[int] = set()

    @rule(count=st.integers(1, 6), gap=st.integers(0, 3))
    def add(self, count: int, gap: int) -> None:
        count = min(count, self.window.room())
        first = self.window.cursor + 1 + gap
        rows = [row(seq) for seq in range(first, first + count)]
        self.window.add(rows)
        self.added |= {item.seq for item in rows}

    @rule(limit=st.integers(1, LIMIT))
    def take(self, limit: int) -> None:
        taken = self.window.take(self.now, limit)
        if taken is None:
            return
        assert len(self.wire) < limit
        assert taken.seq not in self.wire
        assert taken.seq not in self.forgotten
        if taken.seq not in self.ever_sent:
            assert all(seq in self.ever_sent for seq in self.added if seq < taken.seq), "first sends are in order"
        self.wire.add(taken.seq)
        self.ever_sent.add(taken.seq)

    @precondition(lambda self: self.wire)
    @rule(data=st.data(), good=st.booleans())
    def answer(self, data: st.DataObject, good: bool) -> None:
        seq = data.draw(st.sampled_from(sorted(self.wire)))
        self.wire.discard(seq)
        if not good:
            self.window.refused(seq, self.now)
        elif self.window.accepted(seq, self.now):
            assert not self.receipts
            self.forgotten.add(seq)

    @rule(seq=st.integers(1, 40), good=st.booleans())
    def stray_answer(self, seq: int, good: bool) -> None:
        if seq in self.wire:
            return
        if good:
            assert not self.window.accepted(seq, self.now)
        else:
            self.window.refused(seq, self.now)

    @rule(
        ranges=st.lists(
            st.tuples(st.integers(1, 40), st.integers(0, 10)).map(lambda r: (r[0], r[0] + r[1])), max_size=3
        ),
        rejected=st.lists(st.integers(1, 40), max_size=3),
    )
    def acknowledge(self, ranges: list[tuple[int, int]], rejected: list[int]) -> None:
        done, refused = self.window.acknowledge("epoch-1", ranges, rejected)
        named = {seq for low, high in ranges for seq in range(low, high + 1)} | set(rejected)
        assert set(done) | set(refused) == named & self.ever_sent - self.forgotten
        assert not set(done) & set(refused)
        self.forgotten |= {*done, *refused}
        self.wire -= {*done, *refused}

    @rule()
    def lose(self) -> None:
        self.window.lost(self.now)
        self.wire.clear()

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "window"):
            assert len(self.window) == len(self.added - self.forgotten) <= HOLD

    def teardown(self) -> None:
        """Whatever happened, a good broker and collector get every row that is still held, and each only once."""
        if not hasattr(self, "window"):
            return
        self.lose()
        for _ in range(200):
            wait = self.window.wait_s(self.now, LIMIT)
            if wait is None:
                break
            self.now += wait
            self.take(LIMIT)
            for seq in sorted(self.wire):
                if self.window.accepted(seq, self.now):
                    self.forgotten.add(seq)
                self.wire.discard(seq)
                if self.receipts:
                    self.forgotten |= set(self.window.acknowledge("epoch-1", [(seq, seq)], [])[0])
        assert self.forgotten == self.added


WindowModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestWindowModel = WindowModel.TestCase


def test_a_receipt_that_does_not_come_means_sending_again_later_and_later() -> None:
    made = window(receipts=True, rows=1)
    gaps, now = [], 0.0
    for _ in range(8):
        assert sent(made, now) == [1]
        made.accepted(1, now)
        wait = made.wait_s(now, LIMIT)
        assert wait is not None
        gaps.append(wait)
        now += wait
    assert 5 <= gaps[0] <= 15
    assert all(30 <= gap <= 90 for gap in gaps[4:]), "at most retry_max_s, give or take half"


def test_a_refusal_lets_one_event_at_a_time_try_and_a_success_opens_the_window() -> None:
    made = window(receipts=False, rows=8)
    assert sent(made, 0.0) == [1, 2, 3, 4]
    for seq in (1, 2, 3, 4):
        made.refused(seq, 0.0)
    assert made.refusals == 1, "refusals of one moment are one"
    assert sent(made, 0.0) == []
    wait = made.wait_s(0.0, LIMIT)
    assert wait is not None
    assert 2.5 <= wait <= 7.5
    assert sent(made, wait) == [5], "another than the refused ones tries first"
    assert made.accepted(5, wait)
    assert sent(made, wait) == [6, 7, 8]


def test_an_event_that_the_broker_never_takes_does_not_hold_up_the_others() -> None:
    made = window(receipts=False, rows=6)
    now, through = 0.0, set()
    for _ in range(40):
        for seq in sent(made, now):
            if seq == 2:
                made.refused(seq, now)
            elif made.accepted(seq, now):
                through.add(seq)
        now += 5
    assert through == {1, 3, 4, 5, 6}


def test_what_was_on_the_wire_goes_first_after_a_loss() -> None:
    made = window(receipts=True, rows=6)
    assert sent(made, 0.0) == [1, 2, 3, 4]
    made.accepted(2, 0.0)
    made.lost(1.0)
    assert sent(made, 1.0, limit=10) == [1, 3, 4, 5, 6]
    assert sent(made, 1.0 + PACE.receipt_s, limit=10) == [2], "and what the broker had, before long"


def test_rows_out_of_order_are_refused() -> None:
    made = window(receipts=True, rows=3)
    with pytest.raises(ValueError, match="event 3 comes after event 3"):
        made.add([row(3)])
    made.skip_to(9)
    with pytest.raises(ValueError, match="event 8 comes after event 9"):
        made.add([row(8)])


@pytest.mark.parametrize(
    ("seqs", "ranges"),
    [([], []), ([5], [(5, 5)]), ([3, 1, 2], [(1, 3)]), ([1, 3, 4, 9], [(1, 1), (3, 4), (9, 9)]), ([2, 2, 3], [(2, 3)])],
)
def test_ranges(seqs: list[int], ranges: list[tuple[int, int]]) -> None:
    assert as_ranges(seqs) == ranges


def test_backoff_doubles_to_its_limit_and_never_overflows() -> None:
    chance = random.Random(2)
    assert 0.5 <= backoff(1, 60, 0, chance) <= 1.5
    assert 4 <= backoff(1, 60, 3, chance) <= 12
    assert 30 <= backoff(1, 60, 100_000, chance) <= 90


def test_redial_waits_longer_until_a_connection_lasts() -> None:
    redial = Redial(Pace(reconnect_s=1, reconnect_max_s=60), random.Random(3))
    assert redial.wait_s(0.0) == 0.0
    for now in (0.0, 100.0, 200.0, 300.0):
        redial.opened(now)
        redial.failed(now + 1)
    assert redial.wait_s(301.0) >= 4, "four that did not last"
    redial.opened(400.0)
    redial.failed(500.0)
    assert redial.wait_s(500.0) <= 1.5


def test_a_misdeed_is_a_failure_however_long_the_connection_was_and_stands_until_one_holds() -> None:
    redial = Redial(Pace(reconnect_s=1, reconnect_max_s=60), random.Random(3))
    for now in (0.0, 100.0, 200.0, 300.0):
        redial.opened(now)
        redial.failed(now + 50, "it sent too much")
    assert redial.wait_s(350.0) >= 4
    redial.failed(360.0)
    redial.opened(400.0)
    assert redial.misdeed(401.0) == "it sent too much"
    assert redial.misdeed(499.0) == ""
    redial.failed(500.0)
    assert redial.misdeed(500.0) == ""
    assert redial.wait_s(500.0) <= 1.5
