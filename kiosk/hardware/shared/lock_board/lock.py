"""One locker whose lock hangs on a lock board: unlock once, then believe only what the contact at its door tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from msgspec import Meta

from kiosk.config import Options
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.lock_board.board import ANSWER_S, Feedback, Lock, LockBoard
from kiosk.hardware.shared.locker import Locker

LOOK_S = 0.1
"""How long to wait between two looks at a door that is still shut, in seconds."""
TRIES = 3
"""How often a state is asked for before anything moves; to ask moves nothing."""
FREE_S = 0.5
"""Longer than one look at a door, in seconds: whoever holds the boards for longer opens another lock."""
SURE = 2
"""So many looks in a row must say open: one answer alone may be a late one to an earlier question."""


class LockOptions(Options, frozen=True, kw_only=True):
    """The base of the options of every lock on a board. Times are in seconds."""

    claims: ClassVar[tuple[tuple[str, ...], ...]] = (("controller", "board", "lock"),)

    controller: str
    board: int
    lock: int
    feedback: Annotated[
        Feedback, Meta(description="What the contact at the door stands for while it is made; none where none is wired")
    ]
    open_s: Annotated[float, Meta(ge=0.5, le=30, description="The door is open within this, or it did not open")] = 3.0
    open_told_s: Annotated[
        float, Meta(ge=10, le=3600, description="Staff are told of a door that stands open for longer")
    ] = 60.0


class BoardLock(Locker):
    """A locker's lock as in `kiosk.hardware.api.Motor`. One thread at a time may turn it.

    Its board ends each pulse by itself, so the lock is off whatever becomes of us. The request to unlock is sent once
    and never again: the visitor may have taken the item and closed the door, and a second pulse would open it to
    whoever comes next. A lost request is a vend that did not start; the next locker is tried.
    """

    def __init__(self, name: str, options: LockOptions, board: Board) -> None:
        """Take the lock over. Raises HardwareError if its controller could not be opened."""
        self._name = name
        self._options = options
        self._lock = Lock(options.board, options.lock)
        self._clock = board.clock
        self._lock_board: LockBoard = board.controller(options.controller)
        self._lock_board.attach(self._lock, options.feedback)
        self._failures = 0
        self._closed = False
        asked_s = TRIES * ANSWER_S + (SURE + 1) * (ANSWER_S + LOOK_S)
        self.limit_s = 2 * FREE_S + asked_s + max(options.open_s, self._lock_board.unlock_s)

    def turn(self, started: Callable[[], None]) -> Turn:
        """Unlock once and wait until the door opens.

        UNLOCKED once the contact was seen open (without a contact, or with one that said open before: once the board
        answered), NOT_STARTED if it stays shut. ABSENT, with nothing sent to the lock, if its state cannot be read,
        or another lock of these boards is being opened.
        Raises HardwareError if nothing was heard after the request: it is not known whether the door opened.
        """
        self._prove_mine()
        if not self._reserved():
            self._advice = (
                f"{self._name}: not unlocked. {self._lock_board.name} opens another lock: try again in a moment."
            )
            return Turn.ABSENT
        try:
            ended = self._turn(started)
        finally:
            self._lock_board.turning.release()
        if ended is not Turn.ABSENT:
            self._failures = self._failures + 1 if ended is Turn.NOT_STARTED else 0
        return ended

    def fault(self) -> str | None:
        """Return a sentence for staff about a door that stands open or does not open, from memory.

        A board that does not answer is told by its controller.
        """
        if self._lock_board.open_for_s(self._lock) > self._options.open_told_s:
            return (
                f"{self._name}: the door stands open. Close it; if it is closed, check the contact of {self._place()}."
            )
        if self._failures >= 2:
            return self._did_not_open()
        return None

    def close(self) -> None:
        """Give the lock back. Nothing is to be switched off: its board does that. May be called twice."""
        self._closed = True

    def _reserved(self) -> bool:
        """Have the boards for ourselves, once whoever looks at a door is done; False if another lock is turned."""
        deadline = self._clock.monotonic() + FREE_S
        while not self._lock_board.turning.acquire(blocking=False):
            if self._clock.monotonic() >= deadline:
                return False
            self._clock.sleep(FREE_S / 10)
        return True

    def _turn(self, started: Callable[[], None]) -> Turn:
        self._advice = None
        try:
            stands_open = all(self._lock_board.is_open(self._lock, TRIES) for _ in range(SURE))
        except HardwareError as error:
            self._advice = f"{self._name}: not unlocked. {error}"
            return Turn.ABSENT
        return self._unlock(started, stands_open)

    def _unlock(self, started: Callable[[], None], stands_open: bool) -> Turn:
        """Unlock. A door that stands open is unlocked too: its contact may lie, and pulling that lock does no harm."""
        deadline = self._clock.monotonic() + self._options.open_s
        self._advice = f"{self._name}: unlocked, but {self._place()} was not heard of again: look whether it is open."
        answered = self._lock_board.unlock(self._lock)
        started()
        self._prove_mine()
        if self._options.feedback == "none" or stands_open:
            if not answered:
                raise HardwareError(self._advice)
        elif not self._opens(deadline):
            self._advice = self._did_not_open()
            return Turn.NOT_STARTED
        closes = f"{self._name}: the door stood open before: close it. If it was closed, check {self._place()}."
        self._advice = closes if stands_open else None
        return Turn.UNLOCKED

    def _opens(self, deadline: float) -> bool:
        """Look at the door until it is open for sure, or the deadline has come."""
        seen = 0
        while True:
            silence: HardwareError | None = None
            try:
                seen = seen + 1 if self._lock_board.is_open(self._lock) else 0
            except HardwareError as error:
                seen, silence = 0, error
            if seen >= SURE:
                return True
            if self._clock.monotonic() >= deadline and not seen:
                if silence:
                    raise silence
                return False
            if not seen:
                self._clock.sleep(LOOK_S)

    def _prove_mine(self) -> None:
        if self._closed:
            raise HardwareError(f"The lock of {self._name} was given back already. Restart the kiosk to use it again.")

    def _did_not_open(self) -> str:
        return f"{self._name}: did not open. Check {self._place()}, and whether the door is jammed."

    def _place(self) -> str:
        return f"lock cable {self._lock.number} of board {self._lock.board} at {self._lock_board.name}"
