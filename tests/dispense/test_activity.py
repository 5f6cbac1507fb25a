"""What a screen or a voice can follow: each stage of a request, whoever made it, and never who."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kiosk.dispense.service.activity import FOLLOWERS, OVER_S, Activity
from kiosk.model import Now, Outcome, Purpose, RefusalCode, Stage, Vend, VendRequest, VendState, new_request_id
from tests.crash.world import Scene
from tests.dispense.running import FALLS, JAMS, Running
from tests.hardware.machine import until

PATIENCE_S = 60.0


@pytest.fixture
def told(shop: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Now]]:
    """Everything that the kiosk shows, in order."""
    shown: list[Now] = []
    activity = shop.service.requests.activity
    show = activity._show

    def note(now: Now) -> None:
        show(now)
        if not shown or activity._shown[-1] != shown[-1]:
            shown.append(activity._shown[-1])

    monkeypatch.setattr(activity, "_show", note)
    yield shown
    versions = [now.version for now in shown]
    assert versions == list(range(versions[0], versions[0] + len(versions)))


def stages(shown: list[Now]) -> list[tuple[Stage, str | None, int]]:
    """Return stage, slot and slots tried before, each once."""
    return list(dict.fromkeys((now.stage, now.slot, now.tried) for now in shown))


def test_a_button_s_request_is_told_stage_by_stage(shop: Running, told: list[Now]) -> None:
    shop.put("A1", 3, "N1")
    told.clear()
    assert shop.press("NAL")
    shop.idle()
    assert stages(told) == [(Stage.WAITING, None, 0), (Stage.TURNING, "A1", 0), (Stage.OVER, "A1", 0)]
    assert {(now.sku, now.purpose) for now in told} == {("NAL", Purpose.VISITOR)}
    assert (told[-1].outcome, told[-1].message) == (Outcome.DISPENSED, "Done. Take it from the tray.")


def test_the_next_slot_is_told_as_such(shop: Running, told: list[Now]) -> None:
    shop.world.scenes = [JAMS, FALLS]
    assert shop.press("STRIP")
    shop.idle()
    turned = [now for now in told if now.stage is Stage.TURNING]
    assert [now.tried for now in turned] == [0, 1]
    assert told[-1].tried == 1
    assert told[-1].outcome is Outcome.DISPENSED


def test_who_waits_is_counted_and_served_next(shop: Running, told: list[Now]) -> None:
    shop.put("A1", 3, "N1")
    told.clear()
    shop.service.vend(VendRequest(id=new_request_id(), sku="STRIP"))
    assert shop.press("NAL")
    assert told[-1].waiting == 1
    shop.idle()
    ends = [(now.sku, now.outcome) for now in told if now.stage is Stage.OVER]
    assert ends == [("STRIP", Outcome.DISPENSED), ("NAL", Outcome.DISPENSED)]


def test_a_press_that_gets_nothing_is_told_why(shop: Running, told: list[Now]) -> None:
    """Before anything was tried, and after; while another item drops that goes on to be shown."""
    assert not shop.press("nothing")
    assert (told[-1].stage, told[-1].sku, told[-1].refusal) == (Stage.OVER, "nothing", None)
    assert told[-1].message == "This kiosk has no product 'nothing'."
    shop.world.scenes = [Scene(falls=0)] * 9
    for _ in range(4):
        shop.press("SOCK")
        shop.idle()
    assert told[-1].refusal is RefusalCode.STUCK
    assert shop.press("STRIP")
    shown = told[-1]
    assert not shop.press("SOCK")
    assert told[-1] == shown
    shop.idle()


def test_it_is_idle_again_after_a_while() -> None:
    now_s = 0.0
    activity = Activity(lambda: now_s)
    first = activity.now()
    assert (first.stage, first.message) == (Stage.IDLE, "")
    activity.tell("NAL", Purpose.VISITOR, Vend(id="request-1", state=VendState.DONE, message="Done."), 0)
    over = activity.now()
    assert (over.stage, over.version) == (Stage.OVER, first.version + 1)
    now_s = OVER_S
    idle = Now(version=over.version + 1, stage=Stage.IDLE)
    assert activity.now() == idle
    assert activity.now(first.version) == idle, "what was given out can be read no more"


def test_whoever_follows_hears_of_the_next_at_once_and_of_the_end() -> None:
    activity = Activity()
    heard: list[Now] = []
    before = activity.now()
    follows = threading.Thread(target=lambda: heard.append(activity.now(before.version, PATIENCE_S)), daemon=True)
    follows.start()
    activity.tell("NAL", Purpose.VISITOR, Vend(id="request-1", state=VendState.TURNING, message="It comes."), 0)
    follows.join(PATIENCE_S)
    assert [now.stage for now in heard] == [Stage.TURNING]
    assert activity.now(before.version, PATIENCE_S) == heard[0], "one who comes late hears at once"
    assert activity.now(heard[0].version, 0.01) == heard[0]


def test_an_end_is_heard_although_another_request_follows_at_once(shop: Running) -> None:
    """Whoever waited for theirs is told what became of it."""
    activity = shop.service.requests.activity
    shop.put("A1", 3, "N1")
    heard = [activity.now()]
    shop.service.vend(VendRequest(id=new_request_id(), sku="STRIP"))
    assert shop.press("NAL")
    shop.idle()
    while heard[-1] != activity.now():
        heard.append(activity.now(heard[-1].version))
    ends = [(now.sku, now.outcome, now.waiting) for now in heard if now.stage is Stage.OVER]
    assert ends == [("STRIP", Outcome.DISPENSED, 1), ("NAL", Outcome.DISPENSED, 0)]


def test_who_has_gone_away_makes_room_and_nobody_waits_after_the_end() -> None:
    """Many who ask at once are answered; a stop waits for none of them."""
    activity = Activity()
    version = activity.now().version
    heard: list[int] = []

    def follow() -> None:
        heard.append(activity.now(version, PATIENCE_S).version)

    gone = [threading.Thread(target=follow, daemon=True) for _ in range(2 * FOLLOWERS)]
    for thread in gone:
        thread.start()
    for _ in range(3):
        activity.now(version, 0.01)
    assert activity.now(version, 0.01).version == version
    assert until(lambda: len(heard) >= FOLLOWERS, PATIENCE_S)
    activity.end()
    for thread in gone:
        thread.join(PATIENCE_S)
    assert heard == [version] * 2 * FOLLOWERS


def test_a_new_start_is_no_version_of_the_old_one() -> None:
    assert len({Activity().now().version for _ in range(20)}) == 20
