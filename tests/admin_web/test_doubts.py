"""What can hardly be true is asked back once, in a sentence, and saved when somebody says that it is right."""

from __future__ import annotations

import datetime

import pytest

from admin_web.restock import doubts
from kiosk.model import Added, RestockLine
from tests.admin_web.fake_coil import a_slot
from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.visitor import Visitor, hidden, words

TODAY = datetime.date(2026, 11, 22)
SLOT = a_slot("A1", "NAL-4", "Naloxone", 9, 5)
OTHER = a_slot("A2", "NAL-4", "Naloxone", 9, 2)
SOCKS = a_slot("B3", "SOCK", "Socks", 9, 2)


def asked(lot: str | None, expiry: datetime.date | None, found: int = 5, today: datetime.date = TODAY) -> list[str]:
    line = RestockLine(slot="A1", as_of=7, found=found, added=(Added(quantity=1, lot=lot, expiry=expiry),))
    found_doubts = doubts.of_line(line, SLOT, doubts.in_machine((SLOT, OTHER, SOCKS)), today)
    return [doubt.sentence for doubt in found_doubts]


@pytest.mark.parametrize(
    ("lot", "expiry", "told"),
    [
        ("N7", datetime.date(2028, 8, 31), None),
        ("N7", None, None),
        ("72680LL", datetime.date(2028, 8, 31), None),
        ("72-680 ll", datetime.date(2028, 2, 28), "and here too it is until 31 Aug 2028. Look at the box."),
        ("N7", datetime.date(2018, 8, 31), "you wrote lot N7 until 31 Aug 2018, and that is past."),
        (None, datetime.date(2026, 11, 21), "you wrote what you put in until 21 Nov 2026, and that is past."),
        ("N7", TODAY, None),
        ("N7", datetime.date(2033, 12, 31), None),
        ("N7", datetime.date(2077, 8, 31), "until 31 Aug 2077, and that is 51 years from now. Look at the box."),
    ],
)
def test_a_date_that_can_hardly_be_true(lot: str | None, expiry: datetime.date | None, told: str | None) -> None:
    said = asked(lot, expiry)
    assert bool(said) == bool(told)
    assert not told or told in said[0]


@pytest.mark.parametrize(("found", "told"), [(1, "far more"), (2, None), (5, None), (8, None), (9, "far fewer")])
def test_a_count_far_from_what_is_expected(found: int, told: str | None) -> None:
    said = asked(None, None, found)
    assert bool(said) == bool(told)
    assert not told or said == [f"A1: you counted {found}, and we expected {told}. Count once more."]


ODD = {"found": "0", "added-0-quantity": "2", "added-0-lot": "72680LL", "added-0-year": "2077", "added-0-month": "8"}


@pytest.mark.parametrize("path", ["/slots/A1", "/visit/slots/A1"])
def test_it_is_asked_once_and_a_change_is_asked_anew(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    staff.post("/visit", **hidden(staff.open("/").text))
    first = staff.send(path, **ODD)
    assert first.status_code == 422
    for told in ("You counted 0", "years from now", "it is until 31 Aug 2028"):
        assert told in words(first.text)
    assert daemon.restock_calls == 0
    other = staff.post(path, **{**hidden(first.text), **ODD, "added-0-year": "2078"})
    assert other.status_code == 422
    assert "You counted 0" not in words(other.text)
    assert staff.post(path, **{**hidden(other.text), **ODD, "added-0-year": "2078"}).status_code == 303


def test_what_nobody_said_is_right_waits_at_the_check(staff: Visitor, daemon: FakeDaemon) -> None:
    staff.post("/visit", **hidden(staff.open("/").text))
    staff.send("/visit/slots/A1", **ODD)
    page = staff.open("/visit/check")
    assert "One slot needs you before it can be saved A1: You counted 0, and we expected far more." in words(page.text)
    assert staff.post("/visit/check", **hidden(page.text)).status_code in {303, 422}
    assert daemon.restock_calls == 0
    assert "Look once more" in staff.read("/visit/slots/A1?back=check")


def test_one_answer_about_a_lot_holds_for_the_whole_visit(staff: Visitor, daemon: FakeDaemon) -> None:
    staff.post("/visit", **hidden(staff.open("/").text))
    lot = {"added-0-quantity": "1", "added-0-lot": "N9", "added-0-year": "2029"}
    assert staff.send("/visit/slots/A1", found="5", **lot, **{"added-0-month": "1"}).status_code == 303
    second = {"found": "2", **lot, "added-0-month": "2"}
    answer = staff.send("/visit/slots/A2", **second)
    assert "You wrote lot N9 until 28 Feb 2029, and in A1 it is until 31 Jan 2029." in words(answer.text)
    assert staff.post("/visit/slots/A2", **{**hidden(answer.text), **second}).status_code == 303
    assert "Save 2 slots" in staff.read("/visit/check")


def test_another_product_with_an_odd_date_is_asked_about_too(staff: Visitor, daemon: FakeDaemon) -> None:
    typed = {"found": "4", "sku": "HYG", "added-0-quantity": "1", "added-0-year": "2077", "added-0-month": "1"}
    answer = staff.send("/slots/B3/product", **typed)
    assert (answer.status_code, daemon.restock_calls) == (422, 0)
    assert "Look at the box." in words(answer.text)
    assert staff.post("/slots/B3/product", **{**hidden(answer.text), **typed}).status_code == 303
