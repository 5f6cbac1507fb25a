"""The date: a job while nobody vouches for the kiosk's clock, and a person's word for it."""

from __future__ import annotations

import datetime

from kiosk.model import ClockState, Fault, FaultKind
from tests.admin_web.fake_daemon import TODAY, FakeDaemon
from tests.admin_web.visitor import Visitor, hidden

LONG_AGO = ClockState(shown=TODAY, judged=datetime.date(2026, 9, 1), trusted=False)


def test_nothing_is_asked_while_the_clock_is_set(staff: Visitor) -> None:
    assert "Check the date" not in staff.read("/")
    assert "Thursday 26 November 2026 It was set" in staff.read("/date")
    assert "This is today's date" not in staff.read("/date")


def test_a_clock_that_nobody_set_is_one_job_and_a_persons_word_ends_it(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.clock = LONG_AGO
    daemon.faults.append(Fault(where="clock", kind=FaultKind.CLOCK, text="Nobody has told the kiosk the date."))
    page = staff.read("/")
    assert page.count("Check the date") == 1
    assert "It goes by 1 Sep 2026." in page
    assert "expiry dates are judged by 1 Sep 2026" in staff.read("/date")
    assert staff.post("/date", **hidden(staff.open("/date").text)).location == "/date"
    assert "The kiosk goes by this date now." in staff.read("/date")
    assert daemon.clock.trusted
    daemon.faults.clear()
    assert "Check the date" not in staff.read("/")


def test_a_page_from_yesterday_confirms_nothing(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.clock = LONG_AGO
    form = hidden(staff.open("/date").text)
    daemon.clock = ClockState(shown=TODAY + datetime.timedelta(1), judged=LONG_AGO.judged, trusted=False)
    staff.post("/date", **form)
    assert "shows another date by now" in staff.read("/date")
    assert not daemon.clock.trusted


def test_a_date_that_is_none_is_refused_in_a_sentence(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.clock = LONG_AGO
    form = hidden(staff.open("/date").text) | {"date": "today"}
    refused = staff.post("/date", **form)
    assert refused.status_code in {400, 409, 422}
    assert "Open the page again" in refused.text
