"""The form for one slot: count what is inside, then what was taken out, then what was put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from admin_web.forms import Version, WholeNumber
from admin_web.restock_rows import MOST, ROWS, AddedForm, RemovedForm
from admin_web.restock_words import lot_choice, lot_state
from kiosk.model import Lock, Reason, RestockLine, SlotStock

LONGEST = 200
"""How much of a field is kept, in characters; longer ones are a mistake in any case."""


class RestockForm(Form):
    """A blind count first, then what went out and what came in. It is tied to the slot as it was when it was opened."""

    found = WholeNumber(
        "How many are inside now?",
        [InputRequired("How many are inside now: count them and write the number; 0 if it is empty.")],
    )
    removed = FieldList(FormField(RemovedForm), min_entries=ROWS, max_entries=MOST)
    added = FieldList(FormField(AddedForm), min_entries=ROWS, max_entries=MOST)
    as_of = Version(widget=HiddenInput(), validators=[InputRequired()])

    def __init__(self, typed: Mapping[str, str], stock: SlotStock) -> None:
        """Fill the form with what was `typed`, which may be nothing."""
        super().__init__(MultiDict(typed))
        self._stock = stock
        for rows in (self.removed, self.added):
            if rows.entries[-1].form.used() and len(rows.entries) < MOST:
                rows.append_entry()
        for entry in self.removed:
            entry.form.lot.choices = [("", "From the front"), *dict(map(lot_choice, stock.lots)).items()]
        if self.as_of.data is None:
            self.count_anew()
        if not typed:
            self._suggest()

    @property
    def changed(self) -> bool:
        """Say whether the slot changed since the count began, so that it has to be counted again."""
        return bool(self.as_of.data != self._stock.version)

    def count_anew(self, why: str = "") -> None:
        """Tie the form to the slot as it is now; the old count is no longer worth anything. `why` tells it."""
        self.as_of.raw_data, self.as_of.data, self.as_of.errors = None, self._stock.version, []
        if why:
            self.found.raw_data, self.found.data, self.found.errors = None, None, [why]

    def fits(self) -> bool:
        """Check what was typed against the slot; the mistakes stand at the fields."""
        good = self.validate()
        # Once the visit is recorded the lot may be gone; sending the same visit again must still be possible.
        lots = None if self.changed else frozenset(lot.id for lot in self._stock.lots)
        for form, mistake in (*self._of_removed(lots), *self._of_added()):
            good &= _told(form, mistake)
        return bool(good and self._room())

    def line(self) -> RestockLine:
        """Return the line that the form stands for. Only after `fits`."""
        return RestockLine(
            slot=self._stock.slot,
            as_of=self.as_of.data or 0,
            found=self.found.data or 0,
            removed=tuple(entry.form.removed() for entry in self.removed if entry.form.quantity.data),
            added=tuple(entry.form.added() for entry in self.added if entry.form.quantity.data),
        )

    def mistakes(self) -> list[tuple[str, str]]:
        """Return each mistake as the field's id and a sentence, in the order of the form."""
        return list(_mistakes(self))

    def _room(self) -> bool:
        """Check that no more came out than was found, and no more went in than the coil holds."""
        slot, holds = self._stock.slot, self._stock.capacity
        found, out, put_in = self.found.data or 0, self._out(), self._sum(self.added)
        if found > holds:
            sentence = f"How many are inside now: {slot} holds {holds}, you wrote {found}. Count again."
            return _told(self, ("found", sentence))
        if out > found:
            sentence = f"How many did you take out: you counted {found}, so at most {found} can come out, not {out}."
            return _told(self.removed[0].form, ("quantity", sentence))
        if found - out + put_in > holds:
            inside = f"With {found - out} inside, put in at most {holds - found + out}."
            return _told(self.added[0].form, ("quantity", f"How many did you put in: {slot} holds {holds}. {inside}"))
        return True

    def _suggest(self) -> None:
        """Choose reason and lot for the first lot that has to come out; how many is for the person to count."""
        row = self.removed[0].form
        for lot in self._stock.lots:
            if lot_state(lot):
                reason = {Lock.RECALLED: Reason.RECALLED, Lock.SPOILED: Reason.OTHER, None: Reason.EXPIRED}[lot.locked]
                row.reason.data, row.lot.data = reason.value, str(lot.id)
                return

    def _of_removed(self, lots: frozenset[int] | None) -> Iterator[tuple[Form, tuple[str, str] | None]]:
        for entry in self.removed:
            yield entry.form, entry.form.mistake(lots)

    def _of_added(self) -> Iterator[tuple[Form, tuple[str, str] | None]]:
        for entry in self.added:
            yield entry.form, entry.form.mistake()
            for part in entry.form.parts:
                yield part.form, part.form.mistake()

    def _out(self) -> int:
        """Return how many come out in all."""
        return self._sum(self.removed)

    @staticmethod
    def _sum(rows: Any) -> int:
        return sum(entry.form.quantity.data or 0 for entry in rows)


def what_was_typed(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a slot's form out of what was sent: no empty ones, none that is too long to be honest."""
    ours = ("found", "as_of", "removed-", "added-", "reason", "sku")
    return {name: value[:LONGEST] for name, value in sent.items() if value and name[:LONGEST].startswith(ours)}


def _told(form: Form, mistake: tuple[str, str] | None) -> bool:
    """Put a mistake at its field. Returns whether there was none."""
    if mistake is None:
        return True
    name, sentence = mistake
    form[name].errors = [*form[name].errors, sentence]
    return False


def _mistakes(form: Form) -> Iterator[tuple[str, str]]:
    for field in _leaves(form):
        if field.errors:
            yield field.id, str(field.errors[0])


def _leaves(form: Form) -> Iterator[Any]:
    """Return every single field of a form and of the forms within it, in order."""
    for field in form:
        if isinstance(field, FieldList):
            for entry in field:
                yield from _leaves(entry.form)
        else:
            yield field
