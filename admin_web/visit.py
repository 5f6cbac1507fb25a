"""A restock visit as it was written so far, against what is in the machine now. Pure."""

from __future__ import annotations

import dataclasses

from admin_web import restock_words, words
from admin_web.drafts import Draft
from admin_web.restock_form import RestockForm
from kiosk.model import RestockLine, RestockRequest, SlotStock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Written:
    """One slot of a visit. `line` is None while there are `mistakes`; `changed`: it has to be counted again."""

    stock: SlotStock
    line: RestockLine | None
    mistakes: tuple[str, ...]
    changed: bool

    @property
    def ready(self) -> bool:
        """Say whether the slot can be saved as it is written."""
        return self.line is not None and not self.changed

    @property
    def drift(self) -> int:
        """Return how far the count lies outside of what is expected."""
        return restock_words.drift_from(self.stock, self.line.found) if self.line else 0


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


def written(draft: Draft, slots: tuple[SlotStock, ...]) -> list[Written]:
    """Return what is written, slot by slot, in the order of the walk. A slot that is gone is left out."""
    return [_read(slot, draft.slots[slot.slot]) for slot in order(slots) if slot.slot in draft.slots]


def request(draft: Draft, slots: list[Written]) -> RestockRequest:
    """Return the visit as one request. Every slot must have its line."""
    return RestockRequest(id=draft.id, lines=tuple(slot.line for slot in slots if slot.line))


def _read(stock: SlotStock, typed: dict[str, str]) -> Written:
    form = RestockForm(typed, stock)
    good = form.fits()
    return Written(
        stock=stock,
        line=form.line() if good else None,
        mistakes=tuple(sentence for _, sentence in form.mistakes()),
        changed=form.changed,
    )
