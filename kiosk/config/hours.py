"""Spans of the day, as `08:00-20:00` in kiosk.toml. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

DAY_MIN = 24 * 60


def within(span: str, now: datetime.time) -> bool:
    """Say whether a time of day lies in a span: its beginning does, its end does not. One may pass midnight."""
    begins, ends = _minutes(span)
    minute = _minute(now)
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


def next_begin(spans: Sequence[str], now: datetime.time) -> datetime.time:
    """Return when the next of some spans begins, today or tomorrow."""
    begins = min((_minutes(span)[0] for span in spans), key=lambda minute: (minute - _minute(now)) % DAY_MIN)
    return datetime.time(*divmod(begins, 60))


def _minutes(span: str) -> tuple[int, int]:
    begins, ends = (int(time[:2]) * 60 + int(time[3:]) for time in span.split("-"))
    return begins, ends


def _minute(time: datetime.time) -> int:
    return time.hour * 60 + time.minute
