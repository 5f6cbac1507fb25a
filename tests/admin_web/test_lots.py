"""Recalls, excursions and the jobs that follow from them."""

from __future__ import annotations

import datetime
import re

import msgspec
import pytest

from kiosk.model import CoilLot, Decision, Fault, FaultKind, KitPart, Lock
from tests.admin_web.fake_daemon import BLOCKED_BEAM, FakeDaemon
from tests.admin_web.fake_desk import an_excursion
from tests.admin_web.test_pages import job_order
from tests.admin_web.visitor import Visitor, hidden, words

OLD = CoilLot(id=9, quantity=2, lot="OLD-1", expiry=datetime.date(2026, 1, 31), expired=True)
GOOD = CoilLot(id=1, quantity=3, lot="72680LL")
KIT = CoilLot(id=7, quantity=4, lot="K-7", parts=(KitPart(name="Atomiser", lot="AT 99"),))


def recall(staff: Visitor, lot: str, sku: str = "") -> str:
    """Lock a lot, by way of the page that asks; returns the page that says what it met."""
    asked = staff.open(f"/recalls/new?lot={lot}&sku={sku}")
    assert asked.status_code == 200, words(asked.text)
    answer = staff.post("/recalls/new", **hidden(asked.text))
    assert answer.status_code == 303
    return answer.location


def test_a_recall_shows_what_it_meets_before_it_locks(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("A1", lots=(OLD, GOOD))
    assert "No lot is locked here." in staff.read("/recalls")
    asked = staff.read("/recalls/new?lot=old%201&sku=")
    assert "Lock lot old 1?" in asked
    assert "A1 2 items , naloxone" in asked
    assert "In an emergency it still comes out, last of all and with a warning" in asked
    assert not daemon.desk.recalls
    page = staff.read(recall(staff, "old-1"))
    assert "Locked: 2 items in A1. Take them out." in page
    assert daemon.slots["A1"].locked == 2
    assert "Lot old-1, any product locked" in staff.read("/recalls")
    assert job_order(staff.open("/").text)[0] == "A1: Recall: take out 2"
    assert "Lot OLD-1, naloxone. It blocks what lies behind it." in staff.read("/")
    assert "A1 recall Naloxone 2 locked 5 of 9" in staff.read("/")


def test_a_recall_of_a_part_finds_the_kit(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("B1", lots=(KIT,), on_hand=4)
    assert "B1 4 items , hygiene kit The atomiser in the kit has this lot." in staff.read("/recalls/new?lot=at99&sku=")
    recall(staff, "AT99")
    assert daemon.slots["B1"].lots[0].locked is Lock.RECALLED


def test_a_recall_may_be_of_one_product_only(staff: Visitor, daemon: FakeDaemon) -> None:
    page = staff.read(recall(staff, "72680LL", "SOCK"))
    assert "Only socks." in page
    assert "Locked: 4 items in B3." in page
    assert daemon.slots["A1"].locked == 0


def test_a_lot_that_nobody_has_is_locked_for_later(staff: Visitor) -> None:
    assert "No slot holds it now" in staff.read("/recalls/new?lot=XYZ&sku=")
    assert "Locked. No slot holds it now, so there is nothing to take out." in staff.read(recall(staff, "XYZ"))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("lot=&sku=", "Lot: write it as it is printed, letters and digits."),
        ("lot=--&sku=", "Lot: write it as it is printed, letters and digits."),
        ("lot=A%00B&sku=", "Lot: write it as it is printed, letters and digits."),
        (f"lot={'L' * 65}&sku=", "Lot: use at most 64 characters."),
        ("lot=A1&sku=NOPE", "Which product: this kiosk does not have that one. Choose again."),
    ],
)
def test_what_is_no_lot_is_told_at_its_field(staff: Visitor, daemon: FakeDaemon, query: str, told: str) -> None:
    assert told in staff.read(f"/recalls/new?{query}", 422)
    assert not daemon.desk.recalls


