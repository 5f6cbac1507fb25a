"""Naloxone through the whole service: every coil is tried in the order of hope, with words, and never by a rule."""

from __future__ import annotations

import datetime
from pathlib import Path

from msgspec.structs import replace

from kiosk import clock as time
from kiosk.dispense import words
from kiosk.hardware.api import Turn
from kiosk.model import Attempt, HideRequest, Outcome, RecallRequest
from tests.crash.world import Scene
from tests.dispense.kept import NALOXONE, NOW_H, SOCK, HandClock, kiosk_of
from tests.dispense.running import BLIND, BLIND_JAM, FALLS, JAMS, Running
from tests.stocking import FAR

YESTERDAY = time.day(NOW_H) - datetime.timedelta(days=1)
DEAD = Scene(turn=Turn.NOT_STARTED, falls=0)


def fell(running: Running, *scenes: Scene) -> str:
    """Press for naloxone; return the slot it came from."""
    done = running.vend("NAL", *scenes)
    assert done.outcome in (Outcome.DISPENSED, Outcome.PRESUMED), done
    assert running.honest()
    assert done.slot is not None
    return done.slot


def test_slot_after_slot_until_one_gives(running: Running) -> None:
    """One press tries the next coil when one jams; each attempt is told and counted."""
    running.put("A1", 2, "N1", expiry=FAR)
    running.put("A2", 2, "N2")
    done = running.vend("NAL", JAMS, FALLS)
    assert done.attempts == (
        Attempt(slot="A1", outcome=Outcome.JAMMED),
        Attempt(slot="A2", outcome=Outcome.DISPENSED),
    )
    assert (done.slot, done.message, done.warning) == ("A2", "Done. Take it from the tray.", None)
    assert (running.bounds("A1"), running.bounds("A2")) == ((2, 0), (1, 0))


def test_a_silent_board_is_no_reason_to_stop_but_for_what_can_wait(running: Running) -> None:
    """It may have come out: another is worth it for naloxone only. Either way the count says so."""
    silent = Scene(turn=None, falls=1, blind=True)
    for slot in ("A1", "A2"):
        running.put(slot, 2)
    done = running.vend("NAL", silent, FALLS)
    assert [attempt.outcome for attempt in done.attempts] == [Outcome.UNKNOWN, Outcome.DISPENSED]
    both = running.vend("NAL", silent, DEAD)
    assert (both.outcome, both.slot) == (Outcome.UNKNOWN, both.attempts[0].slot)
    running.put("B1", 2)
    running.put("B2", 2)
    done = running.vend("STRIP", silent, FALLS)
    assert [attempt.outcome for attempt in done.attempts] == [Outcome.UNKNOWN]
    assert running.honest()


def test_what_was_not_driven_has_not_failed(running: Running) -> None:
    """A board that was away works again as soon as it can, without staff."""
    running.put("C1", 2)
    for _ in range(4):
        done = running.vend("SOCK", Scene(turn=Turn.ABSENT, falls=0, blind=True))
        assert done.outcome is Outcome.NOT_STARTED
        assert (running.bounds("C1"), running.slot("C1").jams) == ((2, 0), 0)
    assert running.vend("SOCK", FALLS).outcome is Outcome.DISPENSED


def test_a_coil_out_of_service_is_tried_when_the_others_are_empty(running: Running) -> None:
    """Three failures take a coil out for everything else; for naloxone it goes last."""
    running.put("A1", 2, "N1")
    for _ in range(3):
        running.vend("A1", DEAD)
    assert running.slot("A1").jams == 3
    running.put("A2", 1, "N2")
    assert fell(running) == "A2"
    assert fell(running) == "A1"


def test_what_was_counted_empty_is_tried_last(running: Running) -> None:
    """A count can be wrong, and a turn costs nothing; one that gives nothing is no failure of the coil."""
    running.world.put("A2", 1)
    done = running.vend("NAL", JAMS, JAMS, FALLS)
    assert [attempt.slot for attempt in done.attempts] == ["A1", "A2"]
    assert (running.slot("A1").jams, running.slot("A2").jams) == (0, 0)
    assert fell(running, JAMS, FALLS) == "A2"
    assert running.kinds(2) == ["dispensed", "surplus"]


