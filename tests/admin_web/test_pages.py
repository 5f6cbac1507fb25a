"""Today, test turns, events, and what the pages say while the daemon is away."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import msgspec
import pytest

from admin_web.today import jobs
from admin_web.words import flag
from kiosk.model import CELSIUS, Event, EventKind, Fault, FaultKind, Reading
from tests.admin_web.fake_coil import HOUR
from tests.admin_web.fake_daemon import BLOCKED_BEAM, FakeDaemon
from tests.admin_web.visitor import Visitor, hidden, words


def job_order(page: str) -> list[str]:
    """Return the jobs' badges and headlines from the top."""
    found = re.findall(r'<span class="badge">(.*?)</span>\s*<span class="text"><strong>(.*?)</strong>', page, re.DOTALL)
    return [f"{words(badge) if badge.isalnum() else 'machine'}: {what}" for badge, what in found]


def test_today_shows_jobs_in_the_order_of_worth(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.faults = [BLOCKED_BEAM]
    assert job_order(staff.open("/").text) == [
        "machine: The drop sensor is blocked",
        "B2: Count this slot",
        "A3: Failed twice",
        "C1: Sold out",
        "A2: Low: 2 left",
    ]
    assert "5 jobs" in staff.read("/")
    assert "Door closed · 19.5 °C · online" in staff.read("/")


def test_what_is_no_temperature_is_shown_with_its_name(staff: Visitor, daemon: FakeDaemon) -> None:
    """Nobody knows what "0.0 %" is of."""
    daemon.readings = (
        Reading(name="cabinet", text="19.5 °C", value=19.5, unit=CELSIUS),
        Reading(name="sharps bin", text="room left", value=0.0, unit="%"),
        Reading(name="mains", text="on battery", value=0.0),
    )
    assert "Door closed · 19.5 °C · sharps bin: room left · mains: on battery · online" in staff.read("/")


def test_naloxone_that_is_gone_comes_first_and_is_one_job(staff: Visitor, daemon: FakeDaemon) -> None:
    for slot in ("A1", "A2"):
        daemon.slots[slot] = msgspec.structs.replace(daemon.slots[slot], on_hand=0)
    daemon.slots["A1"] = msgspec.structs.replace(daemon.slots["A1"], jams=1)
    order = job_order(staff.open("/").text)
    assert order == ["A1: No naloxone left", "B2: Count this slot", "A3: Failed twice", "C1: Sold out"]
    assert "Bring 18 for A1, A2." in staff.read("/")
    assert "Also: failed once." in staff.read("/")


def test_a_fault_that_is_told_twice_is_one_job(daemon: FakeDaemon) -> None:
    state, slots = daemon._state(), tuple(daemon.slots.values())
    faults = tuple(fault for slot in slots for fault in slot.faults)
    assert jobs.today(msgspec.structs.replace(state, faults=faults), slots) == jobs.today(state, slots)


def test_no_job_hangs_on_how_a_fault_is_worded(daemon: FakeDaemon) -> None:
    """The jobs, and how a slot is, follow from what faults are."""
    state, slots = daemon._state(), tuple(daemon.slots.values())
    other = tuple(msgspec.structs.replace(slot, faults=tuple(map(reworded, slot.faults))) for slot in slots)
    assert sum(len(slot.faults) for slot in slots) > 1
    assert jobs.today(state, other) == jobs.today(state, slots)
    assert [flag(slot) for slot in other] == [flag(slot) for slot in slots]


def reworded(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, text="Something else: do that.")


def test_no_jobs_is_good_news(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.slots = {"A1": msgspec.structs.replace(daemon.slots["A1"], on_hand=9)}
    assert "No jobs Every slot works and is filled." in staff.read("/")


def test_stock_hangs_as_the_machine_does(staff: Visitor) -> None:
    names = re.findall(r'<span class="name">(\w+)</span>', staff.open("/").text)
    assert names == ["A1", "A2", "A3", "A4", "A10", "B1", "B2", "B3", "B4", "C1"]
    assert "B2 count Hygiene kit 3 to 4 of 6" in staff.read("/")
    assert "C1 sold out Sharps box 0 of 4" in staff.read("/")


def test_names_are_text_and_never_markup(staff: Visitor, daemon: FakeDaemon) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    daemon.site = evil
    fault = Fault(where=evil, kind=FaultKind.PART, text=evil)
    daemon.slots["A1"] = msgspec.structs.replace(daemon.slots["A1"], product=evil, faults=(fault,), pictogram=evil)
    daemon.faults = [fault]
    daemon.events.append(
        Event(seq=99, kind=EventKind.OTHER, hour=evil, clock_ok=True, quantity=0, text=evil, slot=evil)
    )
    for path in ("/", "/slots/A1", "/slots/A1/test", "/events", "/account"):
        page = staff.open(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
    answer = staff.send("/slots/A1", found="4", lot=evil)
    assert "<img" not in answer.text


def test_a_test_turn_warns_then_turns_once_then_tells(staff: Visitor, daemon: FakeDaemon) -> None:
    asked = staff.open("/slots/A3/test")
    assert "An item may fall" in words(asked.text)
    assert not daemon.vends
    form = hidden(asked.text)
    result = staff.post("/slots/A3/test", **form)
    assert staff.post("/slots/A3/test", **form).location == result.location
    ((_, request),) = daemon.vends.items()
    assert (request.slot, request.purpose) == ("A3", "test")
    turning = staff.open(result.location)
    assert turning.headers["Refresh"] == "1"
    assert "A3 is turning" in words(turning.text)
    done = staff.open(result.location)
    assert "Refresh" not in done.headers
    assert "A3 turned and an item fell. It was counted as taken out. Take it out of the tray." in words(done.text)


def test_a_test_turn_waits_for_a_visitor(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.busy = True
    answer = staff.send("/slots/A3/test")
    assert answer.status_code == 409
    assert "Another item is dropping now" in words(answer.text)
    daemon.busy = False
    assert staff.post("/slots/A3/test", **hidden(answer.text)).status_code == 303


def test_a_turn_that_is_not_known_is_told_in_words(staff: Visitor) -> None:
    assert "This kiosk knows no such vend." in staff.read("/slots/A3/test/no-such-turn", 404)


def test_events_are_paged_and_name_the_hour_only(staff: Visitor, daemon: FakeDaemon) -> None:
    page = staff.open("/events").text
    assert page.count("<time") == 30
    assert 'datetime="' + HOUR in page
    older = re.search(r'href="(/events\?before=\d+)"', page)
    assert older
    assert older[1] == "/events?before=16"
    last = staff.open(older[1]).text
    assert last.count("<time") == 15
    assert "Older" not in words(last)


@pytest.mark.parametrize("path", ["/", "/slots/A1", "/slots/A1/test", "/slots/A1/test/12345678", "/events"])
def test_while_the_daemon_is_away_a_page_says_so_and_comes_back(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    daemon.stop()
    answer = staff.open(path)
    assert answer.status_code == 503
    assert answer.headers["Refresh"] == "5"
    assert "The kiosk program does not answer" in words(answer.text)
    assert "naloxone button" in words(answer.text)
    daemon.start()
    assert staff.open(path).status_code in {200, 404}
    assert "Refresh" not in staff.open("/").headers


def test_sign_in_works_while_the_daemon_is_away(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.stop()
    staff.sign_out()
    assert staff.sign_in().status_code == 303
    assert staff.open("/account").status_code == 200


def test_a_claim_while_the_daemon_is_away_keeps_the_name(stranger: Visitor, daemon: FakeDaemon) -> None:
    daemon.stop()
    typed = {"code": "4821-7730", "name": "Sam", "password": "four words will do", "again": "four words will do"}
    answer = stranger.send("/claim", **typed)
    assert answer.status_code == 503
    assert "the code could not be checked" in words(answer.text)
    assert 'value="Sam"' in answer.text
    daemon.start()
    assert stranger.post("/claim", **{**hidden(answer.text), **typed}).status_code == 303


def test_this_process_keeps_only_sign_ins(staff: Visitor, tmp_path: Path) -> None:
    staff.send("/slots/A1", found="4")
    kept = {file.name for file in (tmp_path / "state").iterdir()}
    assert kept <= {"admin.db", "admin.db-wal", "admin.db-shm"}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
