"""What a self-test asks a person about the parts that a kiosk has, and what to check when the answer is no. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kiosk.cli.verdict import Answer, Seen
from kiosk.model import KioskState, MachinePart

DOOR = "Open the door, wait a second, then answer. Is it open now?"
DOOR_CHECK = "the kiosk did not notice: check the door's contact and its wire"


class Question(NamedTuple):
    """One thing to ask. With `part` the kiosk has to tell of that part, once a person did what was asked for."""

    text: str
    check: str
    part: str | None = None


ASKED = {
    ("input", "button"): Question(
        'Press "{name}"; an item comes out. Did it?',
        'check the wire of "{name}"',
    ),
    ("input", "gpio_keypad"): Question(
        'Type a slot that the visitors know at "{name}". Did the machine answer?',
        'check "{name}" and its wires',
    ),
    ("input", "usb_keypad"): Question(
        'Type a slot that the visitors know at "{name}". Did the machine answer?',
        'check "{name}" and its cable',
    ),
    ("input", "serial_reader"): Question(
        'Hold a code or card up to "{name}". Did the machine answer?',
        'check "{name}" and its cable',
    ),
    ("signal", "gpio_light"): Question(
        'Is "{name}" on, as visitors see it when they can press?',
        'check "{name}" and its wire',
    ),
    ("signal", "buzzer"): Question(
        'Did "{name}" sound when an item came out?',
        'check "{name}" and its wire',
    ),
    ("signal", "interior_light"): Question(
        'Is, or was, "{name}" on while the machine worked?',
        'check "{name}", its relay and its supply',
    ),
    ("sensor", "sharps_bin"): Question(
        'The kiosk says of "{name}": "{reading}". Is that so?',
        'check the switches at the marks of "{name}"',
    ),
    ("sensor", "tamper"): Question(
        'Open the tamper contact "{name}", count to three, then answer. Is it open?',
        'the kiosk did not notice: check the tamper contact "{name}" and its wire',
        "{name}",
    ),
    ("sensor", "power_good"): Question(
        "Pull the mains plug, count to ten, then answer (skip it without a battery). Is it out?",
        'the kiosk did not notice: check the wire of "{name}"',
        "{name}",
    ),
    ("sensor", "power_supply"): Question(
        "Pull the mains plug, count to ten, then answer (skip it without a battery). Is it out?",
        'the kiosk did not notice: check the cable of "{name}"',
        "{name}",
    ),
}
"""The question about a part of each kind and driver. Of all others a person can see nothing that the kiosk cannot."""


def questions(state: KioskState) -> Iterator[Question]:
    """Give the questions about the parts of this kiosk, in the order of its configuration; the door is asked apart."""
    for part in state.parts:
        if question := ASKED.get((part.kind, part.driver)):
            yield _about(part, question, state)


def _about(part: MachinePart, question: Question, state: KioskState) -> Question:
    reading = next((reading.text for reading in state.readings if reading.name == part.name), "nothing")
    return Question(
        question.text.format(name=part.name, reading=reading),
        question.check.format(name=part.name),
        question.part and part.name,
    )


def answered(question: Question, said: Seen, state: KioskState) -> Answer:
    """Return what an answer means. `state` is the kiosk's as the person answered."""
    if question.part is None:
        passed = None if said is Seen.SKIP else said is Seen.YES
    elif said is Seen.YES:
        passed = any(fault.where == question.part for fault in state.faults)
    else:  # nothing was done, so there was nothing to notice
        passed = None
    return Answer(
        question=question.text, passed=passed, advice=question.check if passed is False else "", part=question.part
    )
