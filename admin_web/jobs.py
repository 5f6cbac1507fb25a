"""What staff should do now, in the order of its worth. Pure."""

from __future__ import annotations

import dataclasses
import enum
import re

from admin_web import words
from kiosk.model import Fault, KioskState, SlotStock


class Worth(enum.IntEnum):
    """Why a job matters; the smaller, the sooner. Naloxone that is gone comes before anything."""

    ESSENTIAL_GONE = 0
    FAULT = 1
    COUNT = 2
    JAM = 3
    SOLD_OUT = 4
    LOW = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One thing to do. `slot` is None when it concerns the whole machine; `also` names lesser jobs of the slot."""

    worth: Worth
    what: str
    why: str
    verb: str = ""
    slot: str | None = None
    essential: bool = False
    test: bool = False
    also: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        """Return the colour's name: urgent, low or out."""
        if self.worth is Worth.SOLD_OUT:
            return "out"
        return "low" if self.worth in {Worth.COUNT, Worth.LOW} else "urgent"


def today(state: KioskState, slots: tuple[SlotStock, ...]) -> list[Job]:
    """Return every job, one for each slot at most, the worthiest first; among equals, essential items first."""
    known = {slot.slot for slot in slots}
    found = [_of_machine(fault) for fault in state.faults if fault.where not in known]
    gone = _gone(slots)
    for slot in slots:
        told = [fault.text for fault in state.faults if fault.where == slot.slot]
        jobs = _of_slot(slot, told, sold_out_is_told=slot.sku in gone)
        if slot is gone.get(slot.sku, [None])[0]:
            jobs.insert(0, _bring_essential(gone[slot.sku]))
        found += _merged(jobs)
    return sorted(found, key=lambda job: (job.worth, not job.essential))


def _gone(slots: tuple[SlotStock, ...]) -> dict[str, list[SlotStock]]:
    """Return the slots of each essential product of which the whole machine holds none."""
    gone: dict[str, list[SlotStock]] = {}
    for slot in slots:
        if slot.essential:
            gone.setdefault(slot.sku, []).append(slot)
    return {sku: held for sku, held in gone.items() if all(map(words.sold_out, held))}


def _bring_essential(held: list[SlotStock]) -> Job:
    """Make one job of all the empty slots of a product that nobody should miss."""
    where, bring = ", ".join(slot.slot for slot in held), sum(slot.capacity for slot in held)
    return Job(
        worth=Worth.ESSENTIAL_GONE,
        what=f"No {held[0].product.lower()} left",
        why=f"Bring {bring} for {where}.",
        verb="Fill",
        slot=held[0].slot,
        essential=True,
    )


def _of_machine(fault: Fault) -> Job:
    what, why = _split(fault.text)
    return Job(worth=Worth.FAULT, what=what, why=why)


def _of_slot(slot: SlotStock, told: list[str], *, sold_out_is_told: bool) -> list[Job]:
    """Return all the jobs of one slot, the worthiest first."""
    jobs = []

    def job(worth: Worth, what: str, why: str, verb: str, *, test: bool = False) -> None:
        jobs.append(
            Job(worth=worth, what=what, why=why, verb=verb, slot=slot.slot, essential=slot.essential, test=test)
        )

    bring = f"{slot.product}: bring {slot.capacity - slot.on_hand}."
    for text in dict.fromkeys([*slot.faults, *told]):
        if not _counted_anyway(slot, text):
            job(Worth.FAULT, *_split(text), "Look")
    if slot.unresolved:
        job(Worth.COUNT, "Count this slot", f"{words.items(slot.unresolved)} may or may not have come out.", "Count")
    if slot.jams:
        job(Worth.JAM, f"Failed {words.times(slot.jams)}", "Clear the coil, then test it.", "Test", test=True)
    if words.sold_out(slot) and not sold_out_is_told:
        job(Worth.SOLD_OUT, "Sold out", bring, "Fill")
    elif slot.on_hand < slot.par and not slot.unresolved and not words.sold_out(slot):
        job(Worth.LOW, f"Low: {slot.on_hand} left", bring, "Fill")
    return jobs


def _counted_anyway(slot: SlotStock, text: str) -> bool:
    """Say whether a slot's fault only repeats its jams or unresolved items, which have jobs of their own."""
    jam = slot.jams and re.search(r"\bfailed (once|twice|\d+ times)\b", text)
    return bool(jam) or bool(slot.unresolved and "unresolved" in text)


def _merged(jobs: list[Job]) -> list[Job]:
    """Make one job of a slot's jobs: the first, with the others named."""
    return [dataclasses.replace(jobs[0], also=tuple(job.what for job in jobs[1:]))] if jobs else []


def _split(text: str) -> tuple[str, str]:
    """Split a fault's sentence into what happened and what to do."""
    parts = re.split(r"(?<=[.!?]) |: ", text, maxsplit=1)
    why = parts[1] if len(parts) > 1 else ""
    return parts[0].rstrip("."), why[:1].upper() + why[1:]
