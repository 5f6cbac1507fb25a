"""A press is always answered: by light and sound, by a code, and by naloxone, also with hands in the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.config import CodeSettings
from kiosk.dispense import words
from kiosk.dispense.codes.anonymous_codes import Codes
from kiosk.dispense.rules.policy import VISIT_GAP_S
from kiosk.dispense.service.vending import HANDS_OUT_S
from kiosk.dispense.visitor_inputs import VisitorInputs
from kiosk.errors import BusyError
from kiosk.hardware.api import Signal
from kiosk.model import Outcome, Purpose, RefusalCode, RefusedError, VendRequest, new_request_id
from tests.conftest import Evidence
from tests.crash.world import Scene
from tests.dispense.kept import NALOXONE, SOCK, STRIP, HandClock, kiosk_of
from tests.dispense.running import FALLS, JAMS, Running
from tests.dispense.shows import HandDoor, Shows

SLOTS = {"A1": "NAL", "A2": "NAL", "B1": "STRIP", "B2": "STRIP", "C1": "SOCK"}
CLOCK_SET = HandClock.trust


class Street:
    """A stocked kiosk with a light and a door."""

    def __init__(self, folder: Path, **strip: Any) -> None:
        folder.mkdir()
        config = kiosk_of(NALOXONE, replace(STRIP, **strip), SOCK, slots=SLOTS, codes=CodeSettings(enabled=True))
        self.light, self.door, self.clock = Shows(), HandDoor(), HandClock(folder)
        codes = Codes(bytes(range(32)), "month", 0, time.monotonic)
        self.kiosk = Running(folder / "state", config, self.clock, codes, lights=(self.light,), door=self.door)
        for slot in SLOTS:
            self.kiosk.put(slot, 5)
        self.counter = VisitorInputs(self.kiosk.service, config, self.clock)
        self.kiosk.idle()
        self.light.take()

    def inside(self, *slots: str) -> int:
        """Serve what was asked for, and return what is left."""
        self.kiosk.idle()
        return sum(self.kiosk.world.inside[slot] for slot in slots)

    def refused(self, sku: str) -> RefusedError:
        with pytest.raises(RefusedError) as told:
            self.kiosk.service.vend(VendRequest(id=new_request_id(), sku=sku))
        return told.value


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path / "kiosk")
    yield made
    made.kiosk.close()


# -- a press that gets nothing -------------------------------------------------------------------------------------


def one_before(street: Street) -> None:
    assert street.kiosk.vend("STRIP").outcome is Outcome.DISPENSED


def open_door(street: Street) -> None:
    street.door.opened = True


def set_clock(street: Street) -> None:
    street.clock.trust()


def nothing(_: Street) -> None: ...


NOW = HandClock(Path("/nowhere")).local_time()
LATER = f"{(NOW.hour + 2) % 24:02}:00-{(NOW.hour + 3) % 24:02}:00"

REFUSALS: dict[RefusalCode, tuple[dict[str, Any], Callable[[Street], None], Signal]] = {
    RefusalCode.DOOR_OPEN: ({}, open_door, Signal.NOT_NOW),
    RefusalCode.LIMIT: ({"limit_per_visit": 1}, one_before, Signal.WAIT),
    RefusalCode.COOLING: ({"cooldown_s": 30.0}, one_before, Signal.WAIT),
    RefusalCode.CLOSED: ({"hours": (LATER,)}, set_clock, Signal.NOT_NOW),
    RefusalCode.HIDDEN: ({"hidden": True}, nothing, Signal.NOT_NOW),
    RefusalCode.CODE_NEEDED: ({"limit_per_code": 1}, nothing, Signal.NOT_NOW),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_is_seen_and_heard_and_has_its_code(
    tmp_path: Path, code: RefusalCode, evidence: Evidence
) -> None:
    """The button is answered once, the control API by the code; nothing moves, and a refused press costs nothing."""
    strip, before, signal = REFUSALS[code]
    street = Street(tmp_path / "kiosk", **strip)
    before(street)
    street.light.take()
    inside = street.inside("B1", "B2")
    street.counter.press("STRIP")
    assert street.light.take() == [signal]
    refusal = street.refused("STRIP").refusal
    assert refusal.code is code
    assert (refusal.wait_s is not None) == (signal is Signal.WAIT)
    assert street.inside("B1", "B2") == inside
    evidence.count("presses_answered")
    street.kiosk.close()


def test_a_press_during_another_vend_is_answered_and_takes_nothing_from_it(street: Street) -> None:
    """The light goes back to what it told whoever is being served: only that lasts."""
    street.counter.press("SOCK")
    street.counter.press("STRIP")
    street.counter.enter("B1")
    assert street.light.take() == [Signal.WORKING, Signal.WAIT, Signal.WAIT]
    assert street.inside("B1", "B2", "C1") == 14
    assert [signal for signal in street.light.take() if signal.lasts] == [Signal.TAKE]


def test_what_does_not_come_out_is_told_with_its_code(street: Street) -> None:
    """Sold out, or in a coil that is out of use: the press was taken, and answered in the end."""
    for _ in range(2):
        street.kiosk.vend("C1", JAMS)
    street.light.take()
    street.counter.press("SOCK")
    street.kiosk.idle()
    assert [signal for signal in street.light.take() if signal is not Signal.READY] == [Signal.WORKING, Signal.SORRY]
    assert street.kiosk.vend("SOCK").refusal is RefusalCode.STUCK


def test_half_a_minute_later_another_person_is_told_when_the_next_one_comes(tmp_path: Path) -> None:
    """And it comes then: presses that were refused meanwhile, and what others took, made nobody wait longer."""
    street = Street(tmp_path / "kiosk", limit_per_visit=3)
    for _ in range(3):
        one_before(street)
    last_s = street.clock.monotonic()
    street.clock.sleep(VISIT_GAP_S / 2)
    told = street.refused("STRIP")
    assert str(told) == "The next one comes in 30 seconds. Other items are free to take now."
    for _ in range(5):
        street.counter.press("STRIP")
        street.clock.sleep(1.0)
    assert street.kiosk.vend("SOCK").outcome is Outcome.DISPENSED
    street.clock.sleep(last_s + VISIT_GAP_S - street.clock.monotonic())
    one_before(street)
    street.kiosk.close()


# -- two people, and one who hammers -------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["NAL", "SOCK"])
def test_two_people_who_press_for_naloxone_get_one_each(street: Street, first: str) -> None:
    """Also while the first of them drops, and each press is heard at any hour."""
    street.counter.press(first)
    street.counter.press("NAL")
    assert street.light.take() == [Signal.WORKING, Signal.NOTED]
    if first == "SOCK":
        street.counter.press("NAL")
        assert street.light.take() == [Signal.NOTED]
    assert street.inside("A1", "A2") == 8
    assert street.light.urgent.count(Signal.TAKE) == 2
    assert not street.kiosk.service.busy


def test_who_hammers_on_the_button_is_answered_each_time_and_gets_two(street: Street) -> None:
    """The rest stays for whoever comes next; and right after those two the button gives again."""
    for _ in range(10):
        street.counter.press("NAL")
    assert street.light.take() == [Signal.WORKING, Signal.NOTED] + [Signal.WAIT] * 8
    assert street.light.urgent == [Signal.WORKING, Signal.NOTED] + [Signal.WAIT] * 8
    with pytest.raises(BusyError, match=words.TWO_COMING):
        street.kiosk.service.vend(VendRequest(id=new_request_id(), sku="NAL"))
    assert street.inside("A1", "A2") == 8
    street.counter.press("NAL")
    assert street.inside("A1", "A2") == 7


def test_each_is_answered_for_itself_in_its_turn(street: Street) -> None:
    """The ids stay apart, and the second is served although the first got nothing."""
    street.kiosk.world.scenes = [JAMS, JAMS, FALLS]
    for name in ("first-person", "second-person"):
        street.kiosk.service.vend(VendRequest(id=name, sku="NAL"))
    street.kiosk.idle()
    ends = [street.kiosk.service.find(name).outcome for name in ("first-person", "second-person")]
    assert ends == [Outcome.JAMMED, Outcome.DISPENSED]


def test_a_test_turn_never_waits_for_its_turn(street: Street) -> None:
    """Nobody who tests a coil expects it to turn later, by itself; not even a coil of naloxone."""
    street.counter.press("SOCK")
    with pytest.raises(BusyError):
        street.kiosk.service.vend(VendRequest(id=new_request_id(), slot="A1", purpose=Purpose.TEST))
    assert street.inside("A1", "A2") == 10


def test_an_emergency_is_urgent_from_the_press_to_the_end_and_nothing_else_is(street: Street) -> None:
    """That is what a buzzer goes by in quiet hours."""
    for sku in ("SOCK", "STRIP"):
        street.kiosk.vend(sku)
    street.kiosk.test("A1")
    assert street.light.urgent == []
    street.kiosk.vend("NAL")
    assert street.light.urgent == [Signal.WORKING, Signal.TAKE]


# -- hands in the machine ------------------------------------------------------------------------------------------


class Moments:
    """When each coil began to turn, on the machine's clock, and what the light told then."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self.turns: list[tuple[float, Signal]] = []
        street.kiosk.world.mark = self

    def __call__(self, what: str, *_: object) -> None:
        if what == "motion":
            self.turns.append((self._street.clock.monotonic(), self._street.light.signals[-1]))