def test_past_its_date_it_comes_out_with_a_word(running: Running) -> None:
    """After what is good; and before what was recalled."""
    running.clock.trust()
    running.put("A1", 1, "OLD", expiry=YESTERDAY)
    running.put("A2", 1, "BAD", expiry=FAR)
    running.do(lambda: running.service.changes.recall(RecallRequest(id="recall-1", lot="BAD")))
    expired = running.vend("NAL")
    assert (expired.slot, expired.warning) == ("A1", words.EXPIRED_GIVEN[True])
    recalled = running.vend("NAL")
    assert (recalled.slot, recalled.warning) == ("A2", words.LOCKED_GIVEN)
    assert running.honest()


def test_a_hidden_product_that_saves_lives_still_comes_out(running: Running) -> None:
    """Off the menu by command or by the settings: the emergency knows no menu."""
    running.put("A1", 2, "N1")
    running.do(lambda: running.service.changes.hide(HideRequest(sku="NAL", hidden=True)))
    assert running.slot("A1").hidden
    assert fell(running) == "A1"


def test_with_no_sensor_whoever_presses_again_gets_the_next_coil(running: Running) -> None:
    """Nobody can see what fell: one turn is presumed to give, and the next press turns another coil."""
    running.put("A1", 3, "N1", expiry=FAR)
    running.put("A2", 3, "N2")
    first = running.vend("NAL", BLIND_JAM)
    assert (first.slot, first.outcome) == ("A1", Outcome.PRESUMED)
    assert fell(running, BLIND) == "A2"
    assert (running.bounds("A1"), running.bounds("A2")) == ((2, 1), (2, 1))


def test_press_after_press_everything_comes_out(running: Running) -> None:
    """Items of every kind of trouble, one press each, until the machine is really empty."""
    running.clock.trust()
    running.put("A1", 2, "OLD", expiry=YESTERDAY)
    running.put("A1", 2, "BAD")
    running.put("A2", 3, "N2")
    running.do(lambda: running.service.changes.recall(RecallRequest(id="recall-1", lot="BAD")))
    running.do(lambda: running.service.changes.hide(HideRequest(sku="NAL", hidden=True)))
    assert [fell(running) for _ in range(7)] == ["A2"] * 3 + ["A1"] * 4
    assert running.world.inside["A1"] == running.world.inside["A2"] == 0


def test_without_a_ledger_it_comes_out_and_is_counted_later(tmp_path: Path) -> None:
    """A file stands where the state folder should be: nothing can be kept, and naloxone falls all the same."""
    state = tmp_path / "state"
    state.mkdir()
    clock = HandClock(tmp_path)
    (state / "ledger.db").mkdir()
    running = Running(state, clock=clock)
    running.world.put("A1", 5)
    running.world.put("B1", 5)
    assert running.service.ledger_fault
    assert running.bounds("A1") == (0, 9)
    assert fell(running) == "A1"
    assert running.vend("STRIP").message == words.NO_LEDGER
    assert running.world.inside == {"A1": 4, "B1": 5}
    done = running.vend("NAL", request_id="request-1")
    (state / "ledger.db").rmdir()
    running.clock.pass_h(1)
    running.idle()
    assert running.service.ledger_fault is None
    assert running.bounds("A1") == (0, 7)
    assert running.vend("NAL", request_id="request-1") == done
    assert running.world.inside["A1"] == 3
    assert running.kinds().count("dispensed") == 2
    running.close()


def test_an_emergency_waits_for_nobody_but_the_item_that_drops(tmp_path: Path) -> None:
    """Limits, cool-downs and codes are not for it, whatever the settings of others are."""
    sock = replace(SOCK, limit_per_visit=1, cooldown_s=600)
    running = Running(tmp_path / "state", kiosk_of(NALOXONE, sock, slots={"A1": "NAL", "C1": "SOCK"}))
    running.put("A1", 9, "N1")
    running.put("C1", 9, "K1")
    running.vend("SOCK")
    assert [fell(running) for _ in range(5)] == ["A1"] * 5
    running.close()


def test_the_nearest_date_comes_first(running: Running) -> None:
    """Of coils that are sound, the front that expires first."""
    running.put("A1", 2, "LATER", expiry=FAR)
    running.put("A2", 2, "SOON", expiry=FAR - datetime.timedelta(days=300))
    assert [fell(running) for _ in range(4)] == ["A2", "A2", "A1", "A1"]
