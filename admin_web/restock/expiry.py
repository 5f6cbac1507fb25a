"""Expiry dates as they stand on the box: year and month, with or without a day. Pure."""

from __future__ import annotations

import calendar
import datetime

YEARS = range(2020, 2100)


def expiry(year: int | None, month: int | None, day: int | None) -> datetime.date | None:
    """Return the last good day; None when nothing was typed.

    Without a day it is the last of the month, as GS1 General Specifications say of (17) with day 00.
    Raises ValueError with a sentence that names what to correct.
    """
    if year is None and month is None and day is None:
        return None
    if year is None or month is None:
        raise ValueError("Expiry: write year and month, such as 2027 and 8.")
    if year in range(20, 100):
        year += 2000
    if year not in YEARS:
        raise ValueError("Expiry: write the year with four digits, such as 2027.")
    if month not in range(1, 13):
        raise ValueError("Expiry: write the month as a number from 1 to 12.")
    last = calendar.monthrange(year, month)[1]
    if day is not None and day not in range(1, last + 1):
        raise ValueError(f"Expiry: that month has days 1 to {last}. Correct the day, or leave it empty.")
    return datetime.date(year, month, day or last)
