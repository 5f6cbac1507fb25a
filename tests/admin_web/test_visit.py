"""A restock visit: written slot by slot, kept through everything, saved once and whole, and taken back."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from admin_web.app import close, create_app
from admin_web.settings import Settings
from kiosk.model import Added, Reason, Removed
from tests.admin_web.conftest import WallClock
from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.test_restock import kept
from tests.admin_web.visitor import PASSWORD, Visitor, hidden, words

WALK = ["A1", "A2", "A3", "A4", "A10", "B1", "B2", "B3", "B4", "C1"]


def begin(staff: Visitor) -> str:
    """Start a visit, or go on with it; returns the first slot's page."""
    answer = staff.post("/visit", **hidden(staff.open("/").text))
    assert answer.status_code == 303
    return answer.location


def insist(staff: Visitor, path: str, **typed: str) -> str:
    """Write something, and say once more that it is right if that is asked; returns where that leads."""
    answer = staff.send(path, **typed)
    if answer.status_code == 422:
        answer = staff.post(path, **{**hidden(answer.text), **typed})
    assert answer.status_code == 303, words(answer.text)
    return answer.location


def save(staff: Visitor) -> str:
    """Save the visit; returns the page that says what became of it."""
    answer = staff.send("/visit/check")
    assert answer.status_code == 303, words(answer.text)
    return answer.location


def test_a_visit_walks_the_slots_as_they_hang_and_is_saved_as_one(staff: Visitor, daemon: FakeDaemon) -> None:
    seen, path = [], begin(staff)
    while path != "/visit/check":
        slot = path.rpartition("/")[2]
        seen.append(slot)
        assert f"Slot {len(seen)} of 10" in staff.read(path)
        path = insist(staff, path, found="0")
        assert daemon.restock_calls == 0
    assert seen == WALK
    told = staff.read(save(staff))
    assert "Saved 10 slots counted. Close the door, and thank you." in told
    assert "A10: You counted 0, we expected 12. 12 are missing." in told
    ((request, _),) = daemon.restocks.values()
    assert [line.slot for line in request.lines] == WALK
    assert "Start a visit" in staff.read("/")


def test_the_count_is_blind_until_it_is_written(staff: Visitor, daemon: FakeDaemon) -> None:
    lots = (msgspec.structs.replace(daemon.slots["A1"].lots[0], quantity=83),)
    daemon.change("A1", on_hand=83, capacity=200, lots=lots)
    begin(staff)
    assert "83" not in staff.read("/visit/slots/A1")
    staff.send("/visit/slots/A1", found="80")
    page = staff.read("/visit/check")
    assert "Counted 80 Expected 83 Drift 3 are missing Now 80 of 200" in page


