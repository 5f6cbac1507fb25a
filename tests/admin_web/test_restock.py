"""Counting and filling one slot: in words, once, and never over somebody's head."""

from __future__ import annotations

import datetime
import html
import re

import msgspec
import pytest
from flask import Flask

from admin_web.restock import restock_words as say
from kiosk.model import Added, KitPart, Reason, Removed, RestockedSlot, RestockLine
from tests.admin_web.conftest import WallClock
from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.visitor import PASSWORD, Visitor, hidden, words

TYPED = {
    "found": "4", "added-0-quantity": "5", "added-0-lot": "72680LL", "added-0-year": "2028", "added-0-month": "8",
    "added-0-day": "",
}  # fmt: skip


def kept(page: str, name: str) -> str:
    """Return what stands in a field."""
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert tag
    value = re.search(r'value="([^"]*)"', tag[0])
    return html.unescape(value[1]) if value else ""


def the_line(daemon: FakeDaemon) -> RestockLine:
    """Return the only line of the only visit that the daemon has."""
    ((request, _),) = daemon.restocks.values()
    (line,) = request.lines
    return line


def test_a_count_and_a_filling_are_told_in_words(staff: Visitor, daemon: FakeDaemon) -> None:
    answer = staff.send("/slots/A1", **TYPED)
    assert answer.status_code == 303
    page = staff.read(answer.location)
    assert "A1: You counted 4, we expected 5. One is missing. Put in 5. Now 9." in page
    assert "Saved 1 slot counted, 5 put in." in page
    line = the_line(daemon)
    assert line.added == (Added(quantity=5, lot="72680LL", expiry=datetime.date(2028, 8, 31)),)
    assert (line.as_of, line.removed) == (7, ())


def test_the_expected_number_is_not_shown_before_the_count(staff: Visitor, daemon: FakeDaemon) -> None:
    lots = (msgspec.structs.replace(daemon.slots["B2"].lots[0], quantity=85),)
    daemon.change("B2", on_hand=83, unresolved=2, capacity=200, lots=lots)
    page = staff.read("/slots/B2")
    assert "83" not in page
    assert "85" not in page
    assert "What lies in this coil" in page
    assert "Nobody knows whether 2 items are still inside" in page
    assert "83 to 85 of 200" in staff.read("/slots/B2/coil")


def test_a_count_alone_settles_what_is_unresolved(staff: Visitor, daemon: FakeDaemon) -> None:
    assert "3 to 4 of 6" in staff.read("/")
    done = staff.send("/slots/B2", found="4").location
    assert "B2: You counted 4. That settles 1 item. Nothing put in. Now 4." in staff.read(done)
    assert daemon.slots["B2"].unresolved == 0


