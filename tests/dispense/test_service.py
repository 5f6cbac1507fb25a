"""Ordinary items through the whole service: who gets what, what is refused, and what staff may change."""

from __future__ import annotations

import datetime
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk import clock as time
from kiosk.dispense import words
from kiosk.dispense.rules import policy
from kiosk.errors import ConflictError, LedgerError, NotFoundError, RequestError
from kiosk.hardware.api import Turn
from kiosk.model import (
    FaultKind,
    HideRequest,
    Outcome,
    Reason,
    RecallRequest,
    Refusal,
    RefusalCode,
    RefusedError,
    RestockLine,
    VendRequest,
    new_request_id,
)
from tests.crash.world import Scene
from tests.dispense.kept import NALOXONE, NOW_H, SOCK, STRIP, HandClock, kiosk_of, locked, told
from tests.dispense.running import BLIND_JAM, FALLS, JAMS, TWO_FALL, Running
from tests.stocking import FAR, counted

YESTERDAY = time.day(NOW_H) - datetime.timedelta(days=1)
DEAD = Scene(turn=Turn.NOT_STARTED, falls=0)
LATE = Scene(falls=0, nudged=1)


def kiosk_with(tmp_path: Path, **strip: Any) -> Running:
    """Return a kiosk whose strips have other rules, stocked."""
    config = kiosk_of(NALOXONE, replace(STRIP, **strip), SOCK, slots={"A1": "NAL", "B1": "STRIP", "B2": "STRIP"})
    running = Running(tmp_path / "state", config, HandClock(tmp_path))
    running.put("B1", 5, "S1")
    return running


@pytest.mark.parametrize("scene", [FALLS, LATE])
def test_an_item_comes_out_and_is_counted(shop: Running, scene: Scene) -> None:
    """The front that expires first, and its lot is told."""
    done = shop.vend("STRIP", scene)
    assert (done.outcome, done.slot, done.message) == (Outcome.DISPENSED, "B1", "Done. Take it from the tray.")
    assert (shop.bounds("B1"), shop.honest()) == ((4, 0), True)
    (event,) = shop.reader.events(1)
    assert (event.kind, event.lot) == ("dispensed", "S1")


def test_a_request_that_power_cut_is_not_repeated(shop: Running) -> None:
    """The intent is there and no outcome: after the start it is unknown, and asking again moves nothing."""
    shop.storage.ledger.vends.intent(told(shop.clock, VendRequest(id="request-1", sku="STRIP"), "B1", "STRIP", lot=1))
    shop.restart()
    again = shop.vend("STRIP", request_id="request-1")
    assert (again.outcome, again.message) == (Outcome.UNKNOWN, words._SAID[Outcome.UNKNOWN])
    assert shop.bounds("B1") == (4, 1)
    assert [fault.kind for fault in shop.slot("B1").faults] == [FaultKind.UNRESOLVED]


def test_a_jam_goes_on_to_the_next_coil_and_is_told(shop: Running) -> None:
    """The item that hung may fall later: then its slot says so."""
    done = shop.vend("STRIP", JAMS, FALLS)
    assert [attempt.outcome for attempt in done.attempts] == [Outcome.JAMMED, Outcome.DISPENSED]
    assert (shop.slot("B1").jams, shop.bounds("B1")) == (1, (5, 0))
    shop.world.surprise("B1")
    shop.service.stray()
    shop.idle()
    assert shop.bounds("B1") == (4, 1)
    assert shop.honest()
    assert shop.kinds(1) == ["stray_drop"]


def test_what_breaks_the_beam_by_itself_is_no_item(shop: Running) -> None:
    """A hand in the tray changes no count: nothing hung and no motor runs."""
    shop.vend("STRIP")
    shop.world.seen += 1
    shop.service.stray()
    shop.idle()
    assert (shop.bounds("B1"), shop.bounds("B2")) == ((4, 0), (5, 0))


def test_two_for_one(shop: Running) -> None:
    """One is counted, the other may have come from where one hung."""
    shop.vend("B2", JAMS)
    shop.vend("B1", TWO_FALL)
    assert (shop.bounds("B1"), shop.bounds("B2")) == ((3, 1), (4, 1))
    assert shop.honest()


