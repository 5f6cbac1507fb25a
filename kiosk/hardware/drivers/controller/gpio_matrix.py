"""A matrix of motors on GPIO pins: each row switches to ground, each column to +24 V, a motor sits where they cross.

For used snack machines, typically 6 rows by 10 columns, with a diode at each motor. A row pin drives a low-side switch
(such as a ULN2803A or a logic-level MOSFET), a column pin a high-side one; both need pull-downs, so that all is off
while nobody drives the pins. The home wire that all motors share tells the cam switch of the motor that is driven. A
sense pin tells whether current flows: a comparator at a shunt in the ground of all rows.

One motor is driven at a time. With a sense pin each drive first shows that no current flows with only its row or only
its column on, which a welded switch or a missing diode would cause, and then that its motor is there. A motor that
draws nothing is called missing only if another one is seen to draw: else the sense is taken to be dead. A sense that is
dead, or tells of current while all is off, is told to staff and ignored: items must come out all the same.
"""

from __future__ import annotations

import enum
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.coil.home_switch import HomeSwitch
from kiosk.hardware.shared.coil.motor import CoilCurrent
from kiosk.hardware.shared.gpio_lines import InputLine, OutputLine

QUIET_S = 0.002
"""So long no current may flow with only a row or only a column on. A comparator answers in microseconds."""
DRAWS_S = 0.010
"""So soon a motor that is there draws current, and its home switch tells. It has not moved a thousandth of a turn."""
WITNESSES = 3
"""So many other motors are asked whether the sense works, before one that draws nothing is called missing."""
RUN_ON_S = 0.5
"""Coils coast for less than this; current that flows later is no motor's braking."""

PinList = Annotated[tuple[Pin, ...], Meta(min_length=1, examples=[[5, 6, 13]])]


class Options(BaseOptions, frozen=True, kw_only=True):
    """One matrix. It moves nothing by itself: slots name it, and their row and column."""

    row_pins: Annotated[PinList, Meta(description="The pins of rows R1, R2 and so on")]
    column_pins: Annotated[PinList, Meta(description="The pins of columns C1, C2 and so on")]
    home_pin: Annotated[Pin, Meta(description="The home wire that all motors share")]
    sense_pin: Annotated[Pin | None, Meta(description="Active while current flows through any motor")] = None
    row_active_low: Annotated[bool, Meta(description="True if a row is on while its pin is low")] = False
    column_active_low: Annotated[bool, Meta(description="True if a column is on while its pin is low")] = False
    home_active_low: Annotated[bool, Meta(description="True if a home switch pulls the wire low at home")] = True
    sense_active_low: Annotated[bool, Meta(description="True if the sense pin is low while current flows")] = True
    current_a: CoilCurrent = 1.0


class Place(NamedTuple):
    """Where rows and columns cross, counted from 1 as on labels."""

    row: int
    column: int


class Found(enum.Enum):
    """What a drive found out before it began."""

    DRAWS = enum.auto()
    """The motor draws current: it runs."""
    BLIND = enum.auto()
    """Nothing can be told of currents: it is switched on, and may run."""
    MISSING = enum.auto()
    """It draws nothing, though the sense works: it is off again."""
    LEAKS = enum.auto()
    """Current flows where none should: it was not driven."""


