"""What the kiosk does for itself: time, temperature, what was missing, folding, and codes that are forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk import clock as time
from kiosk.dispense.codes.anonymous_codes import Codes
from kiosk.errors import RequestError
from kiosk.model import Decision, Demand, HideRequest, Outcome
from tests.crash.world import Beam, World
from tests.dispense.kept import NALOXONE, NOW_H, SOCK, STRIP, HandClock, kiosk_of
from tests.dispense.running import JAMS, Running
from tests.stocking import FAR


def pass_minutes(running: Running, minutes: int, celsius: float | None = None) -> None:
    """Let minutes go by, with a reading in each if there is a thermometer."""
    for _ in range(minutes):
        running.clock.pass_h(1 / 60)
        if celsius is not None:
            running.service.feel(celsius)
        running.idle()


class TestDemand:
    """What people asked for in vain, without a word of who or when exactly."""

    def test_nothing_in_stock_and_nothing_that_works_are_told_apart(self, running: Running) -> None:
        running.vend("STRIP")
        running.put("C1", 1, "K1")
        running.vend("SOCK", JAMS)
        assert running.kinds(2) == ["unserved", "jammed"]
        assert "sold_out" in running.kinds(6)
        assert running.reader.shortage().demand == (
            Demand(when=time.label(NOW_H), sku="SOCK", unmet=1),
            Demand(when=time.label(NOW_H), sku="STRIP", unmet=1),
        )

    def test_what_is_refused_or_found_is_not_missing(self, running: Running) -> None:
        running.put("C1", 2, "K1")
        running.vend("SOCK")
        running.do(lambda: running.service.changes.hide(HideRequest(sku="SOCK", hidden=True)))
        with pytest.raises(RequestError):
            running.vend("SOCK")
        running.test("B1", JAMS)
        assert running.reader.shortage().demand == ()

    def test_time_out_of_stock_is_counted_in_whole_hours(self, running: Running) -> None:
        for slot in ("A1", "B1", "C1"):
            running.put(slot, 1, "L1")
        pass_minutes(running, 90)
        assert running.reader.shortage().outages == ()
        running.vend("SOCK")
        pass_minutes(running, 150)
        day = time.day(NOW_H)
        (outage,) = running.reader.shortage().outages
        assert (outage.day, outage.sku) == (day, "SOCK")
        assert outage.minutes in (120, 180)
        running.put("C1", 1)
        minutes = running.reader.shortage().outages[0].minutes
        pass_minutes(running, 120)
        assert running.reader.shortage().outages[0].minutes == minutes

    def test_a_coil_that_is_blocked_is_as_good_as_empty(self, running: Running) -> None:
        for slot in ("A1", "C1"):
            running.put(slot, 1, "L1")
        running.put("B1", 3, "OLD", expiry=time.day(NOW_H))
        running.clock.trust()
        pass_minutes(running, 61)
        assert running.reader.shortage().outages == ()
        running.clock.pass_h(48)
        running.idle()
        pass_minutes(running, 61)
        assert {outage.sku for outage in running.reader.shortage().outages} == {"STRIP"}


class TestHeat:
    """Temperature is held against each product's own range, and outlives a power cut."""

    def test_an_excursion_is_begun_ended_and_decided(self, running: Running) -> None:
        running.put("A1", 2, "N1")
        running.put("B1", 2, "S1")
        pass_minutes(running, 20, 28.0)
        (one,) = running.reader.excursions(running.service.changes.names)
        assert (one.sku, one.lots, one.ended) == ("NAL", ("N1",), None)
        running.restart()
        pass_minutes(running, 20, 28.0)
        pass_minutes(running, 45, 20.0)
        (one,) = running.reader.excursions(running.service.changes.names)
        assert one.ended is not None
        assert 30 <= one.minutes <= 41
        assert running.vend("NAL").outcome is Outcome.DISPENSED
        running.do(lambda: running.service.changes.review(one.id, Decision.REMOVE))
        assert running.slot("A1").front_locked
        assert running.vend("NAL").warning is not None
        assert running.slot("B1").locked == 0

    def test_staff_who_look_meanwhile_see_how_long_it_has_lasted(self, running: Running) -> None:
        running.put("A1", 2, "N1")
        pass_minutes(running, 17, 28.0)
        pass_minutes(running, 45, 28.0)
        (one,) = running.reader.excursions({})
        assert 45 <= one.minutes <= 62
        assert "It is not over yet" in one.text

    def test_a_thermometer_that_fails_begins_and_ends_nothing(self, running: Running) -> None:
        running.put("A1", 2, "N1")
        pass_minutes(running, 20, 28.0)
        for _ in range(90):
            running.clock.pass_h(1 / 60)
            running.service.feel(None)
            running.idle()
        (one,) = running.reader.excursions(running.service.changes.names)
        assert one.ended is None
        assert running.vend("NAL").warning is None


