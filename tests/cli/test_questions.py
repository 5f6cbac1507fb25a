"""A person is asked of the parts that a kiosk has, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.cli.questions import ASKED, answered, questions
from kiosk.cli.verdict import Seen
from kiosk.hardware import registry
from kiosk.model import Fault, FaultKind, KioskState, Link, MachinePart, Reading
from tests.cli.opened import opened

EXAMPLES = Path(__file__).parents[2] / "examples"


def state(*parts: MachinePart, faults: tuple[Fault, ...] = (), readings: tuple[Reading, ...] = ()) -> KioskState:
    return KioskState(
        kiosk="k",
        site="s",
        busy=False,
        door_open=None,
        readings=readings,
        faults=faults,
        telemetry=Link(text="", connected=False, pending=0),
        software="1",
        parts=parts,
    )


@pytest.mark.parametrize(
    ("example", "names"),
    [
        ("mdb.toml", []),
        ("cabinet.toml", ["sharps bin", "mains", "inside light", "naloxone button"]),
    ],
)
def test_each_example_is_asked_of_what_it_has(tmp_path: Path, example: str, names: list[str]) -> None:
    with opened(EXAMPLES / example, tmp_path) as (_, machine):
        found = state(*machine.listed)
    asked = [question.text + question.check for question in questions(found)]
    for name in names:
        assert [name in text for text in asked].count(True) == 1, (name, asked)
    if not names:
        assert asked == []


def test_only_drivers_that_exist_are_asked_about() -> None:
    for kind, driver in ASKED:
        assert driver in registry.names(kind)


def test_two_buttons_are_told_apart() -> None:
    parts = [MachinePart(kind="input", driver="button", name=name) for name in ("left", "right")]
    left, right = questions(state(*parts))
    assert ("left" in left.text, "left" in left.check, "right" in right.check) == (True, True, True)
    assert answered(right, Seen.NO, state()).advice == 'check the wire of "right"'
    assert answered(right, Seen.SKIP, state()).passed is None


def test_what_the_kiosk_reads_is_held_up_to_what_a_person_sees() -> None:
    sharps = MachinePart(kind="sensor", driver="sharps_bin", name="bin")
    (question,) = questions(state(sharps, readings=(Reading(name="bin", text="three quarters full"),)))
    assert "three quarters full" in question.text


@pytest.mark.parametrize(("said", "told", "passed"), [("y", True, True), ("y", False, False), ("n", False, None)])
def test_a_contact_that_a_person_opens_must_be_noticed(said: str, told: bool, passed: bool | None) -> None:
    back = MachinePart(kind="sensor", driver="tamper", name="back")
    (question,) = questions(state(back))
    faults = (Fault(where="back", kind=FaultKind.PART, text="Tamper contact back is open."),) if told else ()
    answer = answered(question, Seen(said), state(back, faults=faults))
    assert (answer.passed, answer.part, bool(answer.advice)) == (passed, "back", passed is False)
