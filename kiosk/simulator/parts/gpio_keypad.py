"""A keypad matrix: what its rows and columns carry while keys join them."""

from __future__ import annotations

from kiosk.errors import NotFoundError
from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart

DOWN_S = 0.15
"""How long a finger stays on a key, and how long it takes to the next one."""

Key = tuple[int, int]


class Body(KeptPart):
    """A keypad without diodes: keys that are down join their row and column, and current goes wherever it can."""

    accepts = frozenset({Fault.KEY_STUCK})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        options = self.options
        self._rows: list[bool | None] = [None] * len(options.row_pins)
        self._joined: set[Key] = set()
        self._change = 0
        self._finger_free_at = float("-inf")
        self.strobes = 0
        """How often one row alone was pulled: the steps of a scan."""
        self.shorted = False
        """Whether two outputs ever drove against each other."""
        for row, pin in enumerate(options.row_pins):
            cabinet.wiring.connect(pin, lambda level, row=row: self._driven(row, level))  # type: ignore[misc]
        self.changed()

    def type(self, text: str) -> None:
        """Press the keys of `text` one after the other. Raises NotFoundError for a key that there is not."""
        with self.cabinet.timeline.lock:
            for key in [self._key(letter) for letter in text]:
                down = max(self.cabinet.timeline.now(), self._finger_free_at)
                self._finger_free_at = down + 2 * DOWN_S
                self.cabinet.timeline.at(down, lambda when, key=key: self._join(key, True, when))  # type: ignore[misc]
                self.cabinet.timeline.at(down + DOWN_S, lambda when, key=key: self._join(key, False, when))  # type: ignore[misc]

    def press_key(self, key: str) -> None:
        """Press one key. Raises NotFoundError."""
        self.type(key)

    def hold(self, letter: str) -> None:
        """Press a key and keep it down. Raises NotFoundError."""
        with self.cabinet.timeline.lock:
            self._join(self._key(letter), True, self.cabinet.timeline.now())

    def let_go(self, letter: str) -> None:
        """Let go of a key. Raises NotFoundError."""
        with self.cabinet.timeline.lock:
            self._join(self._key(letter), False, self.cabinet.timeline.now())

    def waits(self) -> bool:
        """Say whether all rows are pulled, so that the next key is noticed by its edge."""
        return all(row is False for row in self._rows)

    def changed(self) -> None:
        """Stick the key in the middle, or free it."""
        middle = len(self._rows) // 2, len(self.options.column_pins) // 2
        if Fault.KEY_STUCK in self.faults or middle in self._joined:
            self._join(middle, Fault.KEY_STUCK in self.faults, self.cabinet.timeline.now())

    def _key(self, letter: str) -> Key:
        for row, keys in enumerate(self.options.keys[: len(self._rows)]):
            if letter in keys[: len(self.options.column_pins)]:
                return row, keys.index(letter)
        raise NotFoundError(f"{self.name} has no key {letter}. It has: {' '.join(self.options.keys)}.")

    def _join(self, key: Key, down: bool, at: float) -> None:
        """Join or part a key's row and column, with its bounces."""
        self._change += 1
        change = self._change
        self._set(key, down, at)
        for _ in range(self.cabinet.chance.randint(0, 3)):
            for level in (not down, down):
                at += self.cabinet.chance.uniform(0.0002, 0.002)
                self.cabinet.timeline.at(at, lambda when, level=level: self._bounce(change, key, level, when))  # type: ignore[misc]

    def _bounce(self, change: int, key: Key, down: bool, at: float) -> None:
        if change == self._change:
            self._set(key, down, at)

    def _set(self, key: Key, down: bool, at: float) -> None:
        (self._joined.add if down else self._joined.discard)(key)
        self._carry(at)

    def _driven(self, row: int, level: bool | None) -> None:
        self._rows[row] = level
        self.strobes += [drive for drive in self._rows if drive is not None] == [False]
        self._carry(self.cabinet.timeline.now())

    def _carry(self, at: float) -> None:
        """Put onto each column what reaches it."""
        for column, pin in enumerate(self.options.column_pins):
            levels = {self._rows[row] for row in self._reach(column)} - {None}
            self.shorted |= len(levels) > 1
            self.cabinet.wiring.drive(pin, False not in levels, at)

    def _reach(self, column: int) -> set[int]:
        """Return the rows that are joined to a column, by whatever way."""
        rows: set[int] = set()
        columns = {column}
        while True:
            more = {row for row, joined in self._joined if joined in columns} - rows
            if not more:
                return rows
            rows |= more
            columns |= {joined for row, joined in self._joined if row in rows}
