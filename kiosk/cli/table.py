"""The table of a self-test, row by row as it goes on, within the width of a terminal. Pure."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence

from kiosk.cli.verdict import SlotResult
from kiosk.model import Fault, SlotStock

WIDTH = 80
"""The columns of a terminal, in characters."""
PRODUCT_MOST = 24
RESULT = 19
GAP = "  "
HEADING = ("slot", "product", "result", "what to check")


class Table:
    """Lays rows out. A long sentence stands in it once: after that the rows refer to it."""

    def __init__(self, slots: Sequence[SlotStock]) -> None:
        """Choose the columns' widths for these slots."""
        slot = max(4, *(len(one.slot) for one in slots))
        product = min(PRODUCT_MOST, max(7, *(len(one.product) for one in slots)))
        self._widths = (slot, product, RESULT, WIDTH - slot - product - RESULT - 3 * len(GAP))
        self._first: dict[str, str] = {}

    def heading(self) -> str:
        """Return the heading."""
        return self._row(HEADING)

    def row(self, result: SlotResult, faults: Sequence[Fault]) -> str:
        """Return a slot's row. What one of `faults` says already is told below the table, by that fault."""
        return self._row((result.slot, result.product, result.result, self._check(result, faults)))

    def _check(self, result: SlotResult, faults: Sequence[Fault]) -> str:
        for fault in faults:
            if fault.where != result.slot and fault.text in result.advice:
                return result.advice.replace(fault.text, f"see {fault.where} below.").removesuffix(".")
        if not result.advice:
            return ""
        first = self._first.setdefault(result.advice, result.slot)
        short = first == result.slot or len(result.advice) <= self._widths[-1]
        return result.advice if short else f"as {first}"

    def _row(self, cells: Sequence[str]) -> str:
        columns = [textwrap.wrap(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        return "\n".join(self._lines(columns))

    def _lines(self, columns: Sequence[list[str]]) -> Iterator[str]:
        for cells in itertools.zip_longest(*columns, fillvalue=""):
            yield GAP.join(cell.ljust(width) for cell, width in zip(cells, self._widths, strict=True)).rstrip()


def told_in(results: Sequence[SlotResult], fault: Fault) -> bool:
    """Say whether a slot's row tells already what `fault` does."""
    return any(fault.where == one.slot and one.advice and one.advice in fault.text for one in results)
