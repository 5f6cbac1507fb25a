"""What was missing, the menu, and codes."""

from __future__ import annotations

import re

import pytest

from kiosk.model import Demand, Shortage
from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.fake_desk import a_shortage
from tests.admin_web.visitor import Visitor, hidden, words


def form_for(page: str, sku: str) -> dict[str, str]:
    """Return the fields of the form that belongs to a product."""
    forms = [hidden(form) for form in re.findall(r"<form.*?</form>", page, re.DOTALL)]
    return next(form for form in forms if form.get("sku") == sku)


def test_nothing_missing_is_good_news(staff: Visitor) -> None:
    assert "Nothing was missing so far." in staff.read("/missing")


def test_what_was_missing_is_added_up_by_product_and_day(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.shortage = a_shortage(3)
    page = staff.read("/missing")
    assert "Naloxone 6 0 Sharps box 0 12" in page
    assert "22 Nov 2026 Naloxone 2 0 22 Nov 2026 Sharps box 0 4 21 Nov 2026" in page


def test_many_days_are_paged(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.shortage = a_shortage(60)
    page = staff.open("/missing").text
    assert page.count("<time") == 40
    assert "/missing?page=2" in page
    assert staff.open("/missing?page=3").text.count("<time") == 40
    assert "Older" not in staff.read("/missing?page=3")
    assert "Nothing older." in staff.read("/missing?page=9")
    assert staff.open("/missing?page=x").status_code == 200


def test_a_product_that_is_gone_is_told_by_its_number(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.shortage = Shortage(demand=(Demand(when="2026-11-22", sku="GONE-1", unmet=1),), outages=())
    assert "GONE-1 1 0" in staff.read("/missing")


def test_a_product_is_hidden_and_shown(staff: Visitor, daemon: FakeDaemon) -> None:
    assert "Naloxone still comes out in an emergency, hidden or not." in staff.read("/menu")
    form = form_for(staff.open("/menu").text, "SOCK")
    for _ in range(2):
        assert staff.post("/menu", **form).status_code == 303
    assert "Socks is off the menu now." in staff.read("/menu")
    assert daemon.slots["B3"].hidden
    assert not daemon.slots["B1"].hidden
    assert "B3 hidden Socks" in staff.read("/")
    staff.post("/menu", **form_for(staff.open("/menu").text, "SOCK"))
    assert "Socks is on the menu again." in staff.read("/menu")
    assert not daemon.slots["B3"].hidden


def test_what_the_configuration_hides_stays_hidden_and_says_so(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.always_hidden = {"SOCK"}
    daemon.change("B3", hidden=True)
    staff.post("/menu", **form_for(staff.open("/menu").text, "SOCK"))
    assert "Socks stays off the menu: the kiosk's configuration hides it." in staff.read("/menu")


def test_an_unknown_product_is_refused(staff: Visitor) -> None:
    form = {**form_for(staff.open("/menu").text, "SOCK"), "sku": "NOPE"}
    answer = staff.post("/menu", **form)
    assert answer.status_code == 404
    assert "This kiosk has no product NOPE." in words(answer.text)
    assert staff.post("/menu", **{**form, "sku": ""}).status_code == 404


def test_a_code_is_shown_once(staff: Visitor, daemon: FakeDaemon) -> None:
    assert "maple otter lamp" not in staff.read("/code")
    answer = staff.send("/code")
    assert "maple otter lamp Good until 30 Nov 2026." in words(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "maple otter lamp" not in staff.read("/code")
    daemon.desk.codes_on = False
    answer = staff.send("/code")
    assert answer.status_code == 409
    assert "Codes are off at this kiosk." in words(answer.text)


def test_more_opens_while_the_daemon_is_away(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.stop()
    assert "Recall a lot" in staff.read("/more")


@pytest.mark.parametrize("path", ["/missing", "/menu"])
def test_while_the_daemon_is_away_the_page_comes_back_by_itself(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    daemon.stop()
    answer = staff.open(path)
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    daemon.start()
    assert staff.open(path).status_code == 200


def test_a_code_asked_of_a_daemon_that_is_away_is_told(staff: Visitor, daemon: FakeDaemon) -> None:
    form = hidden(staff.open("/code").text)
    daemon.stop()
    assert staff.post("/code", **form).status_code == 503