def test_a_test_turn_is_made_anywhere_and_once(shop: Running) -> None:
    """Recalled, resting or empty: staff may turn it; nothing falls twice and nobody asked in vain."""
    shop.do(lambda: shop.service.changes.recall(RecallRequest(id="recall-1", lot="S1")))
    assert shop.test("B1", JAMS).message == "B1 turned and nothing fell."
    assert shop.test("B3", JAMS).outcome is Outcome.JAMMED
    assert (shop.slot("B1").jams, shop.slot("B3").jams) == (1, 0)
    assert shop.reader.shortage().demand == ()


def test_a_recalled_front_stays_inside(shop: Running) -> None:
    """Its coil is passed over; alone it cannot come out, which is not the same as sold out."""
    shop.do(lambda: shop.service.changes.recall(RecallRequest(id="recall-1", lot="s-1")))
    assert shop.slot("B1").front_locked
    assert shop.vend("STRIP").slot == "B2"
    done = shop.vend("B1")
    assert (done.outcome, done.message, done.refusal) == (None, words.STUCK, RefusalCode.STUCK)
    shop.do(lambda: shop.service.changes.lift("recall-1"))
    assert shop.vend("B1").outcome is Outcome.DISPENSED


@pytest.mark.parametrize(
    ("expired", "slots", "warning"),
    [
        ("refuse", ["B2", "B2", None], None),
        ("label", ["B1", "B1", "B2"], words.EXPIRED_GIVEN[False]),
        ("last", ["B2", "B2", "B1"], words.EXPIRED_GIVEN[False]),
    ],
)
def test_past_its_date_as_the_programme_says(tmp_path: Path, expired: str, slots: list[str], warning: str) -> None:
    """Refused, given out in its turn, or when there is no other; never without a word."""
    config = kiosk_of(NALOXONE, replace(STRIP, expired=expired), slots={"A1": "NAL", "B1": "STRIP", "B2": "STRIP"})
    running = Running(tmp_path / "state", config, HandClock(tmp_path))
    running.put("B1", 2, "OLD", expiry=time.day(NOW_H))
    running.put("B2", 2, "NEW", expiry=FAR)
    running.clock.pass_h(24)
    running.idle()
    assert running.slot("B1").front_expired
    done = [running.vend("STRIP") for _ in range(3)]
    assert [one.slot for one in done] == slots
    assert {one.warning for one in done if one.slot == "B1"} <= {warning}
    assert {one.warning for one in done if one.slot == "B2"} == {None}
    running.close()


def test_what_is_past_its_date_is_not_put_in(shop: Running) -> None:
    """Where it would block its coil."""
    with pytest.raises(RequestError, match="B3: lot OLD was good until"):
        shop.put("B3", 1, "OLD", expiry=YESTERDAY)


def test_hidden_is_refused_and_not_counted_as_unmet(shop: Running) -> None:
    """Off the menu and back on, by command."""
    shop.do(lambda: shop.service.changes.hide(HideRequest(sku="STRIP", hidden=True)))
    with pytest.raises(RequestError, match="not given out here right now"):
        shop.vend("STRIP")
    with pytest.raises(RequestError):
        shop.vend("B1")
    shop.do(lambda: shop.service.changes.hide(HideRequest(sku="STRIP", hidden=False)))
    assert shop.vend("STRIP").outcome is Outcome.DISPENSED
    with pytest.raises(NotFoundError):
        shop.service.changes.hide(HideRequest(sku="GONE", hidden=True))


def test_a_failed_vend_uses_up_nothing(tmp_path: Path) -> None:
    """A limit of one: what did not come out does not count; what came out does, also when nobody saw it."""
    running = kiosk_with(tmp_path, limit_per_visit=1)
    assert running.vend("STRIP", JAMS).outcome is Outcome.JAMMED
    assert running.vend("STRIP", BLIND_JAM).outcome is Outcome.PRESUMED
    with pytest.raises(RequestError, match=r"The next one comes in [0-9]+ seconds"):
        running.vend("STRIP")
    running.clock.sleep(policy.VISIT_GAP_S)
    assert running.vend("STRIP").outcome is Outcome.DISPENSED
    running.close()


