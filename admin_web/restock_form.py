"""The form for one slot: count what is inside, then what was put in."""

from __future__ import annotations

import datetime
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.widgets import HiddenInput

from admin_web.expiry import expiry
from admin_web.forms import WholeNumber
from kiosk.model import RestockRequest, SlotStock, new_request_id

FIELDS = ("found", "added", "lot", "year", "month", "day")


class RestockForm(FlaskForm):
    """A blind count first, then the filling. The hidden id makes a second press harmless."""

    found = WholeNumber(
        "How many are inside now?",
        [InputRequired("How many are inside now: count them and write the number; 0 if it is empty.")],
    )
    added = WholeNumber("How many did you add?")
    lot = StringField(
        "Lot",
        [
            Length(max=64, message="Lot: use at most 64 characters."),
            Regexp(r"^[^\x00-\x1f\x7f]*$", message="Lot: copy it as printed, letters and digits."),
        ],
        filters=[lambda typed: (typed or "").strip()],
    )
    year = WholeNumber("Year")
    month = WholeNumber("Month")
    day = WholeNumber("Day, if printed")
    request_id = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{8,64}$")])
    as_of = WholeNumber(widget=HiddenInput(), validators=[InputRequired()])

    def begin(self, stock: SlotStock) -> None:
        """Tie the form to the slot as it is now, under a new id."""
        self.request_id.data = new_request_id()
        self.as_of.data = stock.version
        self.as_of.raw_data = None

    def bring_back(self, typed: Any) -> None:
        """Put back what was typed before a sign-in ran out, with the version it was counted at."""
        for name in FIELDS:
            if typed.get(name):
                self[name].raw_data = [typed[name][:64]]
                self[name].data = typed[name][:64]
        if typed.get("as_of", "").isdecimal():
            self.as_of.data = int(typed["as_of"][:12])

    def fits(self, stock: SlotStock) -> bool:
        """Check what was typed against the slot; the mistakes stand at the fields."""
        good = self.validate()
        return bool(self._room(stock)) and bool(self._lot_belongs()) and good

    def request(self, slot: str) -> RestockRequest:
        """Return the request that the form stands for. Only after `fits`."""
        assert self.found.data is not None
        assert self.as_of.data is not None
        assert self.request_id.data is not None
        return RestockRequest(
            id=self.request_id.data,
            slot=slot,
            found=self.found.data,
            added=self.added.data or 0,
            as_of=self.as_of.data,
            lot=self.lot.data or None,
            expiry=self._expiry(),
        )

    def mistake(self, name: str, sentence: str) -> None:
        """Put a mistake at a field."""
        self[name].errors = [*self[name].errors, sentence]

    def _room(self, stock: SlotStock) -> bool:
        found, added = self.found.data, self.added.data or 0
        if found is None or found + added <= stock.capacity:
            return True
        holds = f"{stock.slot} holds {stock.capacity}"
        if found > stock.capacity:
            self.mistake("found", f"How many are inside now: {holds}, you wrote {found}. Count again.")
        else:
            room = stock.capacity - found
            self.mistake("added", f"How many did you add: {holds}. With {found} inside, add at most {room}.")
        return False

    def _lot_belongs(self) -> bool:
        try:
            date = self._expiry()
        except ValueError as error:
            self.mistake("year", str(error))
            return False
        if (date or self.lot.data) and not self.added.data and not self.added.errors:
            self.mistake("added", "How many did you add: you wrote a lot or a date, so write how many, or clear those.")
            return False
        return True

    def _expiry(self) -> datetime.date | None:
        return expiry(self.year.data, self.month.data, self.day.data)
