"""Counting and filling one slot: in words, once, and never over somebody's head."""

from __future__ import annotations

import datetime
import html
import re

import msgspec
import pytest
from flask import Flask

from admin_web import words as say
from kiosk.model import RestockResult
from tests.admin_web.conftest import WallClock
from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.visitor import PASSWORD, Visitor, hidden, words

TYPED = {"found": "4", "added": "5", "lot": "72680LL", "year": "2028", "month": "8", "day": ""}


def kept(page: str, name: str) -> str:
    """Return what stands in a field."""
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert tag
    value = re.search(r'value="([^"]*)"', tag[0])
    return html.unescape(value[1]) if value else ""


def test_a_count_and_a_filling_are_told_in_words(staff: Visitor, daemon: FakeDaemon) -> None:
    answer = staff.send("/slots/A1", **TYPED)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "A1: you counted 4, we expected 5. One is missing. Added 5. Now 9." in staff.read("/")
    assert "you counted" not in staff.read("/")
    ((request, _),) = daemon.restocks.values()
    assert (request.lot, request.expiry, request.as_of) == ("72680LL", datetime.date(2028, 8, 31), 7)


def test_the_expected_number_is_not_shown_before_the_count(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.slots["B2"] = msgspec.structs.replace(daemon.slots["B2"], on_hand=83, unresolved=2, capacity=200)
    page = staff.read("/slots/B2")
    assert "83" not in page
    assert "85" not in page
    assert "2 items may or may not have come out" in page


def test_a_count_alone_settles_what_is_unresolved(staff: Visitor, daemon: FakeDaemon) -> None:
    assert "3 to 4 of 6" in staff.read("/")
    staff.send("/slots/B2", found="4", added="")
    assert "B2: you counted 4. That settles 1 item. Nothing added. Now 4." in staff.read("/")
    assert daemon.slots["B2"].unresolved == 0


def test_a_second_press_is_harmless(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    assert staff.post("/slots/A1", **form).status_code == 303
    assert staff.post("/slots/A1", **form).status_code == 303
    assert daemon.restock_calls == 2
    assert daemon.slots["A1"].on_hand == 9
    assert len(daemon.restocks) == 1


def test_somebody_took_an_item_meanwhile(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    daemon.take("A1")
    answer = staff.post("/slots/A1", **form)
    assert answer.status_code == 409
    assert "A1 changed while you counted" in words(answer.text)
    assert "Count again" in words(answer.text)
    assert {name: kept(answer.text, name) for name in TYPED} == TYPED
    assert daemon.slots["A1"].on_hand == 4
    again = staff.post("/slots/A1", **{**hidden(answer.text), **TYPED, "found": "3"})
    assert again.status_code == 303
    assert "A1: you counted 3, we expected 4. One is missing. Added 5. Now 8." in staff.read("/")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"found": ""}, "How many are inside now: count them and write the number; 0 if it is empty."),
        ({"found": "four"}, "How many are inside now: write a whole number, such as 4."),
        ({"found": "-1"}, "How many are inside now: write a whole number, such as 4."),
        ({"found": "4.5"}, "How many are inside now: write a whole number, such as 4."),
        ({"found": "٤"}, "How many are inside now: write a whole number, such as 4."),
        ({"found": "9999999"}, "How many are inside now: write a whole number, such as 4."),
        ({"found": "44"}, "How many are inside now: A1 holds 9, you wrote 44. Count again."),
        ({"added": "50"}, "How many did you add: A1 holds 9. With 4 inside, add at most 5."),
        ({"added": ""}, "How many did you add: you wrote a lot or a date, so write how many, or clear those."),
        ({"added": "x"}, "How many did you add: write a whole number, such as 4."),
        ({"lot": "L" * 65}, "Lot: use at most 64 characters."),
        ({"year": ""}, "Expiry: write year and month, such as 2027 and 8."),
        ({"month": ""}, "Expiry: write year and month, such as 2027 and 8."),
        ({"month": "13"}, "Expiry: write the month as a number from 1 to 12."),
        ({"year": "1999"}, "Expiry: write the year with four digits, such as 2027."),
        ({"month": "2", "day": "30"}, "Expiry: that month has days 1 to 29."),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(
    staff: Visitor, daemon: FakeDaemon, typed: dict[str, str], told: str
) -> None:
    form = {**TYPED, **typed}
    answer = staff.send("/slots/A1", **form)
    assert answer.status_code == 422
    remedy = told.partition(": ")[2]
    assert words(answer.text).count(told) == 1
    assert words(answer.text).lower().count(remedy.lower()) == 2
    assert "One thing needs a change" in words(answer.text)
    assert {name: kept(answer.text, name) for name in form} == form
    assert daemon.restock_calls == 0


@pytest.mark.parametrize(
    ("year", "month", "day", "date"), [("27", "2", "", "2027-02-28"), ("2028", "02", "9", "2028-02-09")]
)
def test_an_expiry_as_it_stands_on_the_box(
    staff: Visitor, daemon: FakeDaemon, year: str, month: str, day: str, date: str
) -> None:
    staff.send("/slots/A1", **{**TYPED, "year": year, "month": month, "day": day})
    ((request, _),) = daemon.restocks.values()
    assert str(request.expiry) == date


def test_the_daemon_goes_away_while_a_count_is_sent(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    daemon.stop()
    answer = staff.post("/slots/A1", **form)
    assert answer.status_code == 503
    assert "Nothing you typed is lost" in words(answer.text)
    assert "Refresh" not in answer.headers
    daemon.start()
    assert staff.post("/slots/A1", **hidden(answer.text)).status_code == 303
    assert daemon.slots["A1"].on_hand == 9


def test_a_sign_in_that_ran_out_brings_back_what_was_typed(
    staff: Visitor, clock: WallClock, daemon: FakeDaemon
) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    clock.moved_s += 3600
    to_sign_in = staff.post("/slots/A1", **form).location
    assert to_sign_in.startswith("/sign-in?next=/slots/A1")
    daemon.take("A1")
    back = staff.send(to_sign_in, name="Sam", password=PASSWORD).location
    page = staff.open(back).text
    assert {name: kept(page, name) for name in TYPED} == TYPED
    # The version it was counted at came along, so the item that left meanwhile is noticed.
    assert staff.post("/slots/A1", **{**hidden(page), **TYPED}).status_code == 409


def test_a_visit_walks_the_slots_as_they_hang(staff: Visitor) -> None:
    assert "/slots/A1?visit=1" in staff.open("/").text
    assert "Slot 1 of 10" in staff.read("/slots/A1?visit=1")
    seen, path = [], "/slots/A1?visit=1"
    while path != "/":
        slot = path[7:].partition("?")[0]
        seen.append(slot)
        path = staff.send(path, found="0", visit="1").location
    assert seen == ["A1", "A2", "A3", "A4", "A10", "B1", "B2", "B3", "B4", "C1"]
    assert "That was the last slot" in staff.read("/")


def test_an_unknown_slot_is_told_in_words(staff: Visitor) -> None:
    assert "This kiosk has no slot Z9." in staff.read("/slots/Z9", 404)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"found": 5}, "A1: you counted 5, as expected. Nothing added. Now 5."),
        ({"found": 5, "added": 4}, "A1: you counted 5, as expected. Added 4. Now 9."),
        ({"found": 2, "drift": -3}, "A1: you counted 2, we expected 5. 3 are missing. Nothing added. Now 2."),
        (
            {"found": 6, "drift": 1},
            "A1: you counted 6, we expected 5. One is more than expected. Nothing added. Now 6.",
        ),
        (
            {"found": 2, "drift": -1, "settled": 2},
            "A1: you counted 2, we expected at least 3. One is missing. That settles 2 items. Nothing added. Now 2.",
        ),
        (
            {"found": 6, "drift": 1, "settled": 1, "added": 1},
            "A1: you counted 6, we expected at most 5. One is more than expected. That settles 1 item. Added 1. Now 7.",
        ),
    ],
)
def test_results_in_words(facts: dict[str, int], told: str) -> None:
    full = {"added": 0, "settled": 0, "drift": 0, **facts}
    result = RestockResult(id="12345678", slot="A1", on_hand=full["found"] + full["added"], **full)
    assert say.restocked(result) == told


def test_the_app_needs_no_script(staff: Visitor, app: Flask) -> None:
    for path in ("/", "/slots/A1", "/slots/A1/test", "/events", "/account", "/sign-in", "/claim"):
        page = staff.open(path).text
        assert "<script" not in page
        assert not re.search(r"\son\w+=|\sstyle=|https?://(?!www.w3.org)", page)
