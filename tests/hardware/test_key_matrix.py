"""Which keys of a matrix are down, and what is typed: pure rules, tried at random."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.shared.keys.entry import LONGEST, Rules, TypedEntry
from kiosk.hardware.shared.keys.matrix import KeyFilter, ambiguous
from tests.conftest import Evidence

ROWS, COLUMNS = 4, 4
KEYS = st.frozensets(st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1)), max_size=5)

Key = tuple[int, int]


def scan_of(keys: frozenset[Key]) -> list[frozenset[int]]:
    """Return what a matrix without diodes answers: current goes whatever way it finds."""
    answers = []
    for row in range(ROWS):
        rows, columns = {row}, set[int]()
        while True:
            more = {column for at, column in keys if at in rows} - columns
            if not more:
                break
            columns |= more
            rows |= {at for at, column in keys if column in columns}
        answers.append(frozenset(columns))
    return answers


@given(KEYS)
def test_a_key_that_nobody_presses_is_never_told(keys: frozenset[Key]) -> None:
    scan = scan_of(keys)
    seen = {(row, column) for row, columns in enumerate(scan) for column in columns}
    assert keys <= seen
    assert seen == keys or ambiguous(scan)
    pressed = KeyFilter(1).scan(scan, 0.0)
    assert set(pressed) <= keys


@given(st.lists(KEYS, max_size=30))
def test_each_press_is_told_once_however_keys_are_mixed(presses: list[frozenset[Key]]) -> None:
    keys = KeyFilter(3)
    told: list[Key] = []
    for number, held in enumerate(presses):
        for _ in range(4):
            told += keys.scan(scan_of(held), float(number))
    clear = [held for held in presses if not ambiguous(scan_of(held))]
    fresh = [key for before, held in zip([frozenset[Key](), *clear], clear, strict=False) for key in held - before]
    assert sorted(told) == sorted(fresh)


def test_a_bounce_is_not_a_press_and_not_a_release() -> None:
    keys = KeyFilter(3)
    up, down = scan_of(frozenset()), scan_of(frozenset({(1, 1)}))
    told = [key for scan in (down, up, down, down, up, down) for key in keys.scan(scan, 0.0)]
    assert told == []
    told = [key for scan in (down, down, down, down, up, up, down) for key in keys.scan(scan, 0.0)]
    assert told == [(1, 1)]
    assert not keys.quiet()
    for _ in range(3):
        keys.scan(up, 0.0)
    assert keys.quiet()


def test_a_key_that_stays_down_is_stuck() -> None:
    keys = KeyFilter(1)
    keys.scan(scan_of(frozenset({(0, 0), (1, 2)})), 10.0)
    assert list(keys.stuck(39.0, 30.0)) == []
    assert list(keys.stuck(41.0, 30.0)) == [(0, 0), (1, 2)]


@pytest.mark.parametrize(
    ("keys", "length", "texts"),
    [
        ("12#", None, ["12"]),
        ("1*2#", None, ["2"]),
        ("##", None, []),
        ("123456#", 2, ["12", "34", "56"]),
        ("A1#B", None, ["A1"]),
    ],
)
def test_what_ends_and_what_clears_a_text(keys: str, length: int | None, texts: list[str]) -> None:
    entry = TypedEntry(Rules(length=length))
    assert [text for text in map(entry.key, keys) if text] == texts


@given(st.text(alphabet="0123456789*#", max_size=300))
def test_no_text_is_longer_than_a_hundred(evidence: Evidence, keys: str) -> None:
    entry = TypedEntry(Rules())
    for text in map(entry.key, keys):
        assert text is None or 0 < len(text) <= LONGEST
    evidence.count("keys_typed", len(keys))
