"""What staff should do now, in the order of its worth. Pure."""

from __future__ import annotations

import dataclasses
import enum
import re

from admin_web import words
from admin_web.restock import restock_words
from kiosk.model import (
    CONTENT_FAULTS,
    ClockState,
    CoilLot,
    Excursion,
    Fault,
    FaultKind,
    KioskState,
    Lock,
    Reason,
    SlotStock,
)


class Worth(enum.IntEnum):
    """Why a job matters; the smaller, the sooner. Naloxone that is gone comes before anything."""

    ESSENTIAL_GONE = 0
    FAULT = 1
    RECALL = 2
    EXCURSION = 3
    SPOILED = 4
    CLOCK = 5
    EXPIRED = 6
    COUNT = 7
    JAM = 8
    SOLD_OUT = 9
    LOW = 10


OWN_JOBS = CONTENT_FAULTS | {FaultKind.FAILED}
"""The faults of a slot that only repeat what has a job of its own: its failures, its unresolved items and its lots."""

TONES = {Worth.SOLD_OUT: "out"} | dict.fromkeys(
    (Worth.EXCURSION, Worth.CLOCK, Worth.EXPIRED, Worth.COUNT, Worth.LOW), "low"
)
"""The colour's name where it is not "urgent"."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One thing to do. `slot` is None when it concerns the whole machine; `also` names lesser jobs of the slot.

    `page` is the page where it is done, empty when it is done with the hands; `at` are that page's arguments.
    """

    worth: Worth
    what: str
    why: str
    verb: str = ""
    slot: str | None = None
    essential: bool = False
    page: str = ""
    at: dict[str, str | int] = dataclasses.field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        """Return the colour's name: urgent, low or out."""
        return TONES.get(self.worth, "urgent")


def today(state: KioskState, slots: tuple[SlotStock, ...], excursions: tuple[Excursion, ...] = ()) -> list[Job]:
    """Return every job, one for each slot at most, the worthiest first; among equals, essential items first."""
    known = {slot.slot for slot in slots}
    essential = {slot.sku for slot in slots if slot.essential}
    found = [
        _of_machine(fault)
        for fault in state.faults
        if fault.where not in known and fault.kind is not FaultKind.CLOCK  # that has a job with a page of its own
    ]
    if state.clock is not None and not state.clock.trusted:
        found.append(_check_date(state.clock))
    found += [_review(each, essential=each.sku in essential) for each in excursions if each.decision is None]
    gone = _gone(slots)
    for slot in slots:
        told = [fault for fault in state.faults if fault.where == slot.slot]
        jobs = _of_slot(slot, told, sold_out_is_told=slot.sku in gone)
        if slot is gone.get(slot.sku, [None])[0]:
            jobs.insert(0, _bring_essential(gone[slot.sku]))
        found += _merged(jobs)
    return sorted(found, key=lambda job: (job.worth, not job.essential))


def _check_date(clock: ClockState) -> Job:
    """Ask for the date: without a network or a clock with a battery, the kiosk cannot know it."""
    return Job(
        worth=Worth.CLOCK,
        what="Check the date",
        why=f"Nobody has told the kiosk the date since power came back. It goes by {restock_words.day(clock.judged)}.",
        verb="Check",
        page="date.page",
    )


def _gone(slots: tuple[SlotStock, ...]) -> dict[str, list[SlotStock]]:
    """Return the slots of each essential product of which the whole machine holds none that is good."""
    gone: dict[str, list[SlotStock]] = {}
    for slot in slots:
        if slot.essential:
            gone.setdefault(slot.sku, []).append(slot)
    return {sku: held for sku, held in gone.items() if all(map(words.none_good, held))}


def _bring_essential(held: list[SlotStock]) -> Job:
    """Make one job of all the slots of a product that nobody should miss."""
    where, bring = ", ".join(slot.slot for slot in held), sum(slot.capacity for slot in held)
    good = "" if all(map(words.sold_out, held)) else "good "
    return Job(
        worth=Worth.ESSENTIAL_GONE,
        what=f"No {good}{held[0].product.lower()} left",
        why=f"Bring {bring} for {where}.",
        verb="Fill",
        slot=held[0].slot,
        essential=True,
        page="slot.page",
        at={"slot": held[0].slot},
    )


def _of_machine(fault: Fault) -> Job:
    what, why = _split(fault.text)
    return Job(worth=Worth.FAULT, what=what, why=why)