def test_old_details_fold_while_nobody_waits(running: Running) -> None:
    """After the days that the programme keeps, chunk after chunk, and never what is pending."""
    running.clock.trust()
    running.put("B1", 9, "S1", expiry=FAR)
    for _ in range(4):
        running.vend("STRIP")
    running.storage.ledger.outbox.forget([(1, running.reader.backlog().last_seq)])
    before = running.slot("B1")
    running.clock.pass_h(24 * (running.config.privacy.keep_days + 2))
    running.vend("NAL", JAMS, JAMS)
    running.clock.pass_h(1)  # the newest row stays in any case, and a slow machine may have folded before this vend
    for _ in range(5):
        running.idle()
    with closing(sqlite3.connect(running.folder / "ledger.db")) as db:
        assert db.execute("SELECT count(*) FROM daily").fetchone()[0] > 0
        assert db.execute("SELECT count(*) FROM movement WHERE hour <= ?", (NOW_H,)).fetchone() == (0,)
    assert running.slot("B1") == before
    running.restart()
    assert running.storage.ledger.mistrusted == ()
    assert running.slot("B1").on_hand == 5


class Missed(Beam):
    """A drop sensor whose answer a busy computer missed at first."""

    proofs = 0

    def prove(self) -> bool:
        self.proofs += 1
        return self.proven()

    def proven(self) -> bool:
        return self.proofs > 1


def test_a_drop_sensor_whose_answer_was_missed_is_asked_again(tmp_path: Path) -> None:
    """Otherwise an item that jams in the next minute would be taken for one that fell unseen."""
    beam = Missed(World(lambda *_: None))
    running = Running(tmp_path, beam=beam)
    running.idle()
    assert beam.proven()
    running.close()


class TestCodes:
    """Codes give everybody a share, and nothing of them outlives the period."""

    KEY = bytes(range(32))

    @pytest.fixture
    def clock(self, tmp_path: Path) -> HandClock:
        clock = HandClock(tmp_path, 24 * 20_760 + 5)
        clock.trust()
        return clock

    @pytest.fixture
    def running(self, tmp_path: Path, clock: HandClock) -> Running:
        return self.kiosk(tmp_path / "state", clock)

    def kiosk(self, folder: Path, clock: HandClock) -> Running:
        config = kiosk_of(NALOXONE, replace(STRIP, limit_per_code=2), SOCK, slots={"A1": "NAL", "B1": "STRIP"})
        running = Running(folder, config, clock, Codes(self.KEY, "month", 0, clock.monotonic))
        running.put("B1", 9, "S1")
        running.put("A1", 9, "N1")
        return running

    def test_a_share_and_no_more(self, running: Running) -> None:
        code = running.service.admission.new_code().code
        with pytest.raises(RequestError, match="needs a code"):
            running.vend("STRIP")
        assert running.vend("STRIP", JAMS, code=code).outcome is Outcome.JAMMED
        assert [running.vend("STRIP", code=code).outcome for _ in range(2)] == [Outcome.DISPENSED] * 2
        with pytest.raises(RequestError, match="has had its share"):
            running.vend("STRIP", code=code.upper())
        with pytest.raises(RequestError, match="does not work"):
            running.vend("STRIP", code="able able able able")
        assert running.vend("NAL").outcome is Outcome.DISPENSED
        running.close()

    def test_it_is_good_at_every_kiosk_of_the_programme(self, tmp_path: Path, clock: HandClock) -> None:
        first, second = self.kiosk(tmp_path / "one", clock), self.kiosk(tmp_path / "two", clock)
        code = first.service.admission.new_code().code
        assert second.vend("STRIP", code=code).outcome is Outcome.DISPENSED
        first.close()
        second.close()
