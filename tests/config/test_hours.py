"""Spans of the day, past midnight too."""

from __future__ import annotations

import datetime

import pytest

from kiosk.config.hours import next_begin, within


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [
        ("08:00-20:00", ["08:00", "19:59"], ["07:59", "20:00", "00:00"]),
        ("20:00-06:00", ["20:00", "23:59", "00:00", "05:59"], ["06:00", "19:59"]),
        ("00:00-24:00", ["00:00", "23:59"], []),
    ],
)
def test_its_beginning_is_in_it_and_its_end_is_not(span: str, inside: list[str], outside: list[str]) -> None:
    assert all(within(span, datetime.time.fromisoformat(time)) for time in inside)
    assert not any(within(span, datetime.time.fromisoformat(time)) for time in outside)


@pytest.mark.parametrize(("now", "begins"), [("07:00", "08:00"), ("13:00", "18:30"), ("20:00", "08:00")])
def test_the_next_one_may_begin_tomorrow(now: str, begins: str) -> None:
    spans = ("18:30-19:00", "08:00-12:00")
    assert next_begin(spans, datetime.time.fromisoformat(now)) == datetime.time.fromisoformat(begins)
