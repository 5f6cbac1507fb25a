"""Check what TOML says against the settings' types: every mistake is noted, what is sound is kept."""

from __future__ import annotations

import contextlib
import typing
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from kiosk.config.settings import Options
from kiosk.config.words import Kind, Table, as_toml, describe, is_table, item_of, length_of, suggest, unwrap

NOT_IN_A_LINE = {"Cc", "Zl", "Zp"}
"""Unicode's control characters and line and paragraph separators."""


TOLD = object()
"""Stands in the place of a value of which a mistake was noted already."""


class Mistake(NamedTuple):
    """What is wrong at a path, and what to do."""

    path: str
    sentence: str


class Validator:
    """Takes values that were read from a file and keeps the sound ones; `mistakes` grows with the others.

    `given` holds the paths of all settings that the file names, which their defaults cannot tell.
    """

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.given: set[str] = set()

    def note(self, path: str, sentence: str) -> None:
        """Add a mistake."""
        self.mistakes.append(Mistake(path, sentence))

    def table(self, value: object, kind: type[Options], path: str, also: Iterable[str] = ()) -> Table:
        """Return the sound settings of a table, defaults filled in. Unknown, missing and unsound ones are noted.

        `also` are names that may be set there too, which somebody else looks at.
        """
        if not isinstance(value, Mapping):
            self.note(path, f"must be a table ([{path}]), not {as_toml(value)}.")
            return {}
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        for key in value:
            if key not in fields:
                self.note(
                    _join(path, key), "there is no such setting." + suggest(key, (*fields, *also), "Here you may set: ")
                )
        sound = {}
        for name, field in fields.items():
            where = _join(path, name)
            if name in value:
                self.given.add(where)
                with contextlib.suppress(_UnsoundError):
                    sound[name] = self._value(value[name], field.type, where)
            elif field.required:
                self.note(where, f"is missing. Add it: {describe(field.type)}.")
            elif not isinstance(field.default, Options):
                sound[name] = field.default
        return sound

    def _value(self, value: object, kind: Kind, path: str) -> object:
        if value is TOLD:
            raise _UnsoundError
        if item_of(kind) is not None:
            return self._list(value, kind, path)
        if is_table(kind):
            return self.table(value, unwrap(kind)[0], path)
        return self._leaf(value, kind, path)

    def _list(self, value: object, kind: Kind, path: str) -> list[object]:
        item = item_of(kind)
        if not isinstance(value, list):
            opening = f" ([[{path}]])" if is_table(item) else ""
            self._refuse(path, f"must be {describe(kind)}{opening}, not {as_toml(value)}.")
        _, notes = unwrap(kind)
        fewest = next((note.min_length for note in notes if note.min_length is not None), 0)
        if len(value) < fewest:
            self.note(path, f"is empty. Add at least {fewest}.")
        if len(value) != (length_of(kind) or len(value)):
            self._refuse(path, f"must be {describe(kind)}, not {as_toml(value)}.")
        sound = []
        for index, element in enumerate(value):
            try:
                sound.append(self._value(element, item, f"{path}[{index}]"))
            except _UnsoundError:
                sound.append({} if is_table(item) else None)
        return sound

    def _leaf(self, value: object, kind: Kind, path: str) -> object:
        bare, _ = unwrap(kind)
        try:
            decoded = msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError:
            choices = typing.get_args(bare) if typing.get_origin(bare) is typing.Literal else ()
            hint = suggest(value, choices) if isinstance(value, str) and choices else ""
            hint = hint if "mean" in hint else ""
            self._refuse(path, f"must be {describe(kind)}, not {as_toml(value)}.{hint}")
        if isinstance(decoded, str) and any(unicodedata.category(sign) in NOT_IN_A_LINE for sign in decoded):
            self._refuse(path, f"must be text on one line without control characters, not {as_toml(value)}.")
        return decoded

    def _refuse(self, path: str, sentence: str) -> typing.NoReturn:
        self.note(path, sentence)
        raise _UnsoundError


class _UnsoundError(Exception):
    """A value was noted as a mistake and has no sound form."""


def _join(path: str, key: str) -> str:
    shown = key if key.replace("-", "_").isidentifier() else as_toml(key)
    return f"{path}.{shown}" if path else shown