@pytest.mark.parametrize("purpose", Purpose)
def test_hands_are_warned_for_a_second_before_a_coil_turns_behind_the_open_door(
    street: Street, purpose: Purpose
) -> None:
    """By light and sound at any hour, until it is over; each coil that is tried after the first as well."""
    seen = Moments(street)
    street.door.opened = True
    began_s = street.clock.monotonic()
    street.kiosk.world.scenes = [JAMS]
    ask = {"slot": "A1", "purpose": purpose} if purpose is Purpose.TEST else {"sku": "NAL"}
    street.kiosk.ask(VendRequest(id=new_request_id(), **ask))  # type: ignore[arg-type]
    assert seen.turns[0] == (began_s + HANDS_OUT_S, Signal.HANDS_OUT)
    assert Signal.HANDS_OUT in street.light.urgent
    assert all(told is Signal.HANDS_OUT for _, told in seen.turns)
    assert street.light.signals.count(Signal.HANDS_OUT) == (1 if purpose is Purpose.TEST else 2)


@pytest.mark.parametrize("opened", [False, None])
def test_nobody_waits_for_a_door_that_is_not_known_to_be_open(street: Street, opened: bool | None) -> None:
    seen = Moments(street)
    street.door.opened = opened
    began_s = street.clock.monotonic()
    assert street.kiosk.vend("NAL").outcome is Outcome.DISPENSED
    assert seen.turns[0] == (began_s, Signal.WORKING)


