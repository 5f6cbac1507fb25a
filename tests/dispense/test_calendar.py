"""The day by which dates are judged: with a clock that was set, with one that jumps, and with none."""

from __future__ import annotations

import datetime

import pytest

from kiosk import clock as time
from kiosk.dispense.ledger.calendar import RELEASED
from kiosk.errors import ConflictError, RequestError
from tests.dispense.kept import NOW_H
from tests.dispense.running import Running

DAY_H = 24
YEAR_H = 366 * DAY_H
IN_2100 = 74 * YEAR_H


@pytest.fixture
def expiring(running: Running) -> Running:
    """A kiosk with strips that are good for another month."""
    running.put("B1", 3, "GOOD", expiry=time.day(NOW_H + 30 * DAY_H))
    return running


def expired(running: Running) -> bool:
    for _ in range(2):
        running.clock.pass_h(0.05)
        running.idle()
    return running.slot("B1").front_expired


def confirm(running: Running) -> None:
    running.do(lambda: running.service.changes.confirm_date(running.clock.local_date()))


class TestNobodyVouches:
    """Without a network the clock goes on from where it stood: late rather than early."""

    def test_what_is_long_past_is_expired_all_the_same(self, running: Running) -> None:
        """What was good until 2020 is not good for software of 2026, whatever the clock says."""
        running.put("A1", 3, "OLD", expiry=datetime.date(2020, 1, 31))
        running.clock.show(0)
        running.clock.pass_h(0.05)
        running.idle()
        assert running.slot("A1").front_expired
        assert running.service.calendar.today() == RELEASED
        assert not running.clock.synced()

    def test_time_goes_on_without_a_network(self, expiring: Running) -> None:
        assert not expired(expiring)
        expiring.clock.pass_h(31 * DAY_H)
        assert expired(expiring)

    def test_a_clock_that_is_behind_is_not_believed(self, expiring: Running) -> None:
        expiring.clock.trust()
        expiring.clock.pass_h(31 * DAY_H)
        assert expired(expiring)
        expiring.clock.trust(False)
        expiring.clock.show(NOW_H)
        expiring.restart()
        assert expired(expiring)

    def test_nor_is_one_that_is_decades_ahead(self, expiring: Running) -> None:
        expiring.clock.show(NOW_H + IN_2100)
        assert not expired(expiring)

    def test_opening_hours_and_folding_wait_for_somebody_who_vouches(self, running: Running) -> None:
        assert running.service.calendar.when() == (NOW_H, False)
        assert running.service.calendar.trusted_hour() == 0


class TestOneWrongAnswer:
    """A network that once said 2100 must not refuse strips for ever."""

    def test_a_jump_is_not_believed_at_once(self, expiring: Running) -> None:
        expiring.clock.trust()
        assert not expired(expiring)
        expiring.clock.show(NOW_H + IN_2100)
        assert not expired(expiring)
        expiring.clock.show(NOW_H)
        expiring.clock.pass_h(2)
        assert not expired(expiring)
        assert expiring.service.calendar.trusted_hour() == expiring.clock.stamp().hour

    def test_one_that_wavers_is_never_believed(self, expiring: Running) -> None:
        expiring.clock.trust()
        assert not expired(expiring)
        for n in range(1, 9):
            expiring.clock.show(NOW_H + n * IN_2100)
            expiring.clock.now_s += 0.9 * time.HOUR_S
            assert not expired(expiring)

    def test_one_that_stands_by_it_for_an_hour_is(self, expiring: Running) -> None:
        expiring.clock.trust()
        assert not expired(expiring)
        expiring.clock.show(NOW_H + IN_2100)
        assert not expired(expiring)
        expiring.clock.pass_h(1.1)
        assert expired(expiring)

    def test_and_comes_back_by_later_agreement(self, expiring: Running) -> None:
        self.test_one_that_stands_by_it_for_an_hour_is(expiring)
        expiring.clock.show(NOW_H + 2)
        expiring.restart()
        assert expired(expiring)
        expiring.clock.pass_h(1.1)
        assert not expired(expiring)
        expiring.restart()
        assert not expired(expiring)

    def test_or_when_a_person_says_so(self, expiring: Running) -> None:
        self.test_one_that_stands_by_it_for_an_hour_is(expiring)
        expiring.clock.trust(False)
        expiring.clock.show(NOW_H + 2)
        assert expired(expiring)
        confirm(expiring)
        assert not expired(expiring)
        assert expiring.clock.synced()
        expiring.restart()
        assert not expired(expiring)


def test_a_person_confirms_the_date_that_was_shown(running: Running) -> None:
    """The page may have been open since yesterday."""
    with pytest.raises(ConflictError, match="another date"):
        running.do(lambda: running.service.changes.confirm_date(time.day(NOW_H - DAY_H)))
    assert not running.clock.synced()
    confirm(running)
    assert running.service.calendar.trusted_hour() == running.clock.stamp().hour


def test_naloxone_comes_out_whatever_the_date(running: Running) -> None:
    running.put("A1", 2, "OLD", expiry=datetime.date(2020, 1, 31))
    running.clock.trust()
    running.clock.show(NOW_H + IN_2100)
    assert running.vend("NAL").slot == "A1"


def test_what_is_long_past_does_not_go_in(running: Running) -> None:
    with pytest.raises(RequestError, match="good until 2020-01-31"):
        running.put("B1", 2, "OLD", expiry=datetime.date(2020, 1, 31))
