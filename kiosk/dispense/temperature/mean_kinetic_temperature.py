"""Mean kinetic temperature: the steady one that would have aged a drug as much as all the true ones did. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

ACTIVATION_K = 83.144 / 8.3144e-3
"""ΔH/R in kelvin, 10,000: ΔH is 83.144 kJ/mol unless a product's own is known, R is 8.3144e-3 kJ/(mol K).

United States Pharmacopeia, <1079.2> "Mean Kinetic Temperature in the Evaluation of Temperature Excursions During
Storage and Transportation of Drug Products", and before it <1160> "Pharmaceutical Calculations in Pharmacy Practice".
"""
ZERO_C = 273.15
"""0 °C in kelvin."""
DAY_S = 86400.0
WINDOW_DAYS = 30
"""USP <1079.2> has the mean kinetic temperature of room-temperature goods taken over 30 consecutive days that
include the excursion; over a year it would level out every summer, over the excursion alone it always looks bad."""


class Warmth(Struct, frozen=True, kw_only=True, array_like=True):
    """What was felt: `seconds` observed, and to how many seconds at 25 °C they amount (`aged_s`).

    Sums only, so the order in which they came, and in how many pieces, makes no difference.
    """

    seconds: float = 0.0
    aged_s: float = 0.0


class Day(Struct, frozen=True, kw_only=True, array_like=True):
    """One day of the window: how long it spans in seconds, unobserved time included, and what was felt in it."""

    span_s: float = 0.0
    warmth: Warmth = Warmth()


Window: TypeAlias = tuple[Day, ...]
"""The last 30 days, the oldest first."""


def add(warmth: Warmth, celsius: float, seconds: float) -> Warmth:
    """Add `seconds` at `celsius`. Above absolute zero only; the kiosk never asks about less than -100 °C."""
    speed = math.exp(ACTIVATION_K * (1.0 / _kelvin(25.0) - 1.0 / _kelvin(celsius)))
    return Warmth(seconds=warmth.seconds + seconds, aged_s=warmth.aged_s + seconds * speed)


def mean_kinetic_c(warmth: Warmth) -> float | None:
    """Return the mean kinetic temperature in °C: the steady one that would have aged a drug as much.

    T = (ΔH/R) / -ln(mean of exp(-ΔH/(R T))), with T in kelvin. The mean is taken relative to 25 °C, which cancels
    out, to stay among handy numbers. None when no time has passed.
    """
    if warmth.seconds <= 0.0 or warmth.aged_s <= 0.0:
        return None
    mean = warmth.aged_s / warmth.seconds
    return ACTIVATION_K / (ACTIVATION_K / _kelvin(25.0) - math.log(mean)) - ZERO_C


def day_on(days: Window, span_s: float, felt: Warmth) -> Window:
    """Add `span_s` seconds, and what was felt in them, to the last day, or begin another one when that is full.

    What is older than the window goes.
    """
    if not days or days[-1].span_s >= DAY_S:
        days = (*days, Day())
    last = days[-1]
    days = (*days[:-1], Day(span_s=last.span_s + span_s, warmth=total((last.warmth, felt))))
    while sum(day.span_s for day in days[1:]) >= WINDOW_DAYS * DAY_S:
        days = days[1:]
    return days


def total(parts: Iterable[Warmth]) -> Warmth:
    """Add up what was felt in several periods."""
    parts = tuple(parts)
    return Warmth(seconds=math.fsum(p.seconds for p in parts), aged_s=math.fsum(p.aged_s for p in parts))


def _kelvin(celsius: float) -> float:
    return celsius + ZERO_C
