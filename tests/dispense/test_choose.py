"""Which coil gives out: first expiry first across coils, blocked fronts never, naloxone always."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.config import Product
from kiosk.dispense import words
from kiosk.dispense.rules.choose import candidates, in_stock
from kiosk.model import CoilLot, SlotStock

PLAIN = Product(sku="X", name="X")
ESSENTIAL = Product(sku="X", name="X", essential=True)
SOON, LATER = datetime.date(2027, 1, 31), datetime.date(2028, 1, 31)


def slot(name: str, on_hand: int, expiry: datetime.date | None = None, **what: Any) -> SlotStock:
    """Return a slot with items of one lot."""
    unresolved = what.pop("unresolved", 0)
    held = on_hand + unresolved
    stock = SlotStock(
        slot=name,
        sku="X",
        product="X",
        pictogram="box",
        essential=False,
        capacity=9,
        par=1,
        on_hand=on_hand,
        unresolved=unresolved,
        jams=0,
        version=0,
        lots=(CoilLot(id=1, quantity=held, expiry=expiry),) if held else (),
    )
    return replace(stock, **what)


def names(slots: list[SlotStock], product: Product = PLAIN, resting: tuple[str, ...] = ()) -> list[str]:
    return [found.slot for found in candidates(slots, product, resting)]


def test_the_front_that_expires_first_comes_first() -> None:
    """Across coils, whatever they hold otherwise; one without a date comes last of the sound ones."""
    slots = [slot("A1", 9), slot("A2", 2, LATER), slot("A3", 1, SOON), slot("A4", 9, jams=1, expiry=SOON)]
    assert names(slots) == ["A3", "A2", "A1", "A4"]
    assert names(slots, replace(PLAIN, sku="Y")) == []


def test_wear_spreads() -> None:
    """Of coils that are alike the fuller one turns, and certain counts come before uncertain ones."""
    slots = [slot("A1", 2), slot("A2", 5), slot("A3", 9, jams=1), slot("A4", 9, unresolved=1), slot("A5", 0)]
    assert names(slots) == ["A2", "A1", "A4", "A3"]
    left = {one.slot: one for one in (slot("B1", 5, SOON), slot("B2", 5, SOON))}
    turned = []
    for _ in range(10):
        first = candidates(list(left.values()), PLAIN)[0]
        turned.append(first.slot)
        left[first.slot] = slot(first.slot, first.on_hand - 1, SOON)
    assert turned == ["B1", "B2"] * 5


def test_a_blocked_front_blocks_its_coil() -> None:
    """Recalled or spoiled in front: what is behind it cannot come out either, and nothing says it is in stock."""
    blocked = slot("A1", 5, SOON, front_locked=True, locked=1)
    assert names([blocked, slot("A2", 1, LATER)]) == ["A2"]
    assert not in_stock([blocked], PLAIN)
    assert names([slot("A1", 5, SOON, locked=2)]) == ["A1"]


@pytest.mark.parametrize(("expired", "order"), [("refuse", ["A2"]), ("label", ["A1", "A2"]), ("last", ["A2", "A1"])])
def test_what_happens_to_a_front_past_its_date_is_for_the_programme(expired: Any, order: list[str]) -> None:
    """Refused, given out in its turn, or last; in stock only if it is given out at all."""
    product = replace(PLAIN, expired=expired)
    past = slot("A1", 5, SOON, front_expired=True)
    assert names([past, slot("A2", 1, LATER)], product) == order
    assert in_stock([past], product) == (expired != "refuse")


def test_a_slot_that_failed_rests_and_then_goes_out_of_service() -> None:
    """Two failures make it rest for a while, three take it out until staff come."""
    assert names([slot("A1", 2, jams=3), slot("A2", 1, jams=2)]) == ["A2"]
    assert names([slot("A1", 2), slot("A2", 1, jams=2)], resting=("A2",)) == ["A1"]
    assert not in_stock([slot("A1", 2, jams=3)], PLAIN)


def test_an_emergency_tries_everything_in_the_order_of_hope() -> None:
    """Sound, suspect, out of service and resting; then past the date, recalled, and last what was counted empty."""
    slots = [
        slot("A1", 0),
        slot("A2", 4, front_locked=True),
        slot("A3", 4, front_expired=True),
        slot("A4", 4, jams=3),
        slot("A5", 1, hidden=True),
        slot("A6", 0, unresolved=2),
        slot("A7", 4, front_expired=True, front_locked=True),
    ]
    assert names(slots, ESSENTIAL, resting=("A4",)) == ["A5", "A4", "A6", "A3", "A2", "A7", "A1"]


SLOTS = st.lists(
    st.builds(
        lambda on_hand, expiry, jams, unresolved, locked, expired: slot(
            "A1", on_hand, expiry, jams=jams, unresolved=unresolved, front_locked=locked, front_expired=expired
        ),
        st.integers(0, 3),
        st.sampled_from([None, SOON, LATER]),
        st.integers(0, 4),
        st.integers(0, 2),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
).map(lambda slots: [replace(one, slot=f"A{place}") for place, one in enumerate(slots)])


@given(SLOTS, st.sampled_from(["refuse", "label", "last"]), st.sets(st.sampled_from(["A0", "A1", "A2"])))
def test_no_order_gives_out_what_must_stay_and_none_leaves_naloxone_inside(
    slots: list[SlotStock], expired: Any, resting: set[str]
) -> None:
    """Hold for any machine: an ordinary locked front never; every slot of what is essential, each once."""
    product = replace(PLAIN, expired=expired)
    chosen = candidates(slots, product, resting)
    assert not any(one.front_locked or one.jams >= 3 or one.slot in resting for one in chosen)
    assert not any(one.on_hand + one.unresolved == 0 for one in chosen)
    assert expired != "refuse" or not any(one.front_expired for one in chosen)
    assert bool(chosen) <= in_stock(slots, product)
    assert sorted(names(slots, ESSENTIAL, tuple(resting))) == [one.slot for one in slots]
    emergency = candidates(slots, ESSENTIAL, resting)
    locked = [one.front_locked for one in emergency if one.on_hand + one.unresolved]
    assert locked == sorted(locked)


@pytest.mark.parametrize(
    ("what", "essential", "warning"),
    [
        ({}, True, None),
        ({"front_locked": True}, True, words.LOCKED_GIVEN),
        ({"front_locked": True, "front_expired": True}, True, words.LOCKED_GIVEN),
        ({"front_expired": True}, True, words.EXPIRED_GIVEN[True]),
        ({"front_expired": True}, False, words.EXPIRED_GIVEN[False]),
    ],
)
def test_whoever_gets_the_last_choice_is_told(what: dict[str, Any], essential: bool, warning: str | None) -> None:
    """A recalled or expired item never comes out without a word about it."""
    assert words.warned(slot("A1", 1, essential=essential, **what)) == warning


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"jams": 1}, "A1 failed once: clear the coil"),
        ({"jams": 2}, "A1 failed twice"),
        ({"jams": 3}, "A1 failed 3 times: clear the coil, then test it. Only naloxone"),
        ({"front_locked": True, "locked": 2}, "A1: recalled or spoiled items are in front and block this coil"),
        ({"locked": 2}, "A1: 2 recalled or spoiled further back"),
        ({"front_expired": True}, "A1: what is in front is past its date. Take it out."),
        ({"unresolved": 2}, "A1: 2 items are unresolved. Count this slot."),
    ],
)
def test_staff_read_why_a_coil_is_passed_over(what: dict[str, Any], sentence: str) -> None:
    """Each reason is one sentence that names the slot and what to do."""
    (fault,) = words.slot_faults(slot("A1", 3, **what))
    assert fault.text.startswith(sentence)