def test_the_check_reconciles_every_slot(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send(
        "/visit/slots/A1", found="4",
        **{"removed-0-quantity": "1", "removed-0-reason": "damaged", "added-0-quantity": "3", "added-0-lot": "N7",
           "added-0-year": "29", "added-0-month": "1", "added-0-funder": "SOR grant"},
    )  # fmt: skip
    staff.send("/visit/slots/B2", found="4")
    page = staff.read("/visit/check")
    assert (
        "A1: Naloxone Change A1 Counted 4 Expected 5 Drift One is missing Taken out 1 damaged "
        "Put in 3 of lot N7, until 31 Jan 2029, paid by SOR grant Now 6 of 9"
    ) in page
    assert "B2: Hygiene kit Change B2 Counted 4 Expected 3 to 4 Drift As expected Now 4 of 6" in page
    assert "Not in this visit: 8 slots" in page
    assert "Save 2 slots" in page
    save(staff)
    ((request, _),) = daemon.restocks.values()
    assert request.lines[0].removed == (Removed(quantity=1, reason=Reason.DAMAGED),)
    assert isinstance(request.lines[0].added[0], Added)
    assert daemon.slots["A1"].on_hand == 6


def test_what_was_written_survives_a_restart_and_a_sign_out(
    staff: Visitor, settings: Settings, daemon: FakeDaemon
) -> None:
    begin(staff)
    form = {"found": "4", "added-0-quantity": "2", "added-0-lot": "N7"}
    staff.send("/visit/slots/A1", **form)
    staff.sign_out()
    daemon.stop()
    daemon.start()
    again = create_app(settings)
    try:
        later = Visitor(again)
        assert later.sign_in().status_code == 303
        assert "Go on with your visit" in later.read("/")
        assert begin(later) == "/visit/slots/A2"
        page = later.open("/visit/slots/A1").text
        assert {name: kept(page, name) for name in form} == form
        save(later)
        assert daemon.slots["A1"].on_hand == 6
    finally:
        close(again)


def test_a_sign_in_that_ran_out_in_the_middle_loses_nothing(
    staff: Visitor, clock: WallClock, daemon: FakeDaemon
) -> None:
    path = begin(staff)
    form = {**hidden(staff.open(path).text), "found": "4", "added-1-quantity": "2", "added-1-lot": "N8"}
    clock.moved_s += 3600
    back = staff.send(staff.post(path, **form).location, name="Sam", password=PASSWORD).location
    page = staff.open(back).text
    assert {name: kept(page, name) for name in ("found", "added-1-lot")} == {"found": "4", "added-1-lot": "N8"}
    assert staff.post(path, **{**form, **hidden(page)}).status_code == 303


def test_each_person_has_a_visit_of_their_own(staff: Visitor, app: Flask, daemon: FakeDaemon) -> None:
    daemon.codes.add("5555-1111")
    ray = Visitor(app)
    ray.send("/claim", code="5555-1111", name="Ray", password=PASSWORD, again=PASSWORD)
    begin(staff)
    begin(ray)
    staff.send("/visit/slots/A1", found="4")
    assert kept(ray.open("/visit/slots/A1").text, "found") == ""
    ray.send("/visit/slots/A1", found="5")
    save(ray)
    # Sam counted before Ray changed the slot, so Sam counts again.
    assert "A1: Something moved in it after you counted. Count all that is inside now." in staff.read("/visit/check")


def test_a_mistake_is_kept_and_named_until_it_is_mended(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    assert staff.send("/visit/slots/A1", found="44").status_code == 422
    page = staff.open("/visit/slots/A1").text
    assert kept(page, "found") == "44"
    assert "One slot needs you before it can be saved A1: A1 holds 9, you wrote 44." in staff.read("/visit/check")
    visit = hidden(page)["visit"]
    assert staff.post("/visit/check", csrf_token=hidden(page)["csrf_token"], visit=visit).status_code == 422
    assert daemon.restock_calls == 0
    assert staff.send("/visit/slots/A1?back=check", found="4").location == "/visit/check"
    save(staff)


def test_an_item_that_was_seen_to_leave_is_taken_off_and_nobody_is_asked(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5", **{"added-0-quantity": "2"})
    daemon.take("A1")
    page = staff.read("/visit/check")
    assert "Counted 5 Expected 5 Drift As expected" in page
    assert "Came out since 1, taken off already Now 6 of 9" in page
    form = hidden(staff.open("/visit/check").text)
    daemon.take("A1")
    told = staff.read(staff.post("/visit/check", **form).location)
    assert "A1: You counted 5, as expected. Put in 2. 2 came out since. Now 5." in told
    assert daemon.slots["A1"].on_hand == 5


def test_where_it_is_not_certain_all_is_counted_and_the_others_are_saved(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5", **{"added-0-quantity": "2", "added-0-lot": "N7"})
    staff.send("/visit/slots/A2", found="2")
    check = staff.open("/visit/check")
    daemon.change("A1", on_hand=4, unresolved=1)
    told = staff.read(staff.post("/visit/check", **hidden(check.text)).location)
    assert "Saved 1 slot counted. A1 waits for you: not saved yet." in told
    assert [line.slot for request, _ in daemon.restocks.values() for line in request.lines] == ["A2"]
    assert "A1: Something moved in it after you counted. Count all that is inside now." in staff.read("/visit/check")
    page = staff.open("/visit/slots/A1").text
    assert "How many are inside now, with what you put in?" in words(page)
    assert 'name="found"' not in page
    assert (kept(page, "inside"), kept(page, "added-0-quantity")) == ("", "2")
    staff.post("/visit/slots/A1", **{**hidden(page), "inside": "6", "added-0-quantity": "2", "added-0-lot": "N7"})
    assert "Counted, with what was put in 6 Expected 4 to 5 before Drift As expected" in staff.read("/visit/check")
    save(staff)
    assert (daemon.slots["A1"].on_hand, daemon.slots["A1"].unresolved, daemon.slots["A2"].on_hand) == (6, 0, 2)
    assert len(daemon.restocks) == 2
    assert "Start a visit" in staff.read("/")


def test_a_count_that_was_overtaken_while_it_was_taken_is_worth_nothing(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    form = {**hidden(staff.open("/visit/slots/A1").text), "found": "5", "added-0-quantity": "2"}
    daemon.take("A1")
    answer = staff.post("/visit/slots/A1", **form)
    assert answer.status_code == 409
    assert "Something moved in A1 after you counted." in words(answer.text)
    again = {**hidden(answer.text), "inside": "6", "added-0-quantity": "2"}
    daemon.take("A1")
    assert staff.post("/visit/slots/A1", **again).status_code == 409
    staff.send("/visit/slots/A1", inside="5")
    save(staff)
    assert daemon.slots["A1"].on_hand == 5


def test_what_was_written_before_a_second_look_is_not_taken_for_one(staff: Visitor, daemon: FakeDaemon) -> None:
    """Whoever opens a slot again after an item came out counts all of it: nobody can tell the two counts apart."""
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    daemon.take("A1")
    page = staff.open("/visit/slots/A1").text
    assert 'name="found"' not in page
    staff.send("/visit/slots/A1", inside="4")
    save(staff)
    assert daemon.slots["A1"].on_hand == 4


def test_what_waits_to_be_written_down_overtakes_every_count(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.change("A1", version=-1)
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    daemon.change("A1", version=9)
    assert "A1: Something moved in it after you counted." in staff.read("/visit/check")


def test_a_slot_can_be_left_out(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    staff.send("/visit/slots/A2", found="2")
    staff.post("/visit/slots/A1/leave-out", **hidden(staff.open("/visit/slots/A1").text))
    assert "A1 is left out of this visit." in staff.read("/visit/check")
    save(staff)
    ((request, _),) = daemon.restocks.values()
    assert [line.slot for line in request.lines] == ["A2"]


def test_a_double_tap_saves_once(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    form = hidden(staff.open("/visit/check").text)
    first, second = staff.post("/visit/check", **form), staff.post("/visit/check", **form)
    assert first.location == second.location
    assert "Saved 1 slot counted" in staff.read(second.location)
    assert len(daemon.restocks) == 1


def test_the_daemon_goes_away_before_it_has_the_visit(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    form = hidden(staff.open("/visit/check").text)
    daemon.stop()
    answer = staff.post("/visit/check", **form)
    assert answer.status_code == 503
    assert "Nothing you wrote is lost" in words(answer.text)
    daemon.start()
    assert staff.post("/visit/check", **hidden(answer.text)).status_code == 303
    assert len(daemon.restocks) == 1


@pytest.mark.parametrize("way", ["send again", "open the check", "write more first", "change it first"])
def test_the_answer_was_lost_but_the_visit_is_saved(staff: Visitor, daemon: FakeDaemon, way: str) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5", **{"removed-0-quantity": "5", "removed-0-reason": "recalled"})
    form = hidden(staff.open("/visit/check").text)
    daemon.mute = True
    assert staff.post("/visit/check", **form).status_code == 503
    daemon.mute = False
    assert len(daemon.restocks) == 1
    if way == "write more first":
        staff.send("/visit/slots/A2", found="2")
    if way == "change it first":
        staff.send("/visit/slots/A1", inside="2")
    answer = staff.open("/visit/check") if way == "open the check" else staff.post("/visit/check", **form)
    assert answer.status_code == 303
    told = staff.read(answer.location)
    assert "Saved 1 slot counted, 5 taken out." in told
    assert ("What you changed after that is not in it" in told) == (way == "change it first")
    assert daemon.slots["A1"].on_hand == 0
    assert ("Go on with your visit" in staff.read("/")) == ("A2 waits for you" in told) == (way == "write more first")


def test_a_visit_can_be_thrown_away(staff: Visitor, daemon: FakeDaemon) -> None:
    old = {**hidden(staff.open(begin(staff)).text), "found": "5"}
    staff.post("/visit/slots/A1", **old)
    assert "What you wrote for 1 slot is forgotten." in staff.read("/visit/throw-away")
    staff.send("/visit/throw-away")
    assert "Start a visit" in staff.read("/restock")
    for path, form in (("/visit/slots/A1", old), ("/visit/check", old)):
        assert staff.post(path, **form).location == "/restock"
        assert "That visit is over" in staff.read("/restock")
    begin(staff)
    assert staff.post("/visit/slots/A1", **old).location == "/restock"
    assert kept(staff.open("/visit/slots/A1").text, "found") == ""
    assert daemon.restock_calls == 0


def test_undo_says_what_it_means_and_asks(staff: Visitor, daemon: FakeDaemon) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="4", **{"added-0-quantity": "3"})
    result = save(staff).partition("?")[0]
    ask = staff.read(f"{result}/undo")
    assert "A1: the slot shows all that may be inside" in ask
    assert daemon.slots["A1"].unresolved == 0
    assert staff.send(f"{result}/undo").status_code == 303
    assert "This visit was taken back" in staff.read(result)
    assert "taken back" in staff.read("/restock")
    assert "A1 count Naloxone 5 to 7 of 9" in staff.read("/")
    assert "It is taken back already" in staff.read(f"{result}/undo")


def test_undo_is_refused_in_words_once_a_slot_was_counted_again(staff: Visitor, daemon: FakeDaemon) -> None:
    result = staff.send("/slots/A1", found="4").location.partition("?")[0]
    staff.send("/slots/A1", found="3")
    answer = staff.send(f"{result}/undo")
    assert answer.status_code == 409
    assert "A1 was counted again since." in words(answer.text)


def test_a_visit_that_is_not_known_is_told_in_words(staff: Visitor) -> None:
    for path in ("/restocks/no-such-visit", "/restocks/no-such-visit/undo"):
        assert "This kiosk knows no such visit" in staff.read(path, 404)
    begin(staff)
    assert "This kiosk has no slot Z9." in staff.read("/visit/slots/Z9", 404)
    assert "You have not counted a slot yet." in staff.read("/visit/check")


def test_the_latest_visits_are_listed(staff: Visitor) -> None:
    assert "Nobody has restocked this kiosk yet." in staff.read("/restock")
    for found in range(25):
        staff.send("/slots/A10", found=str(12 - found % 3))
    assert staff.open("/restock").text.count("1 slot counted") == 20


def test_a_draft_holds_no_time_and_no_trace_stays(staff: Visitor, daemon: FakeDaemon, tmp_path: Path) -> None:
    begin(staff)
    staff.send("/visit/slots/A1", found="5")
    with closing(sqlite3.connect(tmp_path / "state" / "admin.db")) as db:
        columns = {row[1] for table in ("draft", "draft_slot") for row in db.execute(f"PRAGMA table_info({table})")}
        assert columns == {"person", "id", "draft", "slot", "typed"}
        assert not re.search(r"20\d\d-|\d{9,}", str(list(db.execute("SELECT typed FROM draft_slot"))))
    save(staff)
    with closing(sqlite3.connect(tmp_path / "state" / "admin.db")) as db:
        assert list(db.execute("SELECT * FROM draft UNION ALL SELECT slot, typed FROM draft_slot")) == []


@pytest.mark.parametrize("path", ["/restock", "/visit/slots/A1", "/visit/check", "/slots/A1/coil", "/slots/A1/product"])
def test_while_the_daemon_is_away_the_page_comes_back_by_itself(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    begin(staff)
    daemon.stop()
    answer = staff.open(path)
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    daemon.start()
    assert staff.open(path).status_code == 200


def test_a_sign_in_that_ran_out_leads_back_to_the_question(staff: Visitor, clock: WallClock) -> None:
    ask = staff.send("/slots/A1", found="4").location.partition("?")[0] + "/undo"
    form = hidden(staff.open(ask).text)
    clock.moved_s += 3600
    assert staff.send(staff.post(ask, **form).location, name="Sam", password=PASSWORD).location == ask
    assert "What undo means" in staff.read(ask)
