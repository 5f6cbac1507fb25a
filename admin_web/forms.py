"""Fields that the forms share."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, Regexp

WHOLE = "{}: write a whole number, such as 4."


class WholeNumber(IntegerField):
    """A whole number, typed on a phone's number keys. Its mistakes name the field and say what to write."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; empty is None. Raises ValueError with a sentence for anything but digits."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
            raise ValueError(WHOLE.format(self.label.text.rstrip("?")))
        self.data = int(typed)


def name_field(label: str) -> StringField:
    """Make the field for a person's name: 1 to 40 characters, no control characters."""
    return StringField(
        label,
        [
            InputRequired("Your name: write the name you want to sign in with."),
            Length(max=40, message="Your name: use at most 40 characters."),
            Regexp(r"^[^\x00-\x1f\x7f]+$", message="Your name: use letters, digits and spaces."),
        ],
        filters=[lambda typed: " ".join(typed.split()) if typed else typed],
    )
