"""Fields that the forms share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, Regexp

WHOLE = "{}: write a whole number, such as 4."


class WholeNumber(IntegerField):
    """A whole number, typed on a phone's number keys. Its mistakes name the field and say what to write."""

    digits = 6

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; empty is None. Raises ValueError with a sentence for anything but digits."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not (typed.isascii() and typed.isdigit() and len(typed) <= self.digits):
            raise ValueError(WHOLE.format(self.label.text.rstrip("?")))
        self.data = int(typed)


class Version(WholeNumber):
    """The number of a slot's latest change, which the page carries; it grows for as long as the kiosk runs.

    It is -1 while a change waits to be written down.
    """

    digits = 18

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what the page carried."""
        if valuelist and valuelist[0] == "-1":
            self.data = -1
        else:
            super().process_formdata(valuelist)


class Choice(StringField):
    """One of some values, each with its words. Whether what was sent is one of them is for the form to check."""

    def __init__(self, label: str, choices: Sequence[tuple[str, str]] = (), default: str = "", **more: Any) -> None:
        """Offer `choices`: value and words. The default is what is chosen before anybody chose."""
        super().__init__(label, default=default, **more)
        self.choices = list(choices)


def name_field(label: str) -> StringField:
    """Make the field for a person's name: 1 to 40 characters, no control characters."""
    return StringField(
        label,
        [
            InputRequired("Your name: write the name you want to sign in with."),
            Length(max=40, message="Your name: use at most 40 characters."),
            Regexp(r"^[^\x00-\x1f\x7f]+\Z", message="Your name: use letters, digits and spaces."),
        ],
        filters=[lambda typed: " ".join(typed.split()) if typed else typed],
    )
