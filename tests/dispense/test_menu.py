"""What may be had now, before anybody asks: enough, little, none, or not now, and why."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.config import Product
from kiosk.dispense.rules.menu import menu
from kiosk.model import Availability, MenuItem, Refusal, RefusalCode, SlotStock
from tests.dispense.running import JAMS, Running
from tests.dispense.test_choose import ESSENTIAL, PLAIN, SOON, slot

CLOSED = Refusal(code=RefusalCode.CLOSED, opens=datetime.time(8))


def item(*slots: SlotStock, product: Product = PLAIN, refusal: Refusal | None = None, resting: str = "") -> MenuItem:
    (found,) = menu([product], slots, resting.split(), lambda _: refusal).items
    return found


@pytest.mark.parametrize(
    ("slots", "availability", "refusal"),
    [
        ((slot("A1", 5),), Availability.IN, None),
        ((slot("A1", 1, par=2), slot("A2", 5, par=2)), Availability.IN, None),
        ((slot("A1", 1, par=2), slot("A2", 2, par=2)), Availability.LOW, None),
        ((slot("A1", 0, unresolved=3, par=0),), Availability.LOW, None),
        ((slot("A1", 0), slot("A2", 0)), Availability.OUT, RefusalCode.SOLD_OUT),
        ((slot("A1", 0), slot("A2", 4, jams=3)), Availability.OUT, RefusalCode.STUCK),
        ((slot("A1", 4, SOON, front_expired=True),), Availability.OUT, RefusalCode.STUCK),
        ((slot("A1", 4, front_locked=True, locked=4),), Availability.OUT, RefusalCode.STUCK),
    ],
)
def test_what_is_inside_decides(
    slots: tuple[SlotStock, ...], availability: Availability, refusal: RefusalCode | None
) -> None:
    found = item(*slots)
    assert (found.availability, found.refusal) == (availability, refusal)


def test_naloxone_is_out_only_when_there_is_none() -> None:
    """A slot that is locked, or counts as broken, is tried in an emergency."""
    broken: dict[str, Any] = {"jams": 3, "front_locked": True, "locked": 2}
    assert item(slot("A1", 2, **broken), product=ESSENTIAL).availability is Availability.IN
    none = item(slot("A1", 0), product=ESSENTIAL)
    assert (none.availability, none.refusal) == (Availability.OUT, None), "it may be asked for all the same"


def test_a_rule_is_told_with_its_facts_and_a_slot_that_rests() -> None:
    refused = item(slot("A1", 5), refusal=CLOSED)
    assert (refused.availability, refused.refusal, refused.opens) == (
        Availability.REFUSED,
        RefusalCode.CLOSED,
        datetime.time(8),
    )
    assert item(slot("A1", 0), refusal=CLOSED).availability is Availability.OUT
    assert item(slot("A1", 5), resting="A1").refusal is RefusalCode.STUCK
    assert item(slot("A1", 5), slot("A2", 5), resting="A1").availability is Availability.IN


def test_what_is_hidden_or_has_no_slot_is_not_on_it() -> None:
    other = replace(PLAIN, sku="Y")
    assert menu([PLAIN, other], [slot("A1", 5)], (), lambda _: None).items[0].sku == "X"
    for one in (PLAIN, ESSENTIAL):
        assert not menu([one], [slot("A1", 5, hidden=True)], (), lambda _: None).items


def test_a_kiosk_s_menu_follows_its_slots(shop: Running) -> None:
    """As its products are in the configuration; what was pressed for in vain twice rests."""
    shop.put("A1", 3, "N1")
    found = {one.sku: one for one in shop.service.menu().items}
    assert list(found) == ["NAL", "STRIP", "SOCK"]
    assert found["NAL"].essential
    for _ in range(2):
        shop.vend("SOCK", JAMS)
    assert {one.sku: one.refusal for one in shop.service.menu().items}["SOCK"] is RefusalCode.STUCK


def test_while_nothing_can_be_written_down_only_naloxone_is_given(shop: Running) -> None:
    shop.put("A1", 3, "N1")
    shop.storage.ledger.close()
    found = {one.sku: (one.availability, one.refusal) for one in shop.service.menu().items}
    assert found["NAL"] == (Availability.IN, None)
    assert found["STRIP"] == (Availability.REFUSED, RefusalCode.NO_LEDGER)
