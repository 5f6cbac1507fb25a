"""Write out shelves as the slots that they stand for, and say of each slot where in the file it was set."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from kiosk.config.settings import TABLES, Options, Shelf, Slot
from kiosk.config.validate import TOLD, Validator
from kiosk.config.words import Table, as_toml, unwrap

MOST = 100
"""So many shelves are read; most machines have six rows."""

MOST_SLOTS = 500
"""So many slots all shelves together may stand for; the largest machine has some 60."""

SPANS = re.compile(r"\s*[0-9]{1,6}(\s*-\s*[0-9]{1,6})?(\s*,\s*[0-9]{1,6}(\s*-\s*[0-9]{1,6})?)*\s*\Z")
"""Whole numbers as people write a row of them: `1-4, 6`."""

MOST_COLUMNS = 100

OF_SLOTS = tuple(field.name for field in msgspec.structs.fields(Slot) if field.name != "id")
"""What a shelf may set for all of its slots."""

USUAL_DRIVER = str(next(field.default for field in msgspec.structs.fields(Slot) if field.name == "driver"))


class Drivers(Protocol):
    """What is asked about drivers."""

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of the drivers of one kind."""
        ...

    def options_type(self, kind: str, name: str) -> type[Options]:
        """Return the options that the named driver takes."""
        ...


class Origin(NamedTuple):
    """Where a slot comes from: a table of its own, a shelf, or a shelf and a table that changes it."""

    id: object
    own: str
    """The path of its own table; empty without one."""
    settings: Mapping[str, Any]
    """What that table sets."""
    shelf: str
    """The path of its shelf; empty without one."""
    replaces: bool = False
    """Its own table names another driver, which has options of its own."""

    def path(self, rest: str) -> str:
        """Return the path in the file of one of the slot's settings, `.options.pin` for instance."""
        if not self.shelf or (self.own and self._sets(rest)):
            return self.own + rest
        return self.shelf + (".columns" if rest == ".id" else rest)

    def _sets(self, rest: str) -> bool:
        name, *inner = rest.removeprefix(".").split(".") if rest else ("id",)
        value = self.settings.get(name)
        if name == "options" and self.replaces:
            return True
        if name == "options" and inner and isinstance(value, Mapping):
            return inner[0].split("[")[0] in value
        return name.strip('"') in self.settings


def written_out(raw: Table, validator: Validator, drivers: Drivers) -> tuple[Table, list[Origin]]:
    """Return a file's tables with slots in the place of shelves, and where each slot comes from.

    A slot of its own whose id a shelf has too changes what it names and takes the rest from the shelf.
    """
    shelves, slots = raw.get("shelves"), raw.get("slots", [])
    if not isinstance(slots, list):
        return {key: value for key, value in raw.items() if key != "shelves"}, []
    own = {f"slots[{index}]": slot for index, slot in enumerate(slots)}
    placed: list[tuple[Any, Origin]] = []
    for path, shelf in _sound(shelves, validator) if shelves is not None else ():
        columns = _columns(path, shelf, validator, room=MOST_SLOTS - len(placed))
        for slot in _slots(path, shelf, columns, validator, drivers):
            at = next((at for at, table in own.items() if _id(table) == slot["id"]), "")
            over = own.pop(at, {})
            replaces = over.get("driver", slot.get("driver")) != slot.get("driver")
            placed.append((_over(slot, over, replaces), Origin(slot["id"], at, over, path, replaces)))
    placed += [(table, Origin(_id(table), at, {}, "")) for at, table in own.items()]
    whole = {key: value for key, value in raw.items() if key != "shelves"}
    if placed or "slots" in raw:
        whole["slots"] = [slot for slot, _ in placed]
    return whole, [origin for _, origin in placed]


def _id(table: object) -> object:
    return table.get("id") if isinstance(table, Mapping) else None


