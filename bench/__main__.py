"""Measure everything, print the figures and write bench/results.json."""

from __future__ import annotations

from pathlib import Path

from bench import draining, history, latency, process, serial, throughput, turning
from bench.result import Result, write

RESULTS = Path(__file__).parent / "results.json"

PARTS = (latency, draining, serial, turning, throughput, process, history)


def main() -> None:
    """Run each part in turn and say which one runs."""
    Path("build").mkdir(exist_ok=True)
    results: dict[str, Result] = {}
    for part in PARTS:
        print(f"Measuring: {(part.__doc__ or '').splitlines()[0]}", flush=True)
        results |= part.measure()
    print(f"\n{'figure':<26}{'value':>12} {'unit':<6}{'floor':>12}{'ratio':>9}")
    for name, result in results.items():
        floor = "" if result.floor is None else f"{result.floor:g}"
        ratio = "" if result.ratio is None else f"{result.ratio:g}"
        print(f"{name:<26}{result.value:>12g} {result.unit:<6}{floor:>12}{ratio:>9}")
    write(results, RESULTS)


main()
