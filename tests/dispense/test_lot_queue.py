"""A coil is a queue: whatever is taken from it or added to it, no item appears, vanishes or overtakes another."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.dispense.rules import lot_queue
from kiosk.dispense.rules.lot_queue import UNKNOWN, Batch, Queue

BATCHES = st.builds(Batch, st.integers(1, 4), st.integers(1, 5), st.booleans())
QUEUES = st.lists(BATCHES, max_size=5).map(tuple)

Item = tuple[int, bool]


def items(queue: Queue) -> list[Item]:
    """Write a queue out, item by item, the front first."""
    return [(batch.lot, batch.spoiled) for batch in queue for _ in range(batch.quantity)]


@given(QUEUES, st.integers(0, 30))
def test_what_left_left_from_the_front(queue: Queue, held: int) -> None:
    """The last items of a queue are its end; what it does not know of lies in front, of a lot unknown."""
    strangers = max(0, held - lot_queue.size(queue))
    expected = [(UNKNOWN, False)] * strangers + items(queue)[max(0, lot_queue.size(queue) - held) :]
    assert items(lot_queue.last(queue, held)) == expected
    assert lot_queue.size(lot_queue.last(queue, held)) == held


@given(QUEUES, st.integers(0, 15), st.integers(0, 15))
def test_leaving_in_two_steps_is_leaving_in_one(queue: Queue, one: int, two: int) -> None:
    """However often the queue is looked at in between, the same items are left."""
    fewer, most = sorted((one, two))
    assert lot_queue.last(lot_queue.last(queue, most), fewer) == lot_queue.last(queue, fewer)


@given(QUEUES, st.integers(1, 12), st.none() | st.integers(1, 5))
def test_what_is_taken_out_is_what_is_missing(queue: Queue, quantity: int, lot: int | None) -> None:
    """Items of one lot, or from the front, are gone and no others; more than there are is an error."""
    there = [item for item in items(queue) if lot is None or item[0] == lot]
    if len(there) < quantity:
        with pytest.raises(ValueError, match=f"there are {quantity - len(there)} fewer"):
            lot_queue.without(queue, quantity, lot)
        return
    left = lot_queue.without(queue, quantity, lot)
    expected, to_go = [], quantity
    for item in items(queue):
        if to_go and (lot is None or item[0] == lot):
            to_go -= 1
        else:
            expected.append(item)
    assert items(left) == expected
    gone = lot_queue.difference(queue, left)
    assert lot_queue.size(gone) == quantity
    assert all(batch.quantity > 0 for batch in gone)


@given(QUEUES)
def test_joining_changes_no_item(queue: Queue) -> None:
    """Neighbours of a kind become one batch; spoiled and good ones of a lot stay apart."""
    whole = lot_queue.joined(queue)
    assert items(whole) == items(queue)
    assert all((one.lot, one.spoiled) != (two.lot, two.spoiled) for one, two in itertools.pairwise(whole))


@given(QUEUES, QUEUES)
def test_a_difference_and_the_rest_are_the_whole(fewer: Queue, gone: Queue) -> None:
    """Lot by lot, what was taken is what the fuller queue held above the emptier."""
    taken = {batch.lot: batch.quantity for batch in lot_queue.difference((*fewer, *gone), fewer)}
    held = {lot for lot, _ in items(gone)}
    assert taken == {lot: sum(1 for other, _ in items(gone) if other == lot) for lot in held}


@given(QUEUES, QUEUES)
def test_united_is_all_that_may_be_there(before: Queue, after: Queue) -> None:
    """Of each lot as many as either queue holds, what was there before in front, and nothing spoiled becomes good."""
    whole = items(lot_queue.united(before, after))
    assert [lot for lot, _ in whole[: lot_queue.size(before)]] == [lot for lot, _ in items(before)]
    for lot in {lot for lot, _ in (*items(before), *items(after))}:
        held = [sum(1 for other, _ in items(queue) if other == lot) for queue in (before, after)]
        assert sum(1 for other, _ in whole if other == lot) == max(held)
        assert {bad for other, bad in whole if other == lot} == {(lot, True) in (*items(before), *items(after))}
