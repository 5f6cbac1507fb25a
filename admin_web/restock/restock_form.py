"""The form for one slot: count what is inside, then what was taken out, then what was put in.

A count is worth something only if nothing moved while it was taken. Where something did, all that is inside is counted
anew, with what was put in: that answer is right whether the other things were done before or after, and nothing is
added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, Form, FormField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from admin_web.forms import Version, WholeNumber
from admin_web.restock.restock_rows import MOST, ROWS, AddedForm, RemovedForm
from admin_web.restock.restock_words import lot_choice, lot_state
from kiosk.model import Lock, Reason, RestockLine, SlotStock

LONGEST = 200
"""How much of a field is kept, in characters; longer ones are a mistake in any case."""


COUNT_ALL = (
    "How many are inside now: something moved in {slot} after you counted. Count all of it now, with what you put in."
)


class RestockForm(Form):
    """A count first, then what went out and what came in. It is tied to the slot as it was when it was opened.

    The count is blind. It is asked for either as `found`, before anything was moved, or as `inside`, when all is done.
    """

    found = WholeNumber(
        "How many are inside now?",
        [InputRequired("How many are inside now: count them and write the number; 0 if it is empty.")],
    )
    inside = WholeNumber(
        "How many are inside now, with what you put in?",
        [InputRequired("How many are inside now: count all of them and write the number; 0 if it is empty.")],
    )
    removed = FieldList(FormField(RemovedForm), min_entries=ROWS, max_entries=MOST)
    added = FieldList(FormField(AddedForm), min_entries=ROWS, max_entries=MOST)
    as_of = Version(widget=HiddenInput(), validators=[InputRequired()])

    def __init__(self, typed: Mapping[str, str], stock: SlotStock) -> None:
        """Fill the form with what was `typed`, which may be nothing; see `held` and `anew`."""
        super().__init__(MultiDict(typed))
        self._stock = stock
        self._held = "until" in typed
        self.answered = typed.get("sure", "")
        """The keys of the doubts that somebody has answered; see `doubts`."""
        self.after = bool(typed.get("again"))
        """Whether all that is inside is counted, with what was put in."""
        if self.after:
            del self.found
        else:
            del self.inside
        for rows in (self.removed, self.added):
            if rows.entries[-1].form.used() and len(rows.entries) < MOST:
                rows.append_entry()
        for entry in self.removed:
            entry.form.lot.choices = [("", "From the front"), *dict(map(lot_choice, stock.lots)).items()]
        if self.as_of.data is None:
            self._begin_now()
        if not typed:
            self._suggest()

    @property
    def count(self) -> WholeNumber:
        """The field that asks for the count."""
        return self.inside if self.after else self.found

    @property
    def changed(self) -> bool:
        """Say whether the slot changed since the count began."""
        return bool(self.as_of.data != self._stock.version)

    def tell(self, why: str) -> None:
        """Ask for the count once more, and say why."""
        self.count.raw_data, self.count.data, self.count.errors = None, None, [why]

    def tell_overtaken(self) -> None:
        """Say why all that is inside has to be counted."""
        self.tell(COUNT_ALL.format(slot=self._stock.slot))

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
            until=self.as_of.data if self._held else None,
            found=self.count.data or 0,
            after=self.after,
            removed=tuple(entry.form.removed() for entry in self.removed if entry.form.quantity.data),
            added=tuple(entry.form.added() for entry in self.added if entry.form.quantity.data),
        )

    def mistakes(self) -> list[tuple[str, str]]:
        """Return each mistake as the field's id and a sentence, in the order of the form."""
        return list(_mistakes(self))

    def _begin_now(self) -> None:
        """Tie the form to the slot as it is now."""
        self.as_of.raw_data, self.as_of.data, self.as_of.errors = None, self._stock.version, []

    def _room(self) -> bool:
        """Check that no more came out than was found, and no more went in than the coil holds."""
        slot, holds = self._stock.slot, self._stock.capacity
        counted, out, put_in = self.count.data or 0, self._out(), self._sum(self.added)
        if counted > holds:
            sentence = f"How many are inside now: {slot} holds {holds}, you wrote {counted}. Count again."
            return _told(self, (self.count.name, sentence))
        if self.after:
            return self._room_before(counted + out - put_in)
        if out > counted:
            sentence = (
                f"How many did you take out: you counted {counted}, so at most {counted} can come out, not {out}."
            )
            return _told(self.removed[0].form, ("quantity", sentence))
        if counted - out + put_in > holds:
            inside = f"With {counted - out} inside, put in at most {holds - counted + out}."
            return _told(self.added[0].form, ("quantity", f"How many did you put in: {slot} holds {holds}. {inside}"))
        return True

    def _room_before(self, before: int) -> bool:
        """Check that what is said to have been inside first fits into the coil."""
        slot, holds = self._stock.slot, self._stock.capacity
        if before <= holds:
            return True
        sentence = (
            f"How many did you take out: that makes {before} inside before, and {slot} holds {holds}. Correct it."
        )
        return _told(self.removed[0].form, ("quantity", sentence))

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
    def _sum(rows: Iterable[FormField[AddedForm] | FormField[RemovedForm]]) -> int:
        return sum(entry.form.quantity.data or 0 for entry in rows)


COUNTS = ("found", "inside", "as_of")
"""The fields of a count."""


def what_was_typed(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a slot's form out of what was sent: no empty ones, none that is too long to be honest."""
    ours = (*COUNTS, "again", "sure", "removed-", "added-", "reason", "sku")
    return {name: value[:LONGEST] for name, value in sent.items() if value and name[:LONGEST].startswith(ours)}


def is_held(typed: Mapping[str, str], stock: SlotStock) -> bool:
    """Say whether a slot is still as it was when its form was opened. Only what was just sent can be asked that."""
    return typed.get("as_of") == str(stock.version)


def held(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, with the mark that nothing moved while it was counted; see `is_held`."""
    return {**typed, "until": typed["as_of"]}


def anew(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed without its count: all that is inside has to be counted, with what was put in."""
    return {name: value for name, value in typed.items() if name not in {*COUNTS, "until"}} | {"again": "1"}


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


def _leaves(form: Form) -> Iterator[Field]:
    """Return every single field of a form and of the forms within it, in order."""
    for field in form:
        if isinstance(field, FieldList):
            for entry in field:
                yield from _leaves(entry.form)
        else:
            yield field
