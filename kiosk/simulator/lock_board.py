"""What all simulated boards of locks have in common: the line, the lockers on it, and that they can lose power."""

from __future__ import annotations

from abc import abstractmethod

import msgspec

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Line
from kiosk.simulator.locker import Locker

GAP_S = 0.05
"""A pause between two bytes that ends a message, whole or not."""


class BoardKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    faults: tuple[Fault, ...] = ()


class LockBoards(Part):
    """The boards on one line. A subclass says what they answer."""

    accepts = Line.accepts | {Fault.BOARD_OFF}

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"board {name}", BoardKept)
        self.faults = set(kept.faults if kept else ())
        self.lockers: dict[tuple[int, int], BoardLocker] = {}
        """By the board's address and the lock's number, as both are printed on the boards."""
        self._heard = b""
        self._heard_at = 0.0
        self.line = Line(cabinet, self.options.port, self._hear)
        self.line.set_faults(self.faults)

    def fault_changed(self) -> None:
        self.cabinet.store.put(f"board {self.name}", BoardKept(tuple(self.faults)))
        self.line.set_faults(self.faults)

    def has_power(self) -> bool:
        """Say whether the boards have power."""
        return self.cabinet.powered and Fault.BOARD_OFF not in self.faults

    def say(self, data: bytes) -> None:
        """Answer, if the boards still have power."""
        if self.has_power():
            self.line.say(data)

    @abstractmethod
    def obey(self, heard: bytes, at: float) -> bytes:
        """Do what the whole messages in `heard` ask for, and return what is left of it."""

    def close(self) -> None:
        self.line.close()

    def _hear(self, data: bytes, at: float) -> None:
        fresh = at - self._heard_at > GAP_S
        self._heard = data if fresh else self._heard + data
        self._heard_at = at
        if self.has_power():
            self._heard = self.obey(self._heard, at)


class BoardLocker(Locker):
    """A locker whose lock hangs on a board, which pulls its bolt and reads the contact at its door."""

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet, feedback=lambda _opened, _at: None)
        boards: LockBoards = cabinet.parts[self.options.controller]
        boards.lockers[self.options.board, self.options.lock] = self

    def contact_made(self) -> bool:
        """Say whether the contact at the door is made."""
        stands_for: str = self.options.feedback
        return stands_for != "none" and self.says_open() == (stands_for == "open")
