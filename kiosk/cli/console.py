"""Shows a self-test while it goes on, and asks the person who stands at the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from kiosk.cli.printing import print_json, sentence
from kiosk.cli.questions import DOOR, DOOR_CHECK, answered, questions
from kiosk.cli.table import Table, told_in
from kiosk.cli.verdict import Answer, Report, Seen, SlotResult
from kiosk.control.client import Client
from kiosk.model import Fault, Outcome, Reading, SlotStock, Vend

ITEM = "Did an item fall?"
LOCKER = "Did its door open?"
AT_KEYPAD = "Wait until the machine is done. Did the item come out?"


class Console:
    """One self-test's table and questions. With JSON everything but the document goes to standard error."""

    def __init__(self, slots: Sequence[SlotStock], *, guided: bool, as_json: bool) -> None:
        """Begin the table for these slots. Unless `guided`, nothing is asked."""
        self._guided = guided
        self._as_json = as_json
        self._table = Table(slots)
        self._say(self._table.heading())

    def turning(self, slot: SlotStock) -> None:
        """Show that a slot turns now."""
        self._progress(f"{slot.slot} turns …")

    def came_out(self, slot: SlotStock, *, locker: bool) -> Seen | None:
        """Ask whether a test turn gave something out; None if nobody is asked."""
        self._progress("")
        return self._ask(f"{slot.slot}: {LOCKER if locker else ITEM}") if self._guided else None

    def chosen_at_keypad(self, vend: Vend) -> Seen | None:
        """Have a person choose at the machine's own keypad, as `vend` advises; None if nobody is asked."""
        self._progress("")
        if not self._guided or vend.outcome is not Outcome.NOT_STARTED:
            return None
        return self._ask(f"{vend.advice or vend.message} {AT_KEYPAD}")

    def row(self, result: SlotResult, faults: Sequence[Fault]) -> None:
        """Show how a slot did; `faults` are those that are told below the table."""
        self._say(self._table.row(result, faults))

    def sensors(self, readings: Sequence[Reading]) -> None:
        """Show what every sensor says."""
        for reading in readings:
            self._say(f"{reading.name}: {reading.text}")

    def answers(self, client: Client) -> Iterator[Answer]:
        """Ask for what only a person can see or do, of the parts that there are."""
        if not self._guided:
            return
        state = client.state()
        if state.door_open is not None and (said := self._ask(DOOR)) is not Seen.SKIP:
            noticed = client.state().door_open is (said is Seen.YES)
            yield Answer(question=DOOR, passed=noticed, advice="" if noticed else DOOR_CHECK)
            self._say("Close the door.")
        for question in questions(state):
            said = self._ask(question.text)
            yield answered(question, said, client.state())
            if question.part is not None and said is Seen.YES:
                self._say("Put it back as it was.")

    def finish(self, report: Report) -> None:
        """Show what the machine says of itself, and how it all ended."""
        for answer in report.answers:
            if answer.passed is False:
                self._say(answer.advice)
        for fault in report.faults:
            if not told_in(report.slots, fault):
                self._say(sentence(fault))
        for fault in report.to_do:
            self._say(f"Afterwards: {sentence(fault)}")
        self._say(_ending(report))
        if self._as_json:
            print_json(report)

    def _say(self, text: str) -> None:
        click.echo(text, err=self._as_json)

    def _ask(self, question: str) -> Seen:
        said = click.prompt(
            question, type=click.Choice([answer.value for answer in Seen], case_sensitive=False), err=True
        )
        return Seen(said)

    def _progress(self, text: str) -> None:
        """Show what goes on now where a person watches; the next text takes its place."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _ending(report: Report) -> str:
    if not report.passed:
        return "Something is wrong: see above what to check."
    untried = [slot.slot for slot in report.slots if slot.passed is None]
    if untried:
        return f"Nothing is wrong so far. Not tried: {', '.join(untried)}. With --guided a person tries them."
    return "Everything answers."