def test_a_locker_is_opened_at_once(tmp_path: Path) -> None:
    """Nothing turns in it, and its own door is another one."""
    door, clock = HandDoor(opened=True), HandClock(tmp_path)
    kiosk = Running(tmp_path / "state", clock=clock, door=door, lockers=frozenset({"A1"}))
    kiosk.put("A1", 2)
    began_s = clock.monotonic()
    kiosk.vend("NAL", Scene(falls=1))
    assert clock.monotonic() - began_s < HANDS_OUT_S
    kiosk.close()


def test_who_opens_the_door_between_two_coils_stops_what_can_wait(street: Street) -> None:
    """Before the first coil as well: the press was taken while the door was closed."""

    def opens(*_: object) -> None:
        street.door.opened = True

    street.kiosk.world.mark = opens
    done = street.kiosk.vend("STRIP", JAMS)
    assert [attempt.slot for attempt in done.attempts] == ["B1"]
    street.door.opened = False
    street.kiosk.service.vend(VendRequest(id="request-1", sku="STRIP"))
    street.door.opened = True
    street.kiosk.idle()
    done = street.kiosk.service.find("request-1")
    assert (done.attempts, done.refusal) == ((), RefusalCode.DOOR_OPEN)
    assert [demand.unmet for demand in street.kiosk.reader.shortage().demand] == [1]
