"""A matrix of coils: rows to ground, columns to +24 V, one home wire, and a comparator that sees current flow."""

from __future__ import annotations

from functools import partial

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact, Entry, Part
from kiosk.simulator.coil import Coil


class Matrix(Part):
    """The wires and switches. Each motor has its diode, so current takes no other way."""

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._coils: list[MatrixCoil] = []
        self._rows: set[int] = set()
        self._columns: set[int] = set()
        self._welded_rows: set[int] = set()
        self._welded_columns: set[int] = set()
        self._sense: bool | None = None
        options = self.options
        self._home = Contact(cabinet, options.home_pin, options.home_active_low, active=False)
        self._show_current()
        for pins, low, on in (
            (options.row_pins, options.row_active_low, self._rows),
            (options.column_pins, options.column_active_low, self._columns),
        ):
            for number, pin in enumerate(pins, 1):
                cabinet.wiring.connect(pin, partial(self._driven, on, number, low))

    def join(self, coil: MatrixCoil) -> None:
        """Put a coil where its options say."""
        self._coils.append(coil)

    def weld(self, *, row: int | None = None, column: int | None = None) -> None:
        """Weld the switch of a row or a column, so that it is on for good."""
        with self.cabinet.timeline.lock:
            self._welded_rows |= {row} if row else set()
            self._welded_columns |= {column} if column else set()
            self.refresh()

    def mend(self) -> None:
        """Replace every welded switch, and the wire of the sense pin."""
        with self.cabinet.timeline.lock:
            self._welded_rows.clear()
            self._welded_columns.clear()
            self._sense = None
            self.refresh()

    def cut_sense(self) -> None:
        """Cut the wire of the sense pin: it tells of no current any more."""
        self._break_sense(False)

    def short_sense(self) -> None:
        """Make the sense pin tell of current at all times."""
        self._break_sense(True)

    def refresh(self) -> None:
        """Let current flow where it now can, and show it."""
        rows, columns = self._rows | self._welded_rows, self._columns | self._welded_columns
        for coil in self._coils:
            coil.energise(coil.options.row in rows and coil.options.column in columns)
        self._show_current()
        self.show_home(self.cabinet.timeline.now())

    def show_home(self, at: float) -> None:
        """Let the home wire tell the cam switch of whatever is driven."""
        self._home.set(any(coil.energised and coil.at_home for coil in self._coils), at)

    def _break_sense(self, told: bool) -> None:
        with self.cabinet.timeline.lock:
            self._sense = told
            self.refresh()

    def _show_current(self) -> None:
        if self.options.sense_pin is not None:
            flows = any(coil.running for coil in self._coils)
            level = (flows if self._sense is None else self._sense) != self.options.sense_active_low
            self.cabinet.wiring.drive(self.options.sense_pin, level, self.cabinet.timeline.now())

    def _driven(self, on: set[int], number: int, active_low: bool, level: bool | None) -> None:
        (on.add if level is not None and level != active_low else on.discard)(number)
        self.refresh()


class MatrixCoil(Coil):
    """A coil whose motor sits where a row and a column cross."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        matrix: Matrix = cabinet.parts[entry.options.controller]
        self._matrix = matrix
        super().__init__(name, entry, cabinet, lambda _home, at: matrix.show_home(at))
        matrix.join(self)

    def fault_changed(self) -> None:
        super().fault_changed()
        self._matrix.refresh()


def Body(name: str, entry: Entry, cabinet: Cabinet) -> Part:  # noqa: N802 - every part's module has a Body
    """Build the matrix itself, or one coil of it: the two drivers have one name."""
    return MatrixCoil(name, entry, cabinet) if isinstance(entry, Slot) else Matrix(name, entry, cabinet)
