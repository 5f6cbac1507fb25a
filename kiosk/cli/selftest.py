"""Try the machine out, slot by slot, and with a person in front of it step by step."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from kiosk.cli.console import Console
from kiosk.cli.follow_vend import follow
from kiosk.cli.group import FAILED, confirm, example, json_option, socket_option, yes_option
from kiosk.cli.verdict import Report, Seen, heard, judge, sort
from kiosk.control.client import Client
from kiosk.errors import BusyError, NotFoundError
from kiosk.model import MachinePart, Outcome, Purpose, SlotStock, Vend, VendRequest, new_request_id

PATIENCE_S = 60.0
"""How long a slot waits for its turn while visitors are served, in seconds."""
TOLD_S = 5.0
"""How long after a person's answer the ledger may take to tell of what came out at the machine's keypad, in seconds."""
LOOK_S = 0.2

WARNING = (
    "Every motor turns once and every locker opens; what falls is counted as taken out. Keep hands out of the machine."
)


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
    console = Console(slots, guided=guided, as_json=as_json)
    report = _test(client, slots, console, everything=only is None)
    console.finish(report)
    if not report.passed:
        raise SystemExit(FAILED)


def _test(client: Client, slots: Sequence[SlotStock], console: Console, *, everything: bool) -> Report:
    parts = {part.name: part for part in client.state().parts if part.kind in {"motor", "lock"}}
    results = []
    for slot in slots:
        part = parts.get(slot.slot)
        console.turning(slot)
        vend, seen = _tried(client, slot, part, console)
        results.append(judge(slot, vend, seen, part))
        console.row(results[-1], client.state().faults)
    before = client.state()
    console.sensors(before.readings)
    answers = tuple(console.answers(client)) if everything else ()
    # What a person did for the test, such as opening a tamper contact, may stay told for a day.
    done = {answer.part for answer in answers if answer.passed} - {fault.where for fault in before.faults}
    told = tuple(fault for fault in client.state().faults if fault.where not in done)
    faults, to_do = sort(told, client.stock())
    good = not faults and False not in [slot.passed for slot in results] + [answer.passed for answer in answers]
    return Report(
        passed=good, slots=tuple(results), sensors=before.readings, answers=answers, faults=faults, to_do=to_do
    )


def _tried(client: Client, slot: SlotStock, part: MachinePart | None, console: Console) -> tuple[Vend, Seen | None]:
    """Turn a slot once, or have a person choose it at the machine; return how it went, and what the person saw."""
    vend = _turn(client, slot.slot)
    if part is None or not part.visitor_only:
        return vend, console.came_out(slot, locker=part is not None and part.kind == "lock")
    after = max((event.seq for event in client.slot(slot.slot).events), default=0)
    seen = console.chosen_at_keypad(vend)
    return (vend if seen in {None, Seen.SKIP} else _heard(client, vend, after)), seen


def _heard(client: Client, vend: Vend, after: int) -> Vend:
    """Return how the vend went that a person asked for at the machine, as soon as the ledger tells."""
    give_up = time.monotonic() + TOLD_S
    while True:
        told = heard(vend, client.slot(vend.slot or "").events, after)
        if told.outcome is not Outcome.NOT_STARTED or (time.monotonic() > give_up and not client.state().busy):
            return told
        time.sleep(LOOK_S)


def _chosen(client: Client, only: str | None) -> Sequence[SlotStock]:
    slots = client.stock().slots
    if only is None:
        return slots
    chosen = [slot for slot in slots if slot.slot == only.upper()]
    if not chosen:
        raise NotFoundError(f"There is no slot {only}. There is: {', '.join(slot.slot for slot in slots)}.")
    return chosen


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