def _review(excursion: Excursion, *, essential: bool) -> Job:
    """Ask for a decision. The text says how warm or cold it was; until then the lots are given out as usual."""
    return Job(
        worth=Worth.EXCURSION,
        what=f"Is {excursion.product.lower()} still good?"
        if excursion.ended
        else f"Bad for {excursion.product.lower()}",
        why=excursion.text,
        verb="Decide" if excursion.ended else "Look",
        essential=essential,
        page="excursions.one",
        at={"excursion": excursion.id},
    )


def _of_slot(slot: SlotStock, told: list[Fault], *, sold_out_is_told: bool) -> list[Job]:
    """Return all the jobs of one slot, the worthiest first."""
    jobs = []

    def job(worth: Worth, what: str, why: str, verb: str, page: str = "slot.page", **more: str) -> None:
        at: dict[str, str | int] = {"slot": slot.slot, **more}
        facts = {"what": what, "why": why, "verb": verb, "page": page, "at": at}
        jobs.append(Job(worth=worth, slot=slot.slot, essential=slot.essential, **facts))  # type: ignore[arg-type]

    bring = f"{slot.product}: bring {slot.capacity - slot.on_hand}."
    for fault in dict.fromkeys([*slot.faults, *told]):
        if fault.kind not in OWN_JOBS:
            job(Worth.FAULT, *_split(fault.text), "Look")
    for worth, what, lot, reason in _wrong(slot):
        row = {"removed-0-reason": reason.value, "removed-0-lot": str(lot.id) if len(slot.lots) > 1 else ""}
        job(worth, f"{what}: take out {_all(slot, lot)}", _behind(slot, lot), "Take out", **row)
    if slot.unresolved:
        job(Worth.COUNT, "Count this slot", words.doubt(slot), "Count")
    if slot.jams:
        job(Worth.JAM, f"Failed {words.times(slot.jams)}", "Clear the coil, then test it.", "Test", "test_turn.page")
    if words.sold_out(slot) and not sold_out_is_told:
        job(Worth.SOLD_OUT, "Sold out", bring, "Fill")
    elif slot.on_hand < slot.par and not slot.unresolved and not words.sold_out(slot):
        job(Worth.LOW, f"Low: {slot.on_hand} left", bring, "Fill")
    return jobs


def _wrong(slot: SlotStock) -> list[tuple[Worth, str, CoilLot, Reason]]:
    """Return the lots that have to come out, and why: recalled ones, spoiled ones, then expired ones.

    An expired lot behind the front is in nobody's way yet. It is in front one day, and may be the last naloxone then.
    """
    locked = [lot for lot in slot.lots if lot.locked]
    expired = [(place, lot) for place, lot in enumerate(slot.lots) if lot.expired and not lot.locked]
    found = [(Worth.RECALL, "Recall", lot, Reason.RECALLED) for lot in locked if lot.locked is Lock.RECALLED]
    found += [(Worth.SPOILED, "Spoiled", lot, Reason.OTHER) for lot in locked if lot.locked is Lock.SPOILED]
    where = ("Expired behind the front", "Expired in front")
    return found + [(Worth.EXPIRED, where[place == 0], lot, Reason.EXPIRED) for place, lot in expired]


def _all(slot: SlotStock, lot: CoilLot) -> str:
    """Say how many of a lot there are, as far as that is known: while something is unresolved, some may be gone."""
    return f"up to {lot.quantity}" if slot.unresolved else str(lot.quantity)


def _behind(slot: SlotStock, lot: CoilLot) -> str:
    """Say which lot it is, and whether it keeps what lies behind it from coming out."""
    name = f"Lot {lot.lot}, {slot.product.lower()}." if lot.lot else f"{slot.product}, no lot written."
    blocks = lot is slot.lots[0] and len(slot.lots) > 1
    return f"{name} It blocks what lies behind it." if blocks else name


def _merged(jobs: list[Job]) -> list[Job]:
    """Make one job of a slot's jobs: the first, with the others named."""
    return [dataclasses.replace(jobs[0], also=tuple(job.what for job in jobs[1:]))] if jobs else []


def _split(text: str) -> tuple[str, str]:
    """Split a fault's sentence into what happened and what to do."""
    parts = re.split(r"(?<=[.!?]) |: ", text, maxsplit=1)
    why = parts[1] if len(parts) > 1 else ""
    return parts[0].rstrip("."), why[:1].upper() + why[1:]