def test_a_second_press_is_harmless(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    first, second = staff.post("/slots/A1", **form), staff.post("/slots/A1", **form)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert daemon.restock_calls == 2
    assert daemon.slots["A1"].on_hand == 9
    assert len(daemon.restocks) == 1


def test_somebody_took_an_item_meanwhile(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    daemon.take("A1")
    answer = staff.post("/slots/A1", **form)
    assert answer.status_code == 409
    assert "Something moved in A1 after you counted" in words(answer.text)
    put_in = {name: text for name, text in TYPED.items() if name != "found"}
    assert {name: kept(answer.text, name) for name in put_in} == put_in
    assert daemon.slots["A1"].on_hand == 4
    again = staff.post("/slots/A1", **{**hidden(answer.text), **put_in, "inside": "8"})
    assert again.status_code == 303
    told = "A1: You counted 3, we expected 4. One is missing. Put in 5. Now 8."
    assert told in staff.read(again.location)
    assert daemon.slots["A1"].on_hand == 8


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
        ({"added-0-quantity": "50"}, "How many did you put in: A1 holds 9. With 4 inside, put in at most 5."),
        (
            {"added-0-quantity": ""},
            "How many did you put in: you wrote about a lot, so write how many, or clear that.",
        ),
        ({"added-0-quantity": "x"}, "How many did you put in: write a whole number, such as 4."),
        ({"added-0-lot": "L" * 65}, "Lot: use at most 64 characters."),
        ({"added-0-year": ""}, "Expiry: write year and month, such as 2027 and 8."),
        ({"added-0-month": ""}, "Expiry: write year and month, such as 2027 and 8."),
        ({"added-0-month": "13"}, "Expiry: write the month as a number from 1 to 12."),
        ({"added-0-year": "1999"}, "Expiry: write the year with four digits, such as 2027."),
        ({"added-0-month": "2", "added-0-day": "30"}, "Expiry: that month has days 1 to 29."),
        ({"added-0-funder": "L" * 65}, "Who paid for them: use at most 64 characters."),
        ({"added-1-lot": "X1"}, "How many did you put in: you wrote about a lot, so write how many, or clear that."),
        ({"added-0-parts-0-name": "atomiser"}, "Lot of the part: write it, or clear the part's name."),
        ({"added-0-parts-0-lot": "AT9"}, "Part: write what it is, such as atomiser."),
        ({"removed-0-quantity": "1"}, "Why: choose why you took them out."),
        (
            {"removed-0-quantity": "5", "removed-0-reason": "expired"},
            "How many did you take out: you counted 4, so at most 4 can come out, not 5.",
        ),
        (
            {"removed-0-quantity": "1", "removed-0-reason": "other", "removed-0-lot": "77"},
            "Of which lot: that lot is not in this slot now. Choose again.",
        ),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(
    staff: Visitor, daemon: FakeDaemon, typed: dict[str, str], told: str
) -> None:
    lots = daemon.slots["A1"].lots
    split = (msgspec.structs.replace(lots[0], quantity=2), msgspec.structs.replace(lots[0], quantity=3, id=2))
    daemon.change("A1", lots=split)
    form = {**TYPED, **typed}
    answer = staff.send("/slots/A1", **form)
    assert answer.status_code == 422
    remedy = told.partition(": ")[2]
    assert words(answer.text).count(told) == 1
    assert words(answer.text).lower().count(remedy.lower()) == 2
    assert "One thing needs a change" in words(answer.text)
    fields = [name for name in form if not name.endswith(("reason", "removed-0-lot"))]
    assert {name: kept(answer.text, name) for name in fields} == {name: form[name] for name in fields}
    assert daemon.restock_calls == 0


@pytest.mark.parametrize(
    ("year", "month", "day", "date"), [("27", "2", "", "2027-02-28"), ("2028", "02", "9", "2028-02-09")]
)
def test_an_expiry_as_it_stands_on_the_box(
    staff: Visitor, daemon: FakeDaemon, year: str, month: str, day: str, date: str
) -> None:
    lot = {**TYPED, "added-0-lot": "N9"}
    staff.send("/slots/A1", **{**lot, "added-0-year": year, "added-0-month": month, "added-0-day": day})
    assert str(the_line(daemon).added[0].expiry) == date


def test_several_lots_go_out_and_in_with_who_paid_and_their_parts(staff: Visitor, daemon: FakeDaemon) -> None:
    first = daemon.slots["A1"].lots[0]
    old = msgspec.structs.replace(first, id=9, quantity=2, lot="OLD-1", expired=True)
    daemon.change("A1", lots=(old, msgspec.structs.replace(first, quantity=3)))
    page = staff.open("/slots/A1")
    assert "Lot OLD-1 is expired: take out all of it." in words(page.text)
    assert re.search(r'<option value="9"[^>]*>Lot OLD-1, until 31 Aug 2028, expired<', page.text)
    done = staff.send("/slots/A1", **{
        "found": "5",
        "removed-0-quantity": "2", "removed-0-reason": "expired", "removed-0-lot": "9",
        "removed-1-quantity": "1", "removed-1-reason": "damaged",
        "added-0-quantity": "3", "added-0-lot": "K1", "added-0-funder": "SOR grant",
        "added-0-parts-0-name": "atomiser", "added-0-parts-0-lot": "AT9",
        "added-1-quantity": "2", "added-1-lot": "K2",
    }).location  # fmt: skip
    line = the_line(daemon)
    assert line.removed == (
        Removed(quantity=2, reason=Reason.EXPIRED, lot=9),
        Removed(quantity=1, reason=Reason.DAMAGED),
    )
    parts = (KitPart(name="atomiser", lot="AT9"),)
    assert line.added == (Added(quantity=3, lot="K1", funder="SOR grant", parts=parts), Added(quantity=2, lot="K2"))
    assert "You counted 5, as expected. Took out 3. Put in 5. Now 7." in staff.read(done)
    coil = staff.read("/slots/A1/coil")
    assert "2 In front. Lot 72680LL, until 31 Aug 2028 Paid by State grant 3 Lot K1 Paid by SOR grant" in coil
    assert "atomiser: lot AT9 2 Lot K2" in coil


def test_one_more_row_is_offered_once_all_are_used(staff: Visitor) -> None:
    used = {f"added-{n}-quantity": "1" for n in range(4)}
    answer = staff.send("/slots/A1", found="x", **used)
    assert 'name="added-4-quantity"' in answer.text
    assert 'name="added-5-quantity"' not in answer.text


def test_no_number_of_rows_breaks_the_form(staff: Visitor, daemon: FakeDaemon) -> None:
    many = {f"added-{n}-quantity": "1" for n in range(60)}
    assert staff.send("/slots/A10", found="0", **many).status_code in {303, 422}
    assert staff.send("/slots/A10", found="0", **{"added-99999999-quantity": "1"}).status_code in {303, 422}


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
    assert "csrf" not in back
    page = staff.open(back).text
    # The version it was counted at came along, so the item that left meanwhile is noticed.
    assert "Something moved in A1 after you counted" in words(page)
    assert {name: kept(page, name) for name in TYPED if name != "found"} == {
        name: text for name, text in TYPED.items() if name != "found"
    }


def test_a_refusal_of_the_daemon_is_told_at_the_count(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/A1").text), **TYPED}
    daemon.change("A1", capacity=8, version=7)
    answer = staff.post("/slots/A1", **form)
    assert answer.status_code == 422
    assert "With 4 inside, put in at most 4." in words(answer.text)


def test_an_unknown_slot_is_told_in_words(staff: Visitor) -> None:
    for path in ("/slots/Z9", "/slots/Z9/coil", "/slots/Z9/product"):
        assert "This kiosk has no slot Z9." in staff.read(path, 404)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"found": 5}, "You counted 5, as expected. Nothing put in. Now 5."),
        ({"found": 5, "added": 4}, "You counted 5, as expected. Put in 4. Now 9."),
        ({"found": 5, "removed": 2}, "You counted 5, as expected. Took out 2. Nothing put in. Now 3."),
        ({"found": 2, "drift": -3}, "You counted 2, we expected 5. 3 are missing. Nothing put in. Now 2."),
        (
            {"found": 6, "drift": 1},
            "You counted 6, we expected 5. One is more than expected. Nothing put in. Now 6.",
        ),
        (
            {"found": 2, "drift": -1, "settled": 2},
            "You counted 2, we expected at least 3. One is missing. That settles 2 items. Nothing put in. Now 2.",
        ),
        (
            {"found": 6, "drift": 1, "settled": 1, "added": 1},
            "You counted 6, we expected at most 5. One is more than expected. That settles 1 item. Put in 1. Now 7.",
        ),
    ],
)
def test_results_in_words(facts: dict[str, int], told: str) -> None:
    full = {"added": 0, "removed": 0, "settled": 0, "drift": 0, **facts}
    done = RestockedSlot(slot="A1", on_hand=full["found"] + full["added"] - full["removed"], **full)
    assert say.restocked(done) == told


def test_the_app_needs_no_script(staff: Visitor, app: Flask) -> None:
    staff.send("/restock")
    paths = ["/slots/A1", "/visit/slots/A1", "/sign-in", "/claim"]
    paths += [str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    for path in set(paths) - {"/alive"}:
        page = staff.open(path).text
        assert "<script" not in page
        assert not re.search(r"\son\w+=|\sstyle=|https?://(?!www.w3.org)", page)
