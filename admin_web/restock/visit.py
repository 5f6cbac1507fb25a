"""A restock visit as it was written so far, against what is in the machine now. Pure."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from admin_web import words
from admin_web.restock import doubts, restock_words
from admin_web.restock.doubts import Doubt
from admin_web.restock.drafts import Draft, Typed
from admin_web.restock.restock_form import RestockForm
from kiosk.model import RestockedSlot, RestockLine, RestockRequest, SinceCount, SlotStock

Since = Callable[[str, int], SinceCount]
"""Tells what came of a count of a slot that began and ended at a version of it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Written:
    """One slot of a visit. `line` is None while there are `mistakes`.

    `expected` is the slot as it was expected to be when it was counted, and `left` came out since. `overtaken`: all
    that is inside has to be counted. `doubts` are those that nobody has answered yet.
    """

    stock: SlotStock
    expected: SlotStock
    line: RestockLine | None
    mistakes: tuple[str, ...]
    left: int = 0
    overtaken: bool = False
    doubts: tuple[Doubt, ...] = ()

    @property
    def ready(self) -> bool:
        """Say whether the slot can be saved as it is written."""
        return self.line is not None and not self.overtaken and not self.doubts

    @property
    def drift(self) -> int:
        """Return how far the count lies outside of what is expected."""
        return restock_words.drift_from(self.expected, self.line.inside_before) if self.line else 0

    @property
    def asks(self) -> str:
        """Return the sentence that says what has to be done before the slot can be saved."""
        if self.overtaken:
            return "Something moved in it after you counted. Count all that is inside now."
        told = [*self.mistakes, *(doubt.sentence for doubt in self.doubts)]
        return words.at_field(told[0]) if told else ""


def order(slots: tuple[SlotStock, ...]) -> list[SlotStock]:
    """Return the slots in the order in which a visit walks them: as the machine hangs."""
    return [slot for _, row in words.rows(slots) for slot in row]


def onward(slots: tuple[SlotStock, ...], slot: str) -> str | None:
    """Return the slot after `slot`; None after the last, and after one that is not there."""
    names = [each.slot for each in order(slots)]
    after = names.index(slot) + 1 if slot in names else len(names)
    return names[after] if after < len(names) else None


def first_open(draft: Draft, slots: tuple[SlotStock, ...]) -> str | None:
    """Return the first slot of which nothing is written yet; None when all are."""
    return next((slot.slot for slot in order(slots) if slot.slot not in draft.slots), None)


def written(draft: Draft, slots: Sequence[SlotStock], since: Since, today: datetime.date) -> list[Written]:
    """Return what is written, slot by slot, in the order of the walk. A slot that is gone is left out."""
    read = [_read(slot, draft.slots[slot.slot], since) for slot in order(tuple(slots)) if slot.slot in draft.slots]
    return [dataclasses.replace(one, doubts=tuple(_doubts(one, read, draft, slots, today))) for one in read]


def doubtful(draft: Draft, slots: Sequence[SlotStock], slot: str, since: Since, today: datetime.date) -> list[Doubt]:
    """Return what has to be asked back about one slot of a visit."""
    return [doubt for one in written(draft, slots, since, today) if one.stock.slot == slot for doubt in one.doubts]


def request(draft: Draft, ready: Iterable[Written]) -> RestockRequest:
    """Return the slots of a visit that are ready as one request. There must be one."""
    return RestockRequest(id=draft.id, lines=tuple(slot.line for slot in ready if slot.line))


def says_more(draft: Draft, slots: Iterable[SlotStock], saved: Iterable[RestockedSlot]) -> bool:
    """Say whether what is written of slots that are saved already differs from what was saved."""
    stock = {slot.slot: slot for slot in slots}
    for done in saved:
        if done.slot in draft.slots and done.slot in stock:
            form = RestockForm(draft.slots[done.slot], stock[done.slot])
            form.fits()
            line = form.line()
            if (line.out, line.put_in) != (done.removed, done.added) or (not line.after and line.found != done.found):
                return True
    return False


def _read(stock: SlotStock, typed: Typed, since: Since) -> Written:
    form = RestockForm(typed, stock)
    good = form.fits()
    line = form.line() if good else None
    mistakes = tuple(sentence for _, sentence in form.mistakes())
    if line is None or not form.changed:
        overtaken = form.after and form.inside.data is None
        return Written(stock=stock, expected=stock, line=line, mistakes=mistakes, overtaken=overtaken)
    told = since(stock.slot, line.as_of)
    expected = replace(stock, on_hand=told.on_hand, unresolved=told.unresolved) if told.certain else stock
    overtaken = not told.certain or line.until is None
    return Written(stock=stock, expected=expected, line=line, mistakes=mistakes, left=told.left, overtaken=overtaken)


def _doubts(
    one: Written, read: Iterable[Written], draft: Draft, slots: Iterable[SlotStock], today: datetime.date
) -> list[Doubt]:
    """Return what has to be asked back about a slot. An answer about a lot holds for the whole visit."""
    if one.line is None or one.overtaken:
        return []
    known = doubts.in_machine(slots)
    for other in read:
        if other is not one and other.line is not None:
            known += doubts.put_in(other.line, other.stock.sku)
    answered = " ".join(typed.get("sure", "") for typed in draft.slots.values())
    return doubts.asked(doubts.of_line(one.line, one.expected, known, today), answered)
