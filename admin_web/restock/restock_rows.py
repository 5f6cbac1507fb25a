"""The rows of a restock form: what was taken out, and what was put in, each as often as there are lots."""

from __future__ import annotations

import datetime

from wtforms import FieldList, Form, FormField, StringField
from wtforms.validators import Length, Regexp

from admin_web.forms import Choice, WholeNumber
from admin_web.restock.expiry import expiry
from kiosk.model import Added, KitPart, Reason, Removed

ROWS = 4
"""How many lots a form offers at once; once they are used, it offers more."""

MOST = 20
"""How many rows of a kind one slot may have in a visit; the control API takes no more."""

REASONS = {
    Reason.EXPIRED.value: "Expired",
    Reason.DAMAGED.value: "Damaged",
    Reason.RECALLED.value: "Recalled",
    Reason.OTHER.value: "Something else",
}


def printed(label: str) -> StringField:
    """Make a field for something that is printed on a box: at most 64 characters, no control characters."""
    return StringField(
        label,
        [
            Length(max=64, message=f"{label}: use at most 64 characters."),
            Regexp(r"^[^\x00-\x1f\x7f]*\Z", message=f"{label}: copy it as printed, letters and digits."),
        ],
        filters=[lambda typed: (typed or "").strip()],
    )


class RemovedForm(Form):
    """Items that were taken out, for one reason and of one lot."""

    quantity = WholeNumber("How many did you take out?")
    reason = Choice("Why?", [("", "Choose"), *REASONS.items()])
    lot = Choice("Of which lot?")

    def used(self) -> bool:
        """Say whether anything that counts was written here."""
        return bool(self.quantity.data or self.quantity.errors)

    def mistake(self, lots: frozenset[int] | None) -> tuple[str, str] | None:
        """Return the field and the sentence of what does not fit. `lots` are those in the coil; None is not asked."""
        if not self.used():
            return None
        if self.reason.data not in REASONS:
            return "reason", "Why: choose why you took them out."
        if self.lot.data and lots is not None and self.lot.data not in map(str, lots):
            return "lot", "Of which lot: that lot is not in this slot now. Choose again."
        return None

    def removed(self) -> Removed:
        """Return what the row stands for. Only without a mistake."""
        return Removed(
            quantity=self.quantity.data or 0,
            reason=Reason(self.reason.data or ""),
            lot=int(self.lot.data) if self.lot.data else None,
        )


class PartForm(Form):
    """A part of a kit with a lot of its own."""

    name = printed("Part")
    lot = printed("Lot of the part")

    def mistake(self) -> tuple[str, str] | None:
        """Return the field and the sentence of what does not fit."""
        if self.name.data and not self.lot.data:
            return "lot", "Lot of the part: write it, or clear the part's name."
        if self.lot.data and not self.name.data:
            return "name", "Part: write what it is, such as atomiser."
        return None


class AddedForm(Form):
    """Items of one lot that were put in."""

    quantity = WholeNumber("How many did you put in?")
    lot = printed("Lot")
    year = WholeNumber("Year")
    month = WholeNumber("Month")
    day = WholeNumber("Day")
    funder = printed("Who paid for them")
    parts = FieldList(FormField(PartForm), min_entries=ROWS, max_entries=MOST)

    def used(self) -> bool:
        """Say whether anything was written here."""
        return bool(self.quantity.data or self.quantity.errors or self._about())

    def mistake(self) -> tuple[str, str] | None:
        """Return the field and the sentence of what does not fit."""
        try:
            self._expiry()
        except ValueError as error:
            return "year", str(error)
        if self._about() and not self.quantity.data and not self.quantity.errors:
            return "quantity", "How many did you put in: you wrote about a lot, so write how many, or clear that."
        return None

    def added(self) -> Added:
        """Return what the row stands for. Only without a mistake."""
        parts = [entry.form for entry in self.parts if entry.form.name.data]
        return Added(
            quantity=self.quantity.data or 0,
            lot=self.lot.data or None,
            expiry=self._expiry(),
            funder=self.funder.data or None,
            parts=tuple(KitPart(name=part.name.data or "", lot=part.lot.data or "") for part in parts),
        )

    def _about(self) -> list[object]:
        """Return what was written about a lot; empty when nothing was."""
        dated = [self.year.data, self.month.data, self.day.data]
        parts = [entry.form.name.data or entry.form.lot.data for entry in self.parts]
        return [typed for typed in (*dated, self.lot.data, self.funder.data, *parts) if typed]

    def _expiry(self) -> datetime.date | None:
        return expiry(self.year.data, self.month.data, self.day.data)
