"""How settings and values are spoken of: what a type allows, and what stands there instead."""

from __future__ import annotations

import datetime
import difflib
import json
import types
import typing
from collections.abc import Iterable
from typing import Any

from msgspec import Meta, Struct

Table = dict[str, Any]
"""A table as TOML gives it, or the sound settings of one: each value is of its setting's type."""

Kind = object
"""The type of a setting as Python's typing writes it: a class, or what `Annotated` and `|` make of some."""

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def unwrap(kind: Kind) -> tuple[Any, list[Meta]]:
    """Return the bare type behind `Annotated` and `| None`, and what was noted on the way, outermost first."""
    notes: list[Meta] = []
    while True:
        if typing.get_origin(kind) is typing.Annotated:
            kind, *noted = typing.get_args(kind)
            notes += [note for note in noted if isinstance(note, Meta)][::-1]
        elif typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(member for member in typing.get_args(kind) if member is not type(None))
        else:
            return kind, notes


def item_of(kind: Kind) -> Kind | None:
    """Return the type of the items if `kind` is a list (`tuple[X, ...]` or `tuple[X, X]`), else None."""
    bare, _ = unwrap(kind)
    return typing.get_args(bare)[0] if typing.get_origin(bare) is tuple else None


def length_of(kind: Kind) -> int | None:
    """Return how many items a list of this kind has, if that is fixed (`tuple[X, X]`), else None."""
    items = typing.get_args(unwrap(kind)[0])
    return None if items[-1] is Ellipsis else len(items)


def is_table(kind: Kind) -> bool:
    """Say whether `kind` is a table with keys of its own."""
    bare, _ = unwrap(kind)
    return isinstance(bare, type) and issubclass(bare, Struct)


def first(notes: Iterable[Meta], name: str) -> Any:
    """Return the outermost note's `name` that says anything, else None."""
    return next((value for note in notes if (value := getattr(note, name)) is not None), None)


def describe(kind: Kind) -> str:
    """Say in words what `kind` allows, such as `a whole number from 0 to 27`."""
    bare, notes = unwrap(kind)
    if typing.get_origin(bare) is typing.Literal:
        return "one of " + ", ".join(as_toml(choice) for choice in typing.get_args(bare))
    if item_of(kind) is not None:
        return _describe_list(kind)
    if is_table(kind):
        return "a table"
    words = KINDS.get(bare, "a value")
    if bare is str:
        return words + _text_limits(notes)
    return words + _number_limits(notes)


def _describe_list(kind: Kind) -> str:
    item = item_of(kind)
    if is_table(item):
        return "a list of tables"
    examples = first(unwrap(kind)[1], "examples")
    such = " such as " + " or ".join(str(example) for example in examples) if examples else ""
    length = length_of(kind)
    return f"a list{f' of {length}' if length else ''}{such}, each {describe(item)}"


def _number_limits(notes: list[Meta]) -> str:
    limits = {name: first(notes, name) for name in ("ge", "gt", "le", "lt")}
    if limits["ge"] is not None and limits["le"] is not None:
        return f" from {limits['ge']} to {limits['le']}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    parts = [f"{words[name]} {limit}" for name, limit in limits.items() if limit is not None]
    return " " + " and ".join(parts) if parts else ""


def _text_limits(notes: list[Meta]) -> str:
    examples = first(notes, "examples")
    if examples:
        return " such as " + " or ".join(as_toml(example) for example in examples)
    shortest, longest = first(notes, "min_length"), first(notes, "max_length")
    if longest is not None:
        return f" of {shortest or 0} to {longest} characters"
    return f" of at least {shortest} character{'s' * (shortest != 1)}" if shortest else ""


def as_toml(value: object, limit: int = 60) -> str:
    """Write a value as it stands in TOML, cut at `limit` characters."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)}" if value else "[]"
    elif isinstance(value, datetime.date | datetime.time):
        text = value.isoformat()
    elif isinstance(value, int) and abs(value) > 10**limit:
        text = "a very large number"
    else:
        text = str(value)
    return text if len(text) <= limit else text[:limit] + "…"


def suggest(word: object, choices: Iterable[str], otherwise: str = "There is: ") -> str:
    """Return ` Did you mean "x"?`, or else what there is to choose from."""
    known = list(choices)
    folded = {choice.casefold(): choice for choice in known}
    near = difflib.get_close_matches(str(word).casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f" Did you mean {as_toml(folded[near[0]])}?"
    return f" {otherwise}{', '.join(known)}." if known else ""