def _sound(shelves: object, validator: Validator) -> Iterator[tuple[str, Table]]:
    """Give each shelf whose row and columns are right, with its path."""
    if not isinstance(shelves, list):
        validator.note("shelves", f"must be a list of tables ([[shelves]]), not {as_toml(shelves)}.")
        return
    if len(shelves) > MOST:
        validator.note("shelves", f"are {len(shelves)}. A machine has {MOST} at most.")
    for index, shelf in enumerate(shelves[:MOST]):
        path, head = f"shelves[{index}]", shelf
        if isinstance(shelf, Mapping):
            head = {name: value for name, value in shelf.items() if name not in OF_SLOTS}
        sound = validator.table(head, Shelf, path, also=OF_SLOTS)
        if {"row", "columns"} <= sound.keys():
            yield path, {**shelf, **sound}


def _columns(path: str, shelf: Table, validator: Validator, room: int) -> list[int]:
    """Return the columns of a shelf, of which no more than `room` may still come; none if they are not right."""
    columns = _numbers(shelf["columns"])
    if len(set(columns)) < len(columns) or max(columns, default=MOST_COLUMNS) >= MOST_COLUMNS:
        validator.note(f"{path}.columns", 'must be columns from 0 to 99, each once, such as "1-10" or "1-4, 6".')
        return []
    if len(columns) > room:
        validator.note(f"{path}.columns", f"are too many: all shelves together have {MOST_SLOTS} at most.")
        return []
    return columns


def _slots(path: str, shelf: Table, columns: list[int], validator: Validator, drivers: Drivers) -> Iterator[Table]:
    """Give the slots of one shelf."""
    wholes, of_options = _wholes(Slot), _wholes(_options_type(shelf.get("driver"), drivers))
    row = ord(shelf["row"]) - ord("A") + 1
    for index, column in enumerate(columns):
        place = _Place(row, column, index, len(columns), validator)
        slot = {name: place.fit(f"{path}.{name}", shelf[name], name in wholes) for name in OF_SLOTS if name in shelf}
        if isinstance(options := shelf.get("options"), Mapping):
            slot["options"] = {
                name: place.fit(f"{path}.options.{name}", value, name in of_options) for name, value in options.items()
            }
        yield {"id": f"{shelf['row']}{column}", **slot}


class _Place(NamedTuple):
    """One column of a shelf, at `position` of so many `columns`."""

    row: int
    column: int
    position: int
    columns: int
    validator: Validator

    def fit(self, path: str, value: object, whole: bool) -> object:
        """Return what a shelf's value, of a setting that may be a `whole` number, is for the slot here."""
        if not isinstance(value, str):
            return value
        text = value.replace("{column}", str(self.column)).replace("{row}", str(self.row))
        numbers = _numbers(text) if whole else []
        if len(numbers) not in (0, 1, self.columns):
            told = f"names {len(numbers)} numbers for {self.columns} columns. Give one for each."
            self.validator.note(path, told)
            return TOLD
        return numbers[min(self.position, len(numbers) - 1)] if numbers else text


def _over(slot: Table, own: Table, replaces: bool) -> Table:
    """Return a shelf's slot with what its own table changes; where that names another driver, without its options."""
    both = slot.get("options"), own.get("options")
    merged = {**slot, **own}
    if replaces and "options" not in own:
        merged.pop("options", None)
    elif not replaces and all(isinstance(options, Mapping) for options in both):
        merged["options"] = {**slot["options"], **own["options"]}
    return merged


def _numbers(text: str) -> list[int]:
    """Return the whole numbers of `1-4, 6`; none if it is no such text."""
    if not SPANS.match(text):
        return []
    spans = ([int(end) for end in part.split("-")] for part in text.split(","))
    numbers = (number for first, *last in spans for number in range(first, (last or [first])[0] + 1))
    return list(itertools.islice(numbers, MOST_COLUMNS + 1))


def _wholes(kind: type[Options]) -> set[str]:
    """Return the settings that are whole numbers."""
    return {field.name for field in msgspec.structs.fields(kind) if unwrap(field.type)[0] is int}


def _options_type(driver: object, drivers: Drivers) -> type[Options]:
    """Return the options of a driver of slots; none of a driver that there is not, which is told later."""
    name = USUAL_DRIVER if driver is None else str(driver)
    types = (drivers.options_type(kind, name) for kind in TABLES["slots"] if name in drivers.names(kind))
    return next(types, Options)
