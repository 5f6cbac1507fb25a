"""What everybody may read of a slot: which lots it holds, what may be in front, and what of it is past its date."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk import clock as time
from kiosk.dispense.ledger import Count
from kiosk.dispense.ledger.lot_queues import Lot, LotQueues
from kiosk.dispense.rules.lot_queue import Batch
from kiosk.dispense.service.stock_view import StockView
from kiosk.errors import NotFoundError
from kiosk.model import Lock, SlotStock
from tests.dispense.kept import CONFIG, NALOXONE, NOW_H, PRESUMED, SOCK, STRIP, Kept, kiosk_of

TODAY = time.day(NOW_H)
YESTERDAY = TODAY - datetime.timedelta(days=1)


def test_until_the_ledger_is_read_anything_may_be_inside() -> None:
    """Every slot says 0 to its capacity, and nothing of its lots."""
    stock_view = StockView(CONFIG)
    assert {(slot.on_hand, slot.unresolved, slot.front_locked) for slot in stock_view.stock.slots} == {(0, 9, False)}
    assert [slot.slot for slot in stock_view.stock.slots] == ["A1", "A2", "B1", "B2", "B3", "C1"]
    with pytest.raises(NotFoundError, match="no slot 'Z9'"):
        stock_view.slot("Z9")


def test_what_left_left_from_the_front(kept: Kept) -> None:
    """The queue of now is the end of what the last visit left."""
    kept.put("A1", 2, "OLD")
    kept.put("A1", 3, "NEW")
    assert kept.queue("A1") == [("OLD", 2), ("NEW", 3)]
    for left in ([("OLD", 1), ("NEW", 3)], [("NEW", 3)], [("NEW", 2)]):
        kept.vend("A1")
        assert kept.queue("A1") == left


def test_with_something_unresolved_the_front_is_one_of_several(kept: Kept) -> None:
    """An item past its date that may be in front counts as in front, until somebody counts."""
    kept.clock.trust()
    kept.put("B1", 1, "PAST", expiry=YESTERDAY)
    kept.put("B1", 3, "GOOD", expiry=TODAY)
    assert kept.slot("B1").front_expired
    kept.vend("B1", PRESUMED)
    assert (kept.bounds("B1"), kept.slot("B1").front_expired) == ((3, 1), True)
    kept.restock(kept.line("B1", 3))
    assert (kept.queue("B1"), kept.slot("B1").front_expired) == ([("GOOD", 3)], False)


def test_the_last_good_day_is_the_printed_one(kept: Kept) -> None:
    """On its date it is good; the day after, the view says so by itself."""
    kept.clock.trust()
    kept.put("B1", 1, "L1", expiry=TODAY)
    assert not kept.slot("B1").front_expired
    kept.clock.pass_h(24)
    assert kept.slot("B1").front_expired
    assert kept.slot("B1").lots[0].expired


def test_a_clock_that_was_never_set_makes_nothing_expire(kept: Kept) -> None:
    """A wrong clock, however far in the future, takes nothing out of anybody's hands."""
    kept.put("B1", 1, "L1", expiry=YESTERDAY)
    kept.clock.pass_h(24 * 4000)
    assert not kept.slot("B1").front_expired


def test_off_the_menu(kept: Kept) -> None:
    """By the configuration or from afar; over a restart, and back again."""
    kept.ledger.hide("STRIP", hidden=True)
    kept.ledger.hide("STRIP", hidden=True)
    kept.reopen()
    assert {name for name, slot in kept.slots().items() if slot.hidden} == {"B1", "B2", "B3"}
    assert kept.kinds(3) == ["started", "hidden", "counted"]
    kept.ledger.hide("STRIP", hidden=False)
    assert not kept.slot("B1").hidden
    hidden = kiosk_of(replace(SOCK, hidden=True), slots={"C1": "SOCK"})
    assert StockView(hidden).slot("C1").hidden


def test_what_waits_for_the_ledger_may_have_left(kept: Kept) -> None:
    """A vend that could not be recorded widens its slot's range until it is, and never below zero.

    What is counted meanwhile is of no version: the vend will be written down as if it came after it.
    """
    kept.put("A1", 2, "L1")
    stock_view = StockView(CONFIG)
    stock_view.update(kept.ledger.counts(), ["A1", "A1", "A1", "A2"])
    assert [(slot.on_hand, slot.unresolved) for slot in stock_view.stock.slots[:2]] == [(0, 2), (0, 0)]
    stock_view.update({}, ["A1"])
    assert (stock_view.slot("A1").on_hand, stock_view.slot("A1").unresolved) == (1, 1)
    assert [slot.version for slot in stock_view.stock.slots[:2]] == [-1, kept.slot("A2").version]
    stock_view.update({}, [])
    assert (stock_view.slot("A1").on_hand, stock_view.slot("A1").unresolved) == (2, 0)
    assert stock_view.slot("A1").version == kept.slot("A1").version


def test_a_product_that_kiosk_toml_no_longer_knows() -> None:
    """Its slot is shown as what is planned there, until somebody takes it out."""
    count = Count("B1", "GONE", 3, 0, 0, 1)
    stock_view = StockView(CONFIG)
    stock_view.update({"B1": count}, ())
    assert (stock_view.slot("B1").sku, stock_view.slot("B1").on_hand) == ("STRIP", 3)


DATES = st.sampled_from([None, YESTERDAY, TODAY])
LOTS = st.builds(lambda expiry, recalled: Lot(0, "STRIP", "L", expiry, None, (), recalled), DATES, st.booleans())
QUEUES = st.lists(st.tuples(LOTS, st.integers(1, 3), st.booleans()), max_size=4)


def picture(queue: list[tuple[Lot, int, bool]], on_hand: int, unresolved: int) -> SlotStock:
    """Return a slot with such a coil as the view shows it."""
    stock_view = StockView(kiosk_of(NALOXONE, STRIP, slots={"B1": "STRIP"}))
    lots = {number: replace(lot, id=number) for number, (lot, _, _) in enumerate(queue, start=1)}
    batches = tuple(Batch(number, many, bad) for number, (_, many, bad) in enumerate(queue, start=1))
    stock_view.update({"B1": Count("B1", "STRIP", on_hand, unresolved, 0, 1)}, ())
    stock_view.arrange(LotQueues({"B1": batches}, lots), TODAY)
    return stock_view.slot("B1")


@given(QUEUES, st.integers(0, 8), st.integers(0, 3))
def test_whatever_may_be_in_front_is_told(queue: list[tuple[Lot, int, bool]], on_hand: int, unresolved: int) -> None:
    """Hold for any coil: lots add up to what may be inside; the front is every item with enough behind it."""
    slot = picture(queue, on_hand, unresolved)
    items = [lot for lot in slot.lots for _ in range(lot.quantity)]
    assert len(items) == on_hand + unresolved
    front = items[: unresolved + 1]
    assert slot.front_locked == any(lot.locked for lot in front)
    assert slot.front_expired == any(lot.expired for lot in front)
    assert slot.locked == sum(lot.locked is not None for lot in items)
    assert all(lot.expired == (lot.expiry == YESTERDAY) for lot in items)


def test_recalled_is_told_before_spoiled() -> None:
    """What is both is told as recalled: its maker said so, whatever staff decided."""
    lot = Lot(0, "STRIP", "L", None, None, (), True)
    assert [one.locked for one in picture([(lot, 1, True)], 1, 0).lots] == [Lock.RECALLED]
    good = replace(lot, recalled=False)
    assert [one.locked for one in picture([(good, 1, True)], 1, 0).lots] == [Lock.SPOILED]
