"""Where visitors ask without a screen: what a typed number, a code and a press become."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk import threads
from kiosk.config import CodeSettings
from kiosk.dispense.codes.anonymous_codes import Codes
from kiosk.dispense.visitor_inputs import HELD_S, VisitorInputs
from kiosk.errors import LedgerError
from kiosk.hardware.api import Signal
from tests.dispense.kept import NALOXONE, SOCK, STRIP, kiosk_of
from tests.dispense.running import Running
from tests.dispense.shows import Shows

SLOTS = {"A1": "NAL", "B1": "STRIP", "C1": "SOCK"}


class Requests:
    """A stocked kiosk with a counter before it: test strips need a code, the slots are 11, 12 and 13 on a keypad."""

    def __init__(self, folder: Path) -> None:
        config = kiosk_of(NALOXONE, replace(STRIP, limit_per_code=1), SOCK, slots=SLOTS)
        numbered = tuple(replace(slot, number=number) for number, slot in enumerate(config.slots, 11))
        config = replace(config, slots=numbered, codes=CodeSettings(enabled=True))
        self.codes = Codes(bytes(range(32)), "month", 0, time.monotonic)
        self.light = Shows()
        self.kiosk = Running(folder, config, codes=self.codes, lights=(self.light,))
        for slot in SLOTS:
            self.kiosk.put(slot, 3)
        self.visitor_inputs = VisitorInputs(self.kiosk.service, config, self.kiosk.clock)
        self.light.signals.clear()

    def left(self) -> dict[str, int]:
        """Serve whatever was asked for, and return what is inside."""
        self.kiosk.idle()
        return {slot: self.kiosk.world.inside[slot] for slot in SLOTS}

    def left_soon(self, slot: str, number: int) -> bool:
        """Serve until `number` are left, as a press with a code is looked up in a thread of its own."""
        return until(lambda: self.left()[slot] == number)

    def new_code(self) -> str:
        return self.codes.issue(self.kiosk.storage.ledger.calendar.when())


def until(true: Callable[[], bool], wall_s: float = 30.0) -> bool:
    end = time.monotonic() + wall_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture
def requests(tmp_path: Path) -> Iterator[Requests]:
    made = Requests(tmp_path / "kiosk")
    yield made
    made.kiosk.close()


@pytest.mark.parametrize("typed", ["C1", "c1", " C1 ", "13"])
def test_a_slots_id_or_number_asks_for_what_is_in_it(requests: Requests, typed: str) -> None:
    requests.visitor_inputs.enter(typed)
    assert requests.left() == {"A1": 3, "B1": 3, "C1": 2}


@pytest.mark.parametrize("typed", ["", "99", "Z9", "04A3B2C1", "x" * 100, "one two three"])
def test_what_means_nothing_is_answered_and_moves_nothing(requests: Requests, typed: str) -> None:
    requests.visitor_inputs.enter(typed)
    assert requests.left() == {"A1": 3, "B1": 3, "C1": 3}
    assert requests.light.signals[0] is Signal.NOT_NOW


def test_a_code_that_was_read_serves_the_next_press_and_no_other(requests: Requests) -> None:
    requests.visitor_inputs.press("STRIP")
    assert requests.left()["B1"] == 3
    requests.visitor_inputs.enter(requests.new_code())
    requests.visitor_inputs.press("STRIP")
    assert requests.left_soon("B1", 2)
    requests.visitor_inputs.press("STRIP")
    assert requests.left()["B1"] == 2


def test_a_code_is_forgotten_after_a_while(requests: Requests) -> None:
    requests.visitor_inputs.enter(requests.new_code())
    requests.kiosk.clock.sleep(HELD_S + 1)
    requests.visitor_inputs.press("STRIP")
    assert requests.left()["B1"] == 3


def test_a_code_does_not_outlive_the_visit_of_who_held_it_up(requests: Requests) -> None:
    """The next person's press spends nothing of it."""
    requests.visitor_inputs.enter(requests.new_code())
    requests.kiosk.service.admission.end_visit()
    requests.visitor_inputs.press("STRIP")
    assert requests.left()["B1"] == 3
    assert requests.light.take()[-1] is Signal.NOT_NOW


def test_naloxone_needs_no_code_and_a_wrong_one_does_no_harm(requests: Requests) -> None:
    requests.visitor_inputs.enter("four words without worth")
    requests.visitor_inputs.press("NAL")
    assert requests.left_soon("A1", 2)


def test_a_ledger_that_cannot_be_read_is_answered_and_ends_nothing(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[str] = []
    monkeypatch.setattr(threads.start, "__defaults__", (lambda: died.append("the thread of the press"),))

    def unreadable(*_: object) -> None:
        raise LedgerError("The ledger cannot be read.")

    monkeypatch.setattr(requests.kiosk.service.admission._allowances, "left", unreadable)
    requests.visitor_inputs.enter(requests.new_code())
    requests.visitor_inputs.press("STRIP")
    assert until(lambda: bool(requests.left()) and Signal.NOT_NOW in requests.light.signals)
    assert died == []


def test_a_wrong_code_is_answered(requests: Requests) -> None:
    requests.visitor_inputs.enter("four words without worth")
    requests.visitor_inputs.press("STRIP")
    assert until(lambda: requests.left()["B1"] == 3 and Signal.NOT_NOW in requests.light.signals)


def test_what_was_chosen_at_the_machine_comes_from_that_slot_or_is_refused(requests: Requests) -> None:
    assert requests.visitor_inputs.select("C1")
    assert requests.left()["C1"] == 2
    assert not requests.visitor_inputs.select("B1")
    assert requests.left()["B1"] == 3
