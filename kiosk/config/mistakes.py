"""Say mistakes as people find them in the file: the setting, its line, its slots, and each mistake once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from kiosk.config.lines import line_at, lines_of
from kiosk.config.shelves import Origin
from kiosk.config.validate import Mistake

SLOT = re.compile(r"\bslots\[([0-9]{1,5})\]((?:\.[a-z_0-9]+|\[[0-9]{1,5}\])*)")
"""A slot or one of its settings, by its number among all that shelves and tables of their own stand for."""

TYPED = re.compile(r'("(?:\\.|[^"\\])*")')
"""What somebody typed, as it stands in a sentence."""

ID = re.compile(r"([A-Z])([0-9]{1,2})")


def said(mistakes: Iterable[Mistake], origins: Sequence[Origin], text: str) -> list[str]:
    """Return each mistake as `path (line 12, A1 to A8): sentence`, line by line; what slots of a shelf share is one.

    `origins` is where the slots come from, and `text` the file.
    """
    slots: dict[Mistake, list[str]] = {}
    for mistake in mistakes:
        path, slot = _in_file(mistake.path, origins)
        sentence = "".join(
            part if TYPED.fullmatch(part) else SLOT.sub(lambda found: _owner(found[0], origins), part)
            for part in TYPED.split(mistake.sentence)
        )
        slots.setdefault(Mistake(path, sentence), []).extend(slot)
    lines = lines_of(text)
    found = sorted(slots.items(), key=lambda told: line_at(lines, told[0].path) or 0)
    return [f"{path}{_where(line_at(lines, path), names)}: {sentence}" for (path, sentence), names in found]


def _in_file(path: str, origins: Sequence[Origin]) -> tuple[str, list[str]]:
    """Return where a path leads in the file, and the id of the slot that it is about, if there is one."""
    found = SLOT.match(path)
    if not found or int(found[1]) >= len(origins):
        return path, []
    origin = origins[int(found[1])]
    named = isinstance(origin.id, str) and ID.fullmatch(origin.id)
    return origin.path(path[len(f"slots[{found[1]}]") :]), [str(origin.id)] if named else []


def _owner(path: str, origins: Sequence[Origin]) -> str:
    path, slot = _in_file(path, origins)
    return f"{slot[0]} ({path})" if slot and path.startswith("shelves") else path


def _where(line: int | None, slots: list[str]) -> str:
    told = ([f"line {line}"] if line else []) + list(_together(dict.fromkeys(slots)))
    return f" ({', '.join(told)})" if told else ""


def _together(slots: Iterable[str]) -> Iterator[str]:
    """Give slots, those that follow each other in a row as `A1 to A8`."""

    def key(numbered: tuple[int, str]) -> tuple[str, int]:
        found = ID.fullmatch(numbered[1])
        return (found[1], int(found[2]) - numbered[0]) if found else (numbered[1], 0)

    for _, group in groupby(enumerate(slots), key):
        names = [name for _, name in group]
        yield from names if len(names) < 3 else [f"{names[0]} to {names[-1]}"]
