"""Try the machine out, slot by slot, and with a person in front of it step by step."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import click

from kiosk.cli.following import follow
from kiosk.cli.group import FAILED, confirm, example, json_option, socket_option, yes_option
from kiosk.cli.judging import Answer, Report, Seen, SlotResult, judge, sort
from kiosk.cli.printing import print_json, sentence
from kiosk.control.client import Client
from kiosk.errors import BusyError, NotFoundError
from kiosk.model import Purpose, Reading, SlotStock, Vend, VendRequest, new_request_id

PATIENCE_S = 60.0
"""How long a slot waits for its turn while visitors are served, in seconds."""

WARNING = (
    "Every motor turns once and every locker opens; what falls is counted as taken out. Keep hands out of the machine."
)
ITEM = "Did an item fall, or a door open?"
DOOR = "Open the door, wait a second, then answer. Is it open now?"
DOOR_CHECK = "the kiosk did not notice: check the door's contact and its wire"
QUESTIONS = (
    ("Press each button; an item comes out each time. Did the machine answer every one?", "check the button's wire"),
    ("Is the light on that shows visitors that they can press?", "check the light and its wire"),
)
"""What is asked of a person, and what to check when the answer is no."""


@click.command()
@socket_option
@yes_option
@json_option
@click.option("--slot", "only", help="Test this slot alone.")
@click.option("--guided", is_flag=True, help="Ask a person at the machine what they see, step by step.")
@example("kiosk selftest --guided")
def selftest(client: Client, yes: bool, as_json: bool, only: str | None, guided: bool) -> None:
    """Turn every slot once and tell what is wrong and what to check: motors turn and items may drop."""
    slots = _chosen(client, only)
    confirm(WARNING, yes=yes)
    desk = Desk(slots, guided=guided, as_json=as_json)
    results = tuple(desk.slot(client, slot) for slot in slots)
    state = client.state()
    desk.sensors(state.readings)
    answers = tuple(desk.answers(client)) if only is None else ()
    faults, to_do = sort(client.state().faults, client.stock())
    passed = all(one.passed for one in results) and all(one.passed is not False for one in answers) and not faults
    report = Report(passed=passed, slots=results, sensors=state.readings, answers=answers, faults=faults, to_do=to_do)
    desk.finish(report)
    if not passed:
        raise SystemExit(FAILED)


def _chosen(client: Client, only: str | None) -> Sequence[SlotStock]:
    slots = client.stock().slots
    if only is None:
        return slots
    chosen = [slot for slot in slots if slot.slot == only.upper()]
    if not chosen:
        raise NotFoundError(f"There is no slot {only}. There is: {', '.join(slot.slot for slot in slots)}.")
    return chosen


class Desk:
    """Shows a self-test while it goes on, and asks. With JSON everything but the document goes to standard error."""

    def __init__(self, slots: Sequence[SlotStock], *, guided: bool, as_json: bool) -> None:
        self._guided = guided
        self._as_json = as_json
        self._width = max(len(slot.product) for slot in slots)
        self._row("slot", "product", "result", "what to check")

    def slot(self, client: Client, slot: SlotStock) -> SlotResult:
        """Turn one slot, show its row, and return how it went."""
        self._progress(f"{slot.slot} turns …")
        vend = _turn(client, slot.slot)
        self._progress("")
        seen = self._ask(f"{slot.slot}: {ITEM}") if self._guided else None
        result = judge(slot, vend, seen)
        self._row(result.slot, result.product, result.result, result.advice)
        return result

    def sensors(self, readings: Sequence[Reading]) -> None:
        """Show what every sensor says."""
        for reading in readings:
            self._say(f"{reading.name}: {reading.text}")

    def answers(self, client: Client) -> Iterator[Answer]:
        """Ask for what only a person can see or do."""
        if not self._guided:
            return
        if client.state().door_open is not None and (said := self._ask(DOOR)) is not Seen.SKIP:
            noticed = client.state().door_open is (said is Seen.YES)
            yield Answer(question=DOOR, passed=noticed, advice="" if noticed else DOOR_CHECK)
            self._say("Close the door.")
        for question, check in QUESTIONS:
            said = self._ask(question)
            passed = None if said is Seen.SKIP else said is Seen.YES
            yield Answer(question=question, passed=passed, advice=check if passed is False else "")

    def finish(self, report: Report) -> None:
        """Show what the machine says of itself, and how it all ended."""
        for answer in report.answers:
            if answer.passed is False:
                self._say(answer.advice)
        told = {f"{slot.slot}: {slot.advice}" for slot in report.slots}
        for fault in report.faults:
            if sentence(fault) not in told:
                self._say(sentence(fault))
        for fault in report.to_do:
            self._say(f"Afterwards: {sentence(fault)}")
        self._say("Everything answers." if report.passed else "Something is wrong: see above what to check.")
        if self._as_json:
            print_json(report)

    def _say(self, text: str) -> None:
        click.echo(text, err=self._as_json)

    def _row(self, slot: str, product: str, result: str, check: str) -> None:
        self._say(f"{slot:<4}  {product:<{self._width}}  {result:<19}  {check}".rstrip())

    def _ask(self, question: str) -> Seen:
        said = click.prompt(
            question, type=click.Choice([answer.value for answer in Seen], case_sensitive=False), err=True
        )
        return Seen(said)

    def _progress(self, text: str) -> None:
        """Show what goes on now where a person watches; the next text takes its place."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _turn(client: Client, slot: str) -> Vend:
    """Turn a slot once, as soon as no visitor is being served. Raises BusyError if that takes too long."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return follow(client, VendRequest(id=new_request_id(), slot=slot, purpose=Purpose.TEST), quiet=True)
        except BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(1.0)
