"""Where in the file a setting stands, for every way in which TOML lets it be written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config.lines import line_at, lines_of

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.toml"))

TEXT = '''\
a.b = 1            # a comment with = and [brackets]
"q.r" = 2
[[slots]]
id = "A1"
many = """
[[slots]]
id = "no table"
"""
[slots.options]
pins = [
  4, # the first
  { pin = 5, deep = [1, 2] },
  2024-01-01 07:00:00,
]
[[slots]]
options = { pin = 6, text = 'a "quoted" } ] one' }
[[slots.inner]]
x = -1.5e3
[[slots.inner]]
[ hardware . pins ]
y = true'''

LINES = {
    "a.b": 1,
    "slots[0]": 3,
    "slots[0].many": 5,
    "slots[0].options": 9,
    "slots[0].options.pins": 10,
    "slots[0].options.pins[0]": 11,
    "slots[0].options.pins[1].deep[1]": 12,
    "slots[0].options.pins[2]": 13,
    "slots[1]": 15,
    "slots[1].options.text": 16,
    "slots[1].inner[0].x": 18,
    "slots[1].inner[1]": 19,
    "hardware.pins": 20,
    "hardware.pins.y": 21,
}


@pytest.mark.parametrize("path", LINES)
def test_a_setting_is_found(path: str) -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT)[path] == LINES[path]


@pytest.mark.parametrize(
    ("path", "line"),
    [("slots[1].capacity", 15), ("slots[0].options.relay", 9), ("slots[7].id", None), ("kiosk", None)],
)
def test_what_is_missing_is_on_the_line_of_its_table(path: str, line: int | None) -> None:
    assert line_at(lines_of(TEXT), path) == line


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_setting_of_an_example_is_found_by_its_name(path: Path) -> None:
    text = path.read_text()
    lines, written = lines_of(text), text.splitlines()
    for setting, name in settings(tomllib.loads(text)):
        assert name in written[lines[setting] - 1], setting


def settings(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Give the path and the name of every setting that is no list of tables."""
    for name, value in table.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for index, item in enumerate(value):
                yield from settings(item, f"{inner}[{index}]")
        else:
            yield inner, name
        if isinstance(value, dict):
            yield from settings(value, inner)


@given(text=st.text(alphabet="ab.=[]{}\"'\n ,1#-"))
def test_whatever_is_toml_is_read_to_its_end(text: str) -> None:
    """A mistake is told with its line, and looking for that never raises."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines_of(text).values()) <= set(range(1, text.count("\n") + 2))
