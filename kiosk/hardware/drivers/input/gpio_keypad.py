"""A keypad matrix on GPIO pins: 3 by 4 or 4 by 4 keys, membrane or metal, without a controller of its own.

Wire each row and each column to a pin of its own; no resistors are needed for cables of less than a metre. While
nobody types all rows pull to ground and nothing is scanned: the first key wakes the scan by its edge. Then one row
pulls at a time while the others let go, so keys pressed together never short two outputs; three keys of a rectangle,
which look like four, are ignored. What is typed ends with `#`, or after `length` keys, or `entry_s` seconds after the
last one; `*` clears it. Written for the usual 12 and 16 key pads (Adafruit 419, 3844, and metal ones for the street);
one with other keys says so in `keys`.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Annotated, TypeVar

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import InputLine
from kiosk.hardware.shared.keys.entry import Rules, TypedEntry
from kiosk.hardware.shared.keys.matrix import KeyFilter
from kiosk.hardware.shared.keys.open_drain import OpenDrainLine

L = TypeVar("L", InputLine, OpenDrainLine)

SCAN_S = 0.008
"""Between two scans while a key is down."""
STEADY = 3
"""So many scans in a row must agree: some 25 ms, longer than membrane keys bounce."""
STUCK_S = 30.0
"""Nobody holds a key for longer."""
STUCK_SCAN_S = 0.04
"""Between two scans while a key is stuck, which may last for days."""
SETTLE_S = 0.0002
"""How long a column's pull-up takes to lift a metre of cable (some 50 kΩ and 100 pF: 5 µs), with room to spare."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One keypad."""

    row_pins: Annotated[tuple[Pin, ...], Meta(min_length=1, max_length=8, description="Its rows from the top")]
    column_pins: Annotated[tuple[Pin, ...], Meta(min_length=1, max_length=8, description="Its columns from the left")]
    keys: Annotated[
        tuple[str, ...],
        Meta(description="What is printed on its keys, a text for each row; more than there are columns are left out"),
    ] = ("123A", "456B", "789C", "*0#D")
    length: Annotated[
        Annotated[int, Meta(ge=1, le=100)] | None, Meta(description="So many keys are a whole text; none: any number")
    ] = None
    entry_s: Annotated[
        float, Meta(ge=1, le=60, description="So long after the last key what was typed is whole; seconds")
    ] = 5.0

    def signs(self) -> str:
        """Return what is printed on its keys."""
        return "".join(row[: len(self.column_pins)] for row in self.keys[: len(self.row_pins)])


class Driver:
    """A keypad as in `kiosk.hardware.api.Keypad`. One thread waits for its edges and scans it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins. A key that is down already is not a press. Raises HardwareError; then none is claimed."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._entered: Callable[[str], None] | None = None
        self._entry = TypedEntry(Rules(length=options.length))
        self._filter = KeyFilter(STEADY)
        self._stuck: tuple[str, ...] = ()
        self._trouble: str | None = None
        self._scanning = self._closing = False
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        rows = options.keys[: len(options.row_pins)]
        if len(rows) < len(options.row_pins) or min(map(len, rows)) < len(options.column_pins):
            raise HardwareError("There are more rows or columns than keys. Correct row_pins, column_pins or keys.")
        with ExitStack() as undo:
            self._rows = _kept(undo, (OpenDrainLine(board, pin) for pin in options.row_pins))
            self._columns = _kept(undo, (self._column(board, pin) for pin in options.column_pins))
            self._filter.begin(self._scan(), self._clock.monotonic())
            self._pull_all()
            self._undo = undo.pop_all()
        self._wake.put(None)  # a key that is down now is let go some time, or it is stuck
        self._thread = self._clock.start(f"keypad-{name}", self._run)

    def on_entry(self, entered: Callable[[str], None]) -> None:
        """Call `entered` with each whole text, in the keypad's thread."""
        self._entered = entered

    def fault(self) -> str | None:
        """Return a sentence for staff if a key is stuck or a pin does not answer."""
        if self._stuck:
            keys = " and ".join(self._stuck)
            return f"Keypad {self._name}: key {keys} is stuck. Free it, and dry or change the keypad."
        if self._trouble:
            return f"Keypad {self._name} cannot be read. {self._trouble}"
        return next((column.failure for column in self._columns if column.failure), None)

    def close(self) -> None:
        """Give the pins back. May be called twice."""
        self._closing = True
        self._wake.put(None)
        self._clock.join(self._thread)
        self._undo.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                self._clock.get(self._wake, self._options.entry_s if self._entry.begun else None)
            except queue.Empty:
                self._give(self._entry.end())
                continue
            try:
                self._scan_until_quiet()
                self._trouble = None
            except HardwareError as error:
                self._trouble = str(error)

    def _scan_until_quiet(self) -> None:
        self._scanning = True
        try:
            typed_at = self._clock.monotonic()
            while not self._closing:
                now, scan = self._clock.monotonic(), self._scan()
                for row, column in self._filter.scan(scan, now):
                    typed_at = now
                    self._give(self._entry.key(self._options.keys[row][column]))
                if self._filter.quiet() and not any(scan):
                    break
                self._look_for_stuck(now)
                if self._entry.begun and now - typed_at > self._options.entry_s:
                    self._give(self._entry.end())
                self._clock.sleep(STUCK_SCAN_S if self._stuck else SCAN_S)
            self._stuck = ()
        finally:
            self._wait_for_edges()
        if any(column.active() for column in self._columns):  # pressed at this very moment
            self._clock.sleep(SCAN_S)
            self._wake.put(None)

    def _scan(self) -> list[frozenset[int]]:
        """Return the columns that answered each row, which pulled alone."""
        for row in self._rows:
            row.let_go()
        return [self._answers(row) for row in self._rows]

    def _answers(self, row: OpenDrainLine) -> frozenset[int]:
        row.pull()
        try:
            self._clock.sleep(SETTLE_S)
            return frozenset(number for number, column in enumerate(self._columns) if column.active())
        finally:
            row.let_go()

    def _pull_all(self) -> None:
        for row in self._rows:
            row.pull()

    def _look_for_stuck(self, now: float) -> None:
        keys = self._options.keys
        self._stuck = tuple(keys[row][column] for row, column in self._filter.stuck(now, STUCK_S))

    def _wait_for_edges(self) -> None:
        """Be ready for the next key, and drop what the scan itself made the columns report."""
        try:
            self._pull_all()
        finally:
            while not self._wake.empty():
                self._wake.get_nowait()
            self._scanning = False

    def _changed(self, _at: float, active: bool) -> None:
        if active and not self._scanning:
            self._wake.put(None)

    def _column(self, board: Board, pin: int) -> InputLine:
        return InputLine(board, pin, active_low=True, changed=self._changed)

    def _give(self, text: str | None) -> None:
        if text and self._entered:
            self._entered(text)


def _kept(undo: ExitStack, lines: Iterable[L]) -> list[L]:
    """Return the lines, each of which is given back with `undo` from the moment it is claimed."""
    kept = []
    for line in lines:
        undo.callback(line.close)
        kept.append(line)
    return kept
