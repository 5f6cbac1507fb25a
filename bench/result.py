"""One figure, and what it is held against."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Result(msgspec.Struct, frozen=True):
    """A measured value. `floor` is the bare mechanism's figure in the same unit and run; `ratio` is value / floor."""

    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None


def against(value: float, unit: str, floor: float) -> Result:
    """Return a result with its ratio to a floor."""
    return Result(round(value, 4), unit, round(floor, 4), round(value / floor, 3))


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return a percentile of at least 100 samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def write(results: dict[str, Result], path: Path) -> None:
    """Write the figures as JSON, by name."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