def test_a_second_press_locks_once(staff: Visitor, daemon: FakeDaemon) -> None:
    form = hidden(staff.open("/recalls/new?lot=72680LL&sku=").text)
    first, second = staff.post("/recalls/new", **form), staff.post("/recalls/new", **form)
    assert first.location == second.location
    assert len(daemon.desk.recalls) == 1


def test_a_recall_is_ended_after_asking(staff: Visitor, daemon: FakeDaemon) -> None:
    page = recall(staff, "72680LL", "SOCK").partition("?")[0]
    assert "4 items in B3 are given out again, at once." in staff.read(f"{page}/lift")
    assert daemon.slots["B3"].locked == 4
    staff.send(f"{page}/lift")
    assert daemon.slots["B3"].locked == 0
    assert "Lot 72680LL, socks over" in staff.read("/recalls")
    assert "This recall is over." in staff.read(page)
    assert "It is over already." in staff.read(f"{page}/lift")
    assert "This kiosk knows no such recall." in staff.read("/recalls/no-such-one", 404)


EXPIRED = Fault(where="A1", kind=FaultKind.EXPIRED_FRONT, text="A1: what is in front is past its date.")


def test_jobs_about_lots_stand_in_the_order_of_their_worth(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.faults = [BLOCKED_BEAM]
    daemon.desk.excursions = [an_excursion()]
    daemon.change("A1", lots=(OLD, GOOD), faults=(EXPIRED,))
    spoiled = msgspec.structs.replace(KIT, locked=Lock.SPOILED)
    daemon.change("B1", lots=(GOOD, msgspec.structs.replace(spoiled, quantity=3)))
    daemon.change("B4", lots=(msgspec.structs.replace(GOOD, quantity=5, locked=Lock.RECALLED),))
    page = staff.open("/")
    assert job_order(page.text) == [
        "machine: The drop sensor is blocked",
        "B4: Recall: take out 5",
        "machine: Is naloxone still good?",
        "B1: Spoiled: take out 3",
        "A1: Expired in front: take out 2",
        "B2: Count this slot",
        "A3: Failed twice",
        "C1: Sold out",
        "A2: Low: 2 left",
    ]
    # The job opens the slot with reason and lot chosen, and so does the slot by itself.
    link = re.search(r'href="(/slots/A1\?[^"]*)"', page.text)
    assert link
    for path in (link[1].replace("&amp;", "&"), "/slots/A1"):
        form = staff.open(path).text
        assert re.search(r'<option value="expired" selected>', form)
        assert re.search(r'<option value="9" selected>', form)


def test_expired_items_behind_the_front_are_a_job(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("A1", lots=(GOOD, OLD))
    page = staff.open("/").text
    assert "A1: Expired behind the front: take out 2" in job_order(page)
    link = re.search(r'href="(/slots/A1\?[^"]*)"', page)
    assert link
    form = staff.open(link[1].replace("&amp;", "&")).text
    assert re.search(r'<option value="expired" selected>', form)
    assert re.search(r'<option value="9" selected>', form)


def test_naloxone_that_is_all_locked_or_expired_counts_as_gone(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("A1", lots=(msgspec.structs.replace(OLD, quantity=5),))
    assert "No good naloxone left" not in staff.read("/")
    daemon.change("A2", lots=(msgspec.structs.replace(GOOD, quantity=2, locked=Lock.RECALLED),))
    assert job_order(staff.open("/").text)[0] == "A1: No good naloxone left"


def test_while_something_is_unresolved_the_number_to_take_out_is_a_bound(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("B2", lots=(msgspec.structs.replace(GOOD, quantity=4, locked=Lock.RECALLED),))
    assert "Recall: take out up to 4" in staff.read("/")


def test_the_blind_count_is_blind_about_lots_too(staff: Visitor, daemon: FakeDaemon) -> None:
    told = Fault(where="A1", kind=FaultKind.LOCKED_FRONT, text="Recalled items are in front. Take out 86.")
    lots = (msgspec.structs.replace(OLD, quantity=86, locked=Lock.RECALLED), msgspec.structs.replace(GOOD, quantity=1))
    daemon.change("A1", lots=lots, on_hand=87, capacity=99, faults=(told,))
    staff.post("/visit", **hidden(staff.open("/").text))
    for path in ("/slots/A1", "/visit/slots/A1"):
        page = staff.read(path)
        assert "Lot OLD-1 is recalled and expired: take out all of it." in page
        assert "86" not in page
        assert "87" not in page


def test_an_excursion_is_read_then_decided(staff: Visitor, daemon: FakeDaemon) -> None:
    assert "It was never too warm or too cold here." in staff.read("/excursions")
    daemon.desk.excursions = [an_excursion(5), an_excursion(4, decision=Decision.ACCEPT)]
    assert "Waiting for you" in staff.read("/excursions")
    page = staff.read("/excursions/5")
    for fact in ("3 hours 25 minutes", "43.5 °C", "31.2 °C", "72680LL", "A1, A2", "The one steady temperature"):
        assert fact in page
    asked = staff.read("/excursions/5/remove")
    assert "The lots are locked at once in A1, A2" in asked
    assert "Visitors: nothing." in asked
    assert daemon.slots["A1"].locked == 0
    answer = staff.send("/excursions/5/remove")
    assert "Decided: the lots are locked and must be taken out." in staff.read(answer.location)
    assert daemon.slots["A1"].locked == 5
    assert job_order(staff.open("/").text)[0] == "A1: No good naloxone left"
    assert "Also: spoiled: take out 5." in staff.read("/")
    assert "Somebody has decided already." in staff.read("/excursions/5/accept")


def test_lots_may_stay(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.excursions = [an_excursion()]
    assert "The items come out as they do now." in staff.read("/excursions/1/accept")
    form = hidden(staff.open("/excursions/1/accept").text)
    for _ in range(2):
        assert staff.post("/excursions/1/accept", **form).status_code == 303
    assert daemon.desk.excursions[0].decision is Decision.ACCEPT
    assert "still good" not in staff.read("/")


def test_the_first_decision_stands(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.excursions = [an_excursion()]
    form = hidden(staff.open("/excursions/1/accept").text)
    daemon.desk.excursions = [an_excursion(decision=Decision.REMOVE)]
    answer = staff.post("/excursions/1/accept", **form)
    assert answer.status_code == 409
    assert "Somebody decided" in words(answer.text)
    assert daemon.desk.excursions[0].decision is Decision.REMOVE


def test_what_still_goes_on_is_shown_and_decided_later(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.excursions = [an_excursion(ended=None)]
    assert "Bad for naloxone" in staff.read("/")
    page = staff.open("/excursions/1")
    assert "It is still going on." in words(page.text)
    assert "/excursions/1/accept" not in page.text
    assert "This kiosk knows no such time" in staff.read("/excursions/2", 404)
    assert staff.open("/excursions/1/forget").status_code == 404


def test_today_shows_the_other_jobs_when_the_kiosk_cannot_tell_about_heat(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.desk.excursions = [an_excursion()]
    assert "may be missing here" not in staff.read("/")
    daemon.desk.broken = True
    page = staff.read("/")
    assert "Count this slot" in page
    assert "jobs about the temperature may be missing here" in page
    assert "The kiosk could not do that" in staff.read("/excursions", 409)


@pytest.mark.parametrize("path", ["/recalls", "/recalls/new?lot=A&sku=", "/excursions", "/excursions/1"])
def test_while_the_daemon_is_away_the_page_comes_back_by_itself(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    daemon.desk.excursions = [an_excursion()]
    daemon.stop()
    answer = staff.open(path)
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    daemon.start()
    assert staff.open(path).status_code == 200
