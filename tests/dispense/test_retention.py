"""What is old folds into sums: no count changes, no total is lost, and nothing that somebody still needs goes."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.clock import day
from kiosk.dispense.ledger.retention import CHUNK
from kiosk.errors import ConflictError
from kiosk.model import VendRequest
from tests.dispense.kept import DISPENSED, JAMMED, NOW_H, PRESUMED, HandClock, Kept, told
from tests.stocking import visit


@pytest.fixture
def trusted(kept: Kept) -> Kept:
    """A ledger whose clock is set, with nothing in its outbox."""
    kept.clock.trust()
    return kept


def acknowledge(kept: Kept) -> None:
    """Let somebody else hold every event."""
    kept.ledger.outbox.forget([(1, kept.reader.backlog().last_seq)])


def fold(kept: Kept, before_hour: int) -> int:
    """Fold until there is no more; return how many transactions it took."""
    steps = 0
    while kept.ledger.retention.fold(before_hour):
        steps += 1
        assert steps < 1000
    return steps


def rows(kept: Kept, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{kept.path}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def count(kept: Kept, table: str) -> int:
    return int(str(rows(kept, f"SELECT count(*) FROM {table}")[0][0]))


def live(kept: Kept, days: int) -> None:
    """Let a few days of vends and visits go by."""
    for number in range(days):
        kept.put("A1", 4, f"L{number}")
        for verdict in (DISPENSED, DISPENSED, PRESUMED, JAMMED):
            kept.vend("A1", verdict)
        kept.restock(kept.line("A1", 2, removed=2))
        kept.clock.pass_h(24)


def test_no_count_changes_and_no_total_is_lost(trusted: Kept) -> None:
    """The sums of movements hold, the stock is the same, and each kind of event adds up to what it was."""
    live(trusted, 10)
    acknowledge(trusted)
    before = trusted.slots()
    totals = rows(trusted, "SELECT kind, sum(quantity), count(*) FROM event GROUP BY 1 ORDER BY 1")
    fold(trusted, trusted.clock.stamp().hour - 2 * 24)
    assert trusted.slots() == before
    assert count(trusted, "opening") == len(before)
    both = (
        "SELECT kind, sum(quantity), sum(times) FROM (SELECT kind, quantity, 1 AS times FROM event"
        " UNION ALL SELECT kind, quantity, times FROM daily) GROUP BY 1 ORDER BY 1"
    )
    assert rows(trusted, both) == totals
    days = {row[0] for row in rows(trusted, "SELECT day FROM daily")}
    first = NOW_H // 24
    assert days == set(range(first, first + 8))
    trusted.reopen()
    assert trusted.ledger.mistrusted == ()
    assert trusted.slots() == before


def test_the_details_go_and_requests_with_them(trusted: Kept) -> None:
    """A request that was folded is no longer known; one of this week still is, and moves nothing again."""
    trusted.put("A1", 9, "L1")
    trusted.vend("A1", request_id="long-ago")
    trusted.ledger.vends.intent(told(trusted.clock, VendRequest(id="own-1", sku="NAL"), "A1", asked="asked-1"))
    trusted.clock.pass_h(24 * 30)
    trusted.vend("A1", request_id="today-1")
    trusted.ledger.vends.intent(told(trusted.clock, VendRequest(id="own-2", sku="NAL"), "A1", asked="asked-2"))
    trusted.ledger.vends.recover()
    acknowledge(trusted)
    fold(trusted, trusted.clock.stamp().hour - 24 * 7)
    assert trusted.reader.past("long-ago") is None
    assert trusted.reader.past("asked-1") is None
    assert trusted.reader.past("today-1") is not None
    assert trusted.reader.past("asked-2") is not None
    assert rows(trusted, "SELECT asked FROM asked") == [("asked-2",)]
    assert rows(trusted, "SELECT min(hour) >= 0 FROM movement") == [(1,)]
    assert rows(trusted, f"SELECT count(*) FROM movement WHERE hour < {NOW_H + 24}") == [(0,)]
    assert rows(trusted, f"SELECT count(*) FROM event WHERE hour < {NOW_H + 24}") == [(0,)]


def test_a_row_stays_so_that_no_number_is_used_twice(trusted: Kept) -> None:
    """However old they are, the newest movement and the newest event stay."""
    trusted.put("A1", 9, "L1")
    last = trusted.reader.backlog().last_seq
    acknowledge(trusted)
    trusted.clock.pass_h(24 * 365)
    fold(trusted, trusted.clock.stamp().hour)
    assert (count(trusted, "movement"), count(trusted, "event")) == (1, 1)
    trusted.vend("A1")
    assert trusted.reader.backlog().last_seq == last + 1


def test_what_nobody_acknowledged_is_never_folded(trusted: Kept) -> None:
    """The outbox keeps its events for as long as it takes, and everything after them stays too."""
    live(trusted, 3)
    seqs = [row.seq for row in trusted.reader.pending(0, 500)]
    trusted.ledger.outbox.forget([(seqs[0], seqs[4]), (seqs[6], seqs[-1])])
    trusted.clock.pass_h(24 * 365)
    fold(trusted, trusted.clock.stamp().hour)
    assert [row.seq for row in trusted.reader.pending(0, 500)] == [seqs[5]]
    assert [event.seq for event in trusted.reader.events(500)] == seqs[:4:-1]


def test_rows_of_a_wrong_clock_go_with_the_right_ones_that_followed(trusted: Kept) -> None:
    """They are older than what was written after them, whatever their own clock said: never younger, never kept."""
    trusted.put("A1", 9, "L1")
    trusted.clock.trust(False)
    trusted.clock.show(NOW_H + 24 * 9000)
    trusted.vend("A1")
    trusted.clock.show(NOW_H - 24 * 9000)
    trusted.vend("A1")
    trusted.clock.show(NOW_H)
    trusted.clock.trust()
    trusted.vend("A1")
    trusted.clock.pass_h(24 * 30)
    trusted.vend("A1")
    acknowledge(trusted)
    fold(trusted, NOW_H + 24)
    assert trusted.bounds("A1") == (5, 0)
    assert rows(trusted, "SELECT count(*) FROM movement WHERE clock_ok = 0") == [(0,)]
    trusted.reopen()
    assert trusted.ledger.mistrusted == ()


def test_nothing_is_folded_on_the_word_of_a_clock_that_was_not_set(kept: Kept) -> None:
    """Without a single row of a trusted clock everything stays."""
    live(kept, 3)
    acknowledge(kept)
    before = (count(kept, "movement"), count(kept, "event"))
    assert not kept.ledger.retention.fold(NOW_H + 24 * 9000)
    assert (count(kept, "movement"), count(kept, "event")) == before


def test_a_long_past_is_folded_in_short_steps(trusted: Kept) -> None:
    """Each transaction takes one chunk, so that a press is served in between."""
    trusted.put("A1", 9, "L1")
    for _ in range(CHUNK + 20):
        trusted.vend("A1", JAMMED)
    trusted.clock.pass_h(24 * 30)
    trusted.vend("A1")
    acknowledge(trusted)
    held = count(trusted, "movement")
    trusted.ledger.retention.fold(trusted.clock.stamp().hour)
    assert held - count(trusted, "movement") == CHUNK
    assert fold(trusted, trusted.clock.stamp().hour) >= 2


def test_an_old_visit_keeps_what_was_counted_and_can_no_longer_be_undone(trusted: Kept) -> None:
    """Drift over time stays readable; what only undoing needs is let go."""
    old = trusted.put("A1", 9, "L1")
    again = visit(trusted.line("A2", 0, added=1), request_id="the-second")
    trusted.ledger.restocks.commit(again)
    trusted.clock.pass_h(24 * 30)
    trusted.vend("A1")
    acknowledge(trusted)
    fold(trusted, NOW_H + 24)
    with pytest.raises(ConflictError, match="too long ago"):
        trusted.ledger.restocks.undo(old.id)
    assert trusted.reader.history("A1").drifts[0].found == 0
    assert set(rows(trusted, "SELECT asked FROM restock")) == {("",)}
    assert trusted.bounds("A2") == (1, 0)


def test_unmet_demand_outlives_its_details(trusted: Kept) -> None:
    """By product and hour while they are kept, by day afterwards; the sum is the same."""
    for tried in (True, False, True):
        trusted.ledger.vends.unmet("STRIP", empty=not tried)
        trusted.clock.pass_h(1)
    trusted.ledger.vends.unmet("NAL", empty=True)
    hours = trusted.reader.shortage().demand
    assert [(one.sku, one.unmet) for one in hours] == [("NAL", 1), ("STRIP", 1), ("STRIP", 1), ("STRIP", 1)]
    assert all(one.when.endswith(":00Z") for one in hours)
    trusted.clock.pass_h(24 * 30)
    trusted.ledger.vends.unmet("STRIP", empty=True)
    acknowledge(trusted)
    fold(trusted, NOW_H + 48)
    told = [(one.when, one.sku, one.unmet) for one in trusted.reader.shortage().demand]
    assert told[0][1:] == ("STRIP", 1)
    assert all(when in (day(NOW_H).isoformat(), day(NOW_H + 24).isoformat()) for when, _, _ in told[1:])
    assert sum(unmet for _, _, unmet in told) == 5


def test_minutes_out_of_stock_add_up_by_day(kept: Kept) -> None:
    """By product and day, the newest first."""
    for number, sku in ((20_000, "NAL"), (20_000, "NAL"), (20_000, "STRIP"), (20_001, "NAL")):
        kept.ledger.retention.out_of_stock(number, sku, 60)
    told = [(one.day.toordinal(), one.sku, one.minutes) for one in kept.reader.shortage().outages]
    first = day(20_000 * 24).toordinal()
    assert told[0] == (first + 1, "NAL", 60)
    assert set(told[1:]) == {(first, "NAL", 120), (first, "STRIP", 60)}


LIFE = st.lists(
    st.one_of(
        st.sampled_from(["drop", "jam", "blind", "count", "acknowledge", "a day", "lose trust", "trust", "fold"]),
        st.tuples(st.just("show"), st.integers(-200, 200)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIFE)
def test_folding_at_any_time_changes_no_count(
    tmp_path_factory: pytest.TempPathFactory, life: list[str | tuple[str, int]]
) -> None:
    """Hold the sums and the totals through wrong clocks, and keep everything that is pending."""
    folder = tmp_path_factory.mktemp("life")
    kept = Kept(folder, clock=HandClock(folder))
    told = kept.reader.backlog().last_seq
    for step in life:
        if isinstance(step, tuple):
            kept.clock.show(NOW_H + 24 * step[1])
        elif step in ("drop", "jam", "blind"):
            kept.vend("A1", {"drop": DISPENSED, "jam": JAMMED, "blind": PRESUMED}[step])
        elif step == "count":
            kept.restock(kept.line("A1", 3))
        elif step == "acknowledge":
            acknowledge(kept)
        elif step == "a day":
            kept.clock.pass_h(24)
        elif step == "fold":
            pending = [row.seq for row in kept.reader.pending(0, 1000)]
            before = kept.slots()
            kept.ledger.retention.fold(kept.ledger.calendar.trusted_hour() - 24)
            assert kept.slots() == before
            assert [row.seq for row in kept.reader.pending(0, 1000)] == pending
        else:
            kept.clock.trust(step == "trust")
        told = max(told, kept.reader.backlog().last_seq)
        assert kept.reader.backlog().last_seq == told
    folded = rows(kept, "SELECT (SELECT count(*) FROM event) + (SELECT coalesce(sum(times), 0) FROM daily)")
    assert folded == [(told,)]
    kept.reopen()
    assert kept.ledger.mistrusted == ()
    kept.close()


def test_a_long_time_without_a_clock_is_folded_too(kept: Kept) -> None:
    """More rows of an untrusted clock than one step takes: what was written after them says that they are old."""
    kept.put("A1", 9, "L1")
    for _ in range(CHUNK + 20):
        kept.vend("A1", JAMMED)
    kept.clock.trust()
    kept.vend("A1")
    kept.clock.pass_h(24 * 30)
    kept.vend("A1")
    acknowledge(kept)
    fold(kept, kept.clock.stamp().hour - 24)
    assert (count(kept, "movement"), count(kept, "event")) == (2, 1)
    assert kept.bounds("A1") == (7, 0)