def test_a_cool_down_grows_when_little_is_left(tmp_path: Path) -> None:
    """Ten seconds with five, a minute for the last; the sentence says how long."""
    running = kiosk_with(tmp_path, cooldown_s=10, taper_below=5, cooldown_low_s=60)
    running.vend("STRIP")
    with pytest.raises(RequestError, match=r"The next one comes in 2[0-9] seconds"):
        running.vend("STRIP")
    running.clock.sleep(30)
    running.vend("STRIP")
    running.clock.sleep(30)
    with pytest.raises(RequestError, match=r"The next one comes in [0-9]+ seconds"):
        running.vend("STRIP")
    running.close()


def test_hours_hold_only_by_a_clock_that_is_set(tmp_path: Path) -> None:
    """Closed says from when it is open; a clock that nobody set closes nothing."""
    now = HandClock(tmp_path).local_time()
    opens = (now.hour + 2) % 24
    running = kiosk_with(tmp_path, hours=(f"{opens:02}:00-{(opens + 1) % 24:02}:00",))
    assert running.vend("STRIP").outcome is Outcome.DISPENSED
    running.clock.trust()
    with pytest.raises(RefusedError, match=f"given out from {opens:02}:00") as told:
        running.vend("STRIP")
    assert told.value.refusal == Refusal(code=RefusalCode.CLOSED, opens=datetime.time(opens))
    running.close()


def test_staff_are_refused_before_anything_is_written(shop: Running) -> None:
    """What cannot be is told with its slot, and no job is made of it."""
    stock = shop.service.stock()
    line = counted(shop.slot("B1"))
    for lines, sentence in (
        ((line, line), "B1 stands in this visit twice"),
        ((replace(line, found=10),), "B1 holds 9: 10 left inside"),
        ((counted(shop.slot("B1"), 5, added=5),), "B1 holds 9: 5 left inside and 5 added"),
        ((counted(shop.slot("B1"), 2, removed=3),), "B1: 3 taken out of 2"),
        ((RestockLine(slot="Z9", as_of=0, found=0),), "no slot"),
        ((replace(line, sku="GONE"),), "no product"),
    ):
        with pytest.raises(RequestError, match=sentence):
            shop.visit(*lines)
    with pytest.raises(NotFoundError, match="no product"):
        shop.service.changes.recall(RecallRequest(id="recall-1", lot="S1", sku="GONE"))
    assert shop.service.stock() == stock


def test_more_may_be_found_taken_out_and_put_in_than_fits_at_once(shop: Running) -> None:
    """A full coil is emptied and filled again in one line."""
    shop.put("B3", 9, "S3")
    done = shop.visit(counted(shop.slot("B3"), removed=9, reason=Reason.EXPIRED, added=9, lot="S4"))
    assert [(line.removed, line.added, line.on_hand) for line in done.lines] == [(9, 9, 9)]


def test_another_product_in_a_coil_is_given_out_from_there(shop: Running) -> None:
    """Right after the visit, and after a restart."""
    shop.visit(counted(shop.slot("B2"), removed=5, sku="SOCK", added=3, lot="K2"))
    assert shop.slot("B2").product == "Socks"
    assert shop.vend("B2").outcome is Outcome.DISPENSED
    shop.restart()
    assert [shop.vend("SOCK").outcome for _ in range(7)] == [Outcome.DISPENSED] * 7
    assert (shop.world.inside["B2"], shop.world.inside["C1"]) == (0, 0)


def test_a_count_that_comes_before_the_ledger_knows_all(shop: Running) -> None:
    """An item left while the ledger could not be written; staff count before that was merged: counted once."""
    shop.put("A1", 5, "N1")
    with locked(shop.storage.ledger):
        assert shop.vend("NAL").outcome is Outcome.DISPENSED
    assert shop.bounds("A1") == (4, 1)
    with pytest.raises(ConflictError, match="A1 changed while you counted"):
        shop.visit(counted(shop.slot("A1"), 4))
    assert shop.bounds("A1") == (4, 0)
    shop.visit(counted(shop.slot("A1"), 4))
    shop.clock.pass_h(1)
    shop.idle()
    assert (shop.bounds("A1"), shop.honest()) == ((4, 0), True)


def test_a_board_that_falls_silent_leaves_it_open(shop: Running) -> None:
    """Nobody knows whether it turned: unknown and unresolved, unless the drop was seen."""
    silent = shop.vend("C1", Scene(turn=None, falls=1, blind=True))
    assert (silent.outcome, shop.bounds("C1"), shop.honest()) == (Outcome.UNKNOWN, (4, 1), True)
    seen = shop.vend("C1", Scene(turn=None, falls=1))
    assert (seen.outcome, shop.honest()) == (Outcome.DISPENSED, True)


