"""The form that puts another product into a slot: everything that is found comes out first."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from admin_web.forms import Choice
from admin_web.restock.restock_form import RestockForm
from admin_web.restock.restock_rows import REASONS
from kiosk.model import Reason, Removed, RestockLine, SlotStock


class ProductForm(RestockForm):
    """A count, why all of it came out, which product is in the slot from now on, and what went in."""

    reason = Choice("Why did they come out?", list(REASONS.items()), default=Reason.OTHER.value)
    sku = Choice("Which product goes in?")

    def __init__(self, typed: Mapping[str, str], stock: SlotStock, others: list[tuple[str, str]]) -> None:
        """Fill the form with what was `typed`; `others` are the products to choose from."""
        super().__init__({name: value for name, value in typed.items() if name not in {"again", "until"}}, stock)
        self.again = "again" in typed
        """Whether something moved meanwhile, so that what is inside now is asked for instead of what was put in."""
        for entry in self.added if self.again else ():
            entry.form.quantity.label.text = "How many of it are inside now?"
        self.sku.choices = [("", "Choose"), *others]
        self._others = {sku for sku, _ in others}

    def fits(self) -> bool:
        """Check what was typed against the slot; the mistakes stand at the fields."""
        good = super().fits()
        if self.reason.data not in REASONS:
            self.reason.errors = ["Why did they come out: choose one."]
            good = False
        if self.sku.data not in self._others:
            self.sku.errors = ["Which product goes in: choose one."]
            return False
        return good

    def line(self) -> RestockLine:
        """Return the line that the form stands for. Only after `fits`."""
        found = self.found.data or 0
        out = (Removed(quantity=found, reason=Reason(self.reason.data or "")),) if found else ()
        return msgspec.structs.replace(super().line(), removed=out, sku=self.sku.data)

    def _out(self) -> int:
        return self.found.data or 0
