"""The sentences of lockers: nobody is sent to a tray that is not there."""

from __future__ import annotations

import pytest

from kiosk.dispense import words
from kiosk.model import EventKind, FaultKind, Outcome, Purpose
from tests.dispense.test_choose import slot

COIL_WORDS = ("tray", "fell", "drop", "coil", "home", "motor", "turned")


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("outcome", [Outcome.PRESUMED, Outcome.NOT_STARTED, Outcome.UNKNOWN])
def test_a_locker_is_spoken_of_as_one(outcome: Outcome, purpose: Purpose) -> None:
    said = words.said(outcome, purpose, "B3", locker=True)
    assert "B3" in said
    assert not any(word in said.lower() for word in COIL_WORDS)
    assert said != words.said(outcome, purpose, "B3", locker=False)


def test_a_visitor_is_told_which_door_and_to_close_it() -> None:
    assert words.said(Outcome.PRESUMED, Purpose.VISITOR, "B3", locker=True) == (
        "Locker B3 is open. Take it and close the door."
    )


@pytest.mark.parametrize(("locker", "remedy"), [(False, "clear the coil"), (True, "free the door")])
@pytest.mark.parametrize("jams", [1, 2, 3])
def test_staff_are_told_what_to_clear(jams: int, locker: bool, remedy: str) -> None:
    (fault,) = words.slot_faults(slot("B3", 1, jams=jams), locker=locker)
    assert fault.kind is FaultKind.FAILED
    assert f"{remedy}, then test it." in fault.text


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("purpose", Purpose)
def test_every_outcome_has_a_sentence(outcome: Outcome, purpose: Purpose) -> None:
    for locker in (False, True):
        assert words.said(outcome, purpose, "A1", locker=locker).endswith(".")


@pytest.mark.parametrize(
    ("locker", "again", "said"),
    [(False, False, words.DROPPING), (True, False, words.OPENING), (False, True, words.TRYING_NEXT)],
)
def test_what_is_said_once_it_begins(locker: bool, again: bool, said: str) -> None:
    assert words.begun(locker=locker, again=again) == said


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_a_sentence(kind: EventKind) -> None:
    assert words.event(kind, 3).endswith(".")
    assert kind.means