def test_the_daily_check_finds_what_opening_does_not(shop: Running) -> None:
    """Vends go on; the ledger is in doubt then, and the next start begins a new one."""
    shop.service.check()
    shop.idle()
    assert not shop.service.damaged
    path = shop.folder / "ledger.db"
    shop.storage.close()
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        vend = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'vend'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((vend - 1) * size)
        file.write(b"\xa5" * size)
    shop.start()
    shop.service.check()
    shop.idle()
    assert shop.service.damaged
    shop.restart()
    assert not shop.service.damaged
    assert shop.bounds("B1") == (0, 9)
    assert shop.honest()


def test_a_ledger_that_is_gone_is_not_taken_for_a_first_start(shop: Running) -> None:
    """Whoever took the file away: the machine is as full as it was, and every slot says that nobody knows."""
    shop.storage.close()
    for path in shop.folder.glob("ledger.db*"):
        path.unlink()
    shop.start()
    assert {(slot.on_hand, slot.unresolved) for slot in shop.service.stock().slots} == {(0, 9)}
    assert shop.honest()
    shop.restart()
    assert shop.bounds("B1") == (0, 9)
    shop.visit(counted(shop.slot("B1"), 5))
    shop.restart()
    assert shop.bounds("B1") == (5, 0)


def test_a_visit_is_undone_by_staff(shop: Running) -> None:
    """The slot waits for a new count then."""
    done = shop.put("B3", 4, "S9")
    assert shop.do(lambda: shop.service.changes.undo(done.id)).undone
    assert shop.bounds("B3") == (0, 4)
    assert shop.honest()


def test_a_command_is_carried_out_once(shop: Running) -> None:
    """Its answer is remembered, over restarts; one that failed may come again."""
    done: list[str] = []

    def hide() -> str:
        done.append("hide")
        return "Hidden."

    assert shop.do(lambda: shop.service.changes.once("command-1", hide)) == "Hidden."
    shop.restart()
    assert shop.do(lambda: shop.service.changes.once("command-1", hide)) == "Hidden."
    assert done == ["hide"]

    def fail() -> str:
        raise RequestError("Not now.")

    with pytest.raises(RequestError):
        shop.do(lambda: shop.service.changes.once("command-2", fail))
    assert shop.do(lambda: shop.service.changes.once("command-2", hide)) == "Hidden."


@pytest.fixture
def woken(shop: Running) -> list[int]:
    """How many events there were each time telemetry was woken."""
    seen: list[int] = []
    shop.service.on_events = lambda: seen.append(shop.reader.backlog().last_seq)
    return seen


def test_telemetry_is_woken_when_there_is_news_and_only_then(shop: Running, woken: list[int]) -> None:
    """Every event is announced, and an idle kiosk is silent."""
    shop.vend("STRIP")
    assert woken[-1] == shop.reader.backlog().last_seq
    before = len(woken)
    for _ in range(5):
        shop.idle()
    assert len(woken) == before


def test_who_was_told_that_it_is_coming_is_served_although_the_kiosk_stops(shop: Running) -> None:
    shop.put("A1", 5, "N1", expiry=FAR)
    inside = shop.world.inside["A1"]
    shop.service.stop()
    assert shop.service.press(VendRequest(id=new_request_id(), sku="NAL"))
    while shop.service.step(0):
        pass
    assert shop.world.inside["A1"] == inside - 1


def test_an_emergency_whose_id_cannot_be_looked_up_is_counted(shop: Running) -> None:
    """The same id may have been used before: what leaves now is written under an id of its own."""
    shop.put("A1", 5, "N1", expiry=FAR)
    shop.vend("NAL", request_id="request-1")
    shop.service.requests._vends.clear()

    def fails(_request_id: str) -> None:
        raise LedgerError("disk I/O error")

    vars(shop.reader)["request"] = fails
    assert shop.vend("NAL", request_id="request-1").outcome is Outcome.DISPENSED
    del vars(shop.reader)["request"]
    shop.idle()
    shop.service._recorder.reopen()
    shop.service._publish()
    assert shop.honest()