class Driver:
    """A controller as in `kiosk.hardware.api.Controller`, for the motors of driver `gpio_matrix`."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim all pins, everything off. Raises HardwareError; then nothing is left claimed."""
        self._name = name
        self.options = options
        self._clock = board.clock
        self._busy = threading.Lock()
        self._driven: Place | None = None
        self._suspect: Place | None = None
        self._off_at = float("-inf")
        self._places: list[Place] = []
        self._given_back: set[Place] = set()
        self._leak: str | None = None
        self._sense_fault: str | None = None
        self._changes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._sense: InputLine | None = None
        with ExitStack() as claimed:
            self._rows = self._claim(claimed, board, options.row_pins, options.row_active_low)
            self._columns = self._claim(claimed, board, options.column_pins, options.column_active_low)
            self.home = HomeSwitch(board, options.home_pin, active_low=options.home_active_low)
            claimed.callback(self.home.close)
            if options.sense_pin is not None:
                low = options.sense_active_low
                self._sense = InputLine(board, options.sense_pin, active_low=low, changed=self._sense_changed)
                claimed.callback(self._sense.close)
            self._claimed = claimed.pop_all()

    def join(self, place: Place) -> None:
        """Note that there is a motor at `place`. Raises HardwareError when the matrix has no such row or column."""
        rows, columns = len(self._rows), len(self._columns)
        if place.row > rows or place.column > columns:
            raise HardwareError(
                f"{self._name} has {rows} rows and {columns} columns, so there is no row {place.row}, column "
                f"{place.column}. Check row, column, row_pins and column_pins."
            )
        self._given_back.discard(place)
        if place not in self._places:
            self._places.append(place)

    @contextmanager
    def driving(self, place: Place) -> Iterator[Found]:
        """Drive one motor while the block runs, unless it is missing or must not be; everything is off afterwards.

        Raises HardwareError, and nothing was driven, while another motor is, or when any switch is not off.
        """
        if not self._busy.acquire(blocking=False):
            raise HardwareError(f"{self._name} drives another motor now, and never two. Try again when it is done.")
        try:
            self.home.settle()
            self._check_off()
            self._driven = place
            yield self._try(place)
        finally:
            try:
                self._all_off()
            finally:
                self._driven = None
                self._off_at = self._clock.monotonic()
                self.home.stopped()
                self._busy.release()

    def leave(self, place: Place) -> None:
        """Forget the motor at `place`, and switch it off if it is driven now."""
        self._given_back.add(place)
        if self._driven == place:
            self._all_off()

    def turned(self, found: Found) -> None:
        """Note that a motor came home, which shows whether the sense sees currents."""
        if found is Found.DRAWS:
            self._sense_fault = None
        elif self._sense is not None and self._sense_fault is None:
            pin = self.options.sense_pin
            self._sense_fault = f"{self._name} sees no current though motors turn: check the sense pin (GPIO {pin})."

    def wires(self, place: Place) -> str:
        """Return the names of a motor's two wires, with their pins."""
        row, column = self.options.row_pins[place.row - 1], self.options.column_pins[place.column - 1]
        return f"row wire R{place.row} (GPIO {row}) and column wire C{place.column} (GPIO {column})"

    def leak(self) -> str | None:
        """Return a sentence if current flowed where none should when a motor was last to be driven."""
        return self._leak

    def runs_on(self, place: Place) -> bool:
        """Say whether current flows long after the motor at `place`, the last that can have, was switched off."""
        if self._sense is None or self._driven is not None or self._suspect != place:
            return False
        return self._clock.monotonic() - self._off_at > RUN_ON_S and self._sense.active()

    def fault(self) -> str | None:
        """Return a sentence for staff when a switch leaks, the sense is dead or stuck, or edges were lost."""
        return self.home.failure or (self._sense and self._sense.failure) or self._leak or self._sense_fault

    def close(self) -> None:
        """Switch all rows and columns off and give the pins back. May be called twice."""
        self._claimed.close()

    def _claim(self, claimed: ExitStack, board: Board, pins: Sequence[int], active_low: bool) -> list[OutputLine]:
        lines = []
        for pin in pins:
            lines.append(OutputLine(board, pin, active_low=active_low))
            claimed.callback(lines[-1].close)
        return lines

    def _check_off(self) -> None:
        """Make sure that every row and column is off. Raises HardwareError if one is not; then it was told to be."""
        for letter, lines in (("R", self._rows), ("C", self._columns)):
            for number, line in enumerate(lines, 1):
                if line.is_on():
                    line.off()
                    raise HardwareError(
                        f"{self._name}: {letter}{number} was on though nothing is driven. It is switched off now; if "
                        "this is told again, look for a short circuit at its pin."
                    )

    def _try(self, place: Place) -> Found:
        """Switch the motor on, once what can be shown before was shown. Row and column stay on if it may run."""
        if self._sense is None or self._tells_at_rest():
            return self._wait_for_home(place, Found.BLIND)
        self._suspect = place
        self._leak = self._find_leak(place)
        if self._leak is not None:
            return Found.LEAKS
        self._connect(place)
        if self._flows(DRAWS_S):
            self._ask_first(place)
            return self._wait_for_home(place, Found.DRAWS)
        self._all_off()
        return Found.MISSING if self._sense_works(place) else self._wait_for_home(place, Found.BLIND)

    def _tells_at_rest(self) -> bool:
        """Say whether current is told of while all is off: whichever motor it flows through, it was on before."""
        if not self._flows(QUIET_S):
            return False
        self._sense_fault = (
            f"{self._name} tells of current though all is off: a motor does not stop as two switches are welded, or "
            f"the sense pin (GPIO {self.options.sense_pin}) is stuck. Switch the motors' power off and look."
        )
        return True

    def _find_leak(self, place: Place) -> str | None:
        for letter, number, other, line in (
            ("R", place.row, "column", self._rows[place.row - 1]),
            ("C", place.column, "row", self._columns[place.column - 1]),
        ):
            try:
                line.on()
                flows = self._flows(QUIET_S)
            finally:
                line.off()
            if flows:
                return (
                    f"{self._name}: current flows with only {letter}{number} on: a {other} switch is welded, or a "
                    "motor's diode is missing. Nothing was turned; mend it first."
                )
        return None

    def _sense_works(self, place: Place) -> bool:
        """Ask other motors for a few milliseconds, too short to move an item, whether current is seen at all."""
        others = [other for other in self._places if other != place and other not in self._given_back]
        for other in others[:WITNESSES]:
            try:
                self._connect(other)
                if self._flows(DRAWS_S):
                    self._ask_first(other)
                    return True
            finally:
                self._all_off()
        return False

    def _ask_first(self, place: Place) -> None:
        """Remember that the motor at `place` drew current: it is the best witness for the next that does not."""
        self._places.remove(place)
        self._places.insert(0, place)

    def _wait_for_home(self, place: Place, found: Found) -> Found:
        """Keep it on until the home wire tells its switch and no other."""
        if found is Found.BLIND:
            self._connect(place)
        self._clock.sleep(DRAWS_S)
        return found

    def _connect(self, place: Place) -> None:
        """Switch a motor on, unless the one to be driven was given back meanwhile."""
        self._columns[place.column - 1].on()
        self._rows[place.row - 1].on()
        if self._driven in self._given_back:
            self._all_off()
            raise HardwareError("It was given back to its matrix already. Restart the kiosk to use it again.")

    def _all_off(self) -> None:
        """Switch every row off, then every column; the first trouble is raised once all were told."""
        with ExitStack() as last:
            for line in (*self._columns, *self._rows):  # undone in reverse: rows first
                last.callback(line.off)

    def _flows(self, within_s: float) -> bool:
        """Say whether current flows, as soon as it does, at most after `within_s`."""
        assert self._sense is not None
        self._changes = queue.SimpleQueue()  # what came while nobody waited tells nothing now
        deadline = self._clock.monotonic() + within_s
        while not self._sense.active():
            try:
                self._clock.get(self._changes, deadline - self._clock.monotonic())
            except queue.Empty:
                return self._sense.active()
        return True

    def _sense_changed(self, _at: float, flows: bool) -> None:
        if flows and self._changes.empty():  # a motor's current ripples; one change is enough to look again
            self._changes.put(None)
