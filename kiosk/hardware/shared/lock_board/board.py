"""What all boards of locks have in common: the line, the locks on it, and which doors are known to stand open."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Literal, NamedTuple

from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.request_reply import Exchange

ANSWER_S = 0.5
"""A board answers a question within this. The boards take 10 to 30 ms, and USB adapters add up to 16."""
FIRST_OPEN_S = 0.2
"""So long the start waits for a port that is there, in seconds, so that the first visitor finds it."""
LOOK_EVERY_S = 5.0
"""How often the doors are looked at while nobody is served, in seconds."""

Feedback = Literal["open", "closed", "none"]
"""What the contact at a door stands for while it is made; `none` where none is wired."""


class Lock(NamedTuple):
    """Where a lock hangs: the address of its board on the line, and its number there, from 1."""

    board: int
    number: int


class LockBoard(ABC):
    """The boards on one RS-485 line. A `kiosk.hardware.api.Controller`; may be used from any thread.

    A thread looks at the doors every few seconds, so that whoever asks about them is answered from memory.
    """

    unlock_s: float
    """`unlock` waits for its answer so long, in seconds."""

    def __init__(self, name: str, port: str, baudrate: int, board: Board) -> None:
        """Begin to look for the port; nothing is raised if it or a board is not there yet."""
        self.name = name
        self.clock = board.clock
        self.turning = threading.Lock()
        """Held by whoever unlocks, so that nothing else is asked meanwhile."""
        self._locks: dict[Lock, Feedback] = {}
        self._open_since: dict[Lock, float] = {}
        self._closing = threading.Event()
        self.exchange = Exchange(name, board.device(port), baudrate, board.clock)
        self.exchange.port.wait_open(FIRST_OPEN_S)
        self._thread = self.clock.start(f"doors-{name}", self._watch)

    def attach(self, lock: Lock, feedback: Feedback) -> None:
        """Take note of a lock, so that its door is looked at."""
        self._locks[lock] = feedback

    @abstractmethod
    def unlock(self, lock: Lock) -> bool:
        """Send the request to unlock, once; return whether the board answered it.

        Raises HardwareError if it could not be sent whole; whether the lock opens is then not known.
        """

    @abstractmethod
    def contact(self, lock: Lock, tries: int) -> bool:
        """Ask whether the contact at a door is made. Raises HardwareError if none of `tries` was answered."""

    def is_open(self, lock: Lock, tries: int = 1) -> bool | None:
        """Ask now whether a door is open; None if no contact is wired. Raises HardwareError if no answer came."""
        made, feedback = self.contact(lock, tries), self._locks[lock]
        if feedback == "none":
            return None
        opened = made == (feedback == "open")
        if opened:
            self._open_since.setdefault(lock, self.clock.monotonic())
        else:
            self._open_since.pop(lock, None)
        return opened

    def open_for_s(self, lock: Lock) -> float:
        """Return for how many seconds a door has been seen open, as far as is known; 0 if it is closed. Asks nobody."""
        since = self._open_since.get(lock)
        return 0.0 if since is None else self.clock.monotonic() - since

    def look(self) -> None:
        """Look at all doors, until a board does not answer or somebody is served."""
        for lock in list(self._locks):
            if self._closing.is_set() or not self.turning.acquire(blocking=False):
                return
            try:
                self.is_open(lock)
            except HardwareError:  # `fault` tells it
                return
            finally:
                self.turning.release()

    def fault(self) -> str | None:
        """Return a sentence for staff while the port is not open, or after a request that got no answer."""
        return self.exchange.fault()

    def close(self) -> None:
        """Give the port back; the boards end their pulses by themselves. May be called twice."""
        self._closing.set()
        self.clock.join(self._thread)
        self.exchange.close()

    def _watch(self) -> None:
        while not self.clock.wait(self._closing, LOOK_EVERY_S):
            self.look()
