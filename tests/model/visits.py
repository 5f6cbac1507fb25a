"""Restock visits of the model: what staff do with their hands, and what they write down of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from kiosk.errors import ConflictError, RequestError
from kiosk.model import Added, KitPart, Reason, Removed, RestockLine, RestockRequest, SlotStock
from tests.model.life import CAPACITY, SLOTS
from tests.model.promises import LOTS, PRINTS, expiry
from tests.model.world import Item

if TYPE_CHECKING:
    from tests.model.machine import Model


@dataclass(frozen=True)
class Plan:
    """What staff do in one slot: take out so many from the front, or of a lot, and put in so many of a lot."""

    slot: str
    out: int
    by_lot: bool
    put_in: int
    lot: str


@dataclass(frozen=True)
class Visit:
    """A visit that was saved."""

    id: str
    slots: tuple[str, ...]


@st.composite
def plans(draw: st.DrawFn, slots: list[str], *, fill: bool = False) -> list[Plan]:
    """Draw what staff do in these slots."""
    return [
        Plan(
            slot=slot,
            out=0 if fill else draw(st.sampled_from([0, 0, 0, 1, 2, CAPACITY])),
            by_lot=not fill and draw(st.booleans()),
            put_in=draw(st.integers(1 if fill else 0, CAPACITY)),
            lot=draw(st.sampled_from(sorted(LOTS[SLOTS[slot]]))),
        )
        for slot in slots
    ]


def truthful(model: Model, visit: list[Plan]) -> None:
    """Staff do it, and write down what they did."""
    name = model.new_id("visit")
    while True:
        life, waited = model.world.life, model.kiosk.waits
        stock = {slot.slot: slot for slot in model.kiosk.service.stock().slots}
        lines, left, after = [], {}, {}
        for plan in visit:
            items = model.world.lot_queues[plan.slot].items
            line, left[plan.slot] = _carry_out(plan, stock[plan.slot], items)
            lines.append(line)
            after[plan.slot] = [
                *left[plan.slot],
                *(Item(plan.lot) for part in line.added for _ in range(part.quantity)),
            ]
        outcome = _save(model, RestockRequest(id=name, lines=tuple(lines)))
        if outcome == "refused":
            return
        if outcome == "saved":
            break
        assert waited or model.world.life != life, "A count was overtaken although nothing happened"
    for slot, items in after.items():
        _apply(model, slot, items, emptied=not left[slot])
    model.visited.append(Visit(name, tuple(after)))


def untruthful(model: Model, visit: list[Plan], found: int) -> None:
    """Staff write down what they never did."""
    name = model.new_id("lie")
    stock = {slot.slot: slot for slot in model.kiosk.service.stock().slots}
    lines = []
    for plan in visit:
        out = min(plan.out, found)
        lines.append(_line(plan, stock[plan.slot], found, out, min(plan.put_in, CAPACITY - found + out)))
    if _save(model, RestockRequest(id=name, lines=tuple(lines))) == "saved":
        for plan in visit:
            model.truth.lies.setdefault(plan.slot, set()).add(name)
            model.truth.loose.add(plan.slot)
        model.visited.append(Visit(name, tuple(plan.slot for plan in visit)))


def undo(model: Model, visit: Visit) -> None:
    """Staff take a visit back."""
    try:
        done = model.insist(lambda: model.kiosk.service.changes.undo(visit.id))
    except ConflictError:
        later = model.visited[model.visited.index(visit) + 1 :]
        assert any(set(other.slots) & set(visit.slots) for other in later) or model.aged, visit
        return
    for slot in visit.slots if done else ():
        model.truth.lies.get(slot, set()).discard(visit.id)
        model.truth.loose.add(slot)
        model.truth.excused[slot] = model.truth.excused_ever[slot]


def _save(model: Model, request: RestockRequest) -> str:
    """Save a visit, again after a power cut, until it is saved or refused; `overtaken` has to be counted anew."""
    try:
        return "saved" if model.insist(lambda: model.kiosk.service.changes.restock(request)) else "refused"
    except ConflictError:
        return "overtaken"
    except RequestError as refused:
        _check_refusal(model, request, str(refused))
        return "refused"


def _check_refusal(model: Model, request: RestockRequest, said: str) -> None:
    """A visit is refused for what is recalled or past its date, and for lots that nobody knows to be there."""
    added = [part.lot for line in request.lines for part in line.added if part.lot]
    odd = {line.slot for line in request.lines} & (model.truth.loose | model.truth.lied)
    recalled = "is recalled" in said and any(model.truth.recalled(lot) for lot in added)
    past = "was good until" in said and any(model.past(lot) for lot in added)
    assert recalled or past or ("taken out" in said and odd), said


def _carry_out(plan: Plan, told: SlotStock, items: list[Item]) -> tuple[RestockLine, list[Item]]:
    """Return what staff write down, and what they leave inside before they put anything in."""
    out = min(plan.out, len(items))
    lot = items[-1].lot if items and plan.by_lot else None
    number = next((known.id for known in told.lots if known.lot == lot), None)
    if number is None:
        left = items[out:]
    else:
        known = sum(part.quantity for part in told.lots if part.lot == lot)
        chosen = [place for place, item in enumerate(items) if item.lot == lot][: min(out, known)]
        out, left = len(chosen), [item for place, item in enumerate(items) if place not in chosen]
    put_in = min(plan.put_in, CAPACITY - len(left))
    return _line(plan, told, len(items), out, put_in, number), left


def _line(plan: Plan, told: SlotStock, found: int, out: int, put_in: int, lot: int | None = None) -> RestockLine:
    parts = tuple(KitPart(name="pump", lot=part) for part in PRINTS[plan.lot].parts)
    added = Added(quantity=max(put_in, 1), lot=plan.lot, expiry=expiry(plan.lot), parts=parts)
    return RestockLine(
        slot=plan.slot,
        as_of=told.version,
        found=found,
        removed=(Removed(quantity=out, reason=Reason.OTHER, lot=lot),) if out else (),
        added=(added,) if put_in else (),
    )


def _apply(model: Model, slot: str, items: list[Item], *, emptied: bool) -> None:
    coil = model.world.lot_queues[slot]
    coil.items = items
    coil.clear()
    model.truth.lies.pop(slot, None)
    model.truth.excused.pop(slot, None)
    if emptied:
        model.truth.loose.discard(slot)
