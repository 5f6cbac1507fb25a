"""Simulated lock boards "8A/80". While one pulls a bolt it hears nothing, and it answers when it is done."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.lock_board import LockBoards

ANSWERS_AFTER_S = 1.0


class Body(LockBoards):
    """The boards on one line."""

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        self._deaf_until: dict[int, float] = {}
        super().__init__(name, entry, cabinet)

    def obey(self, heard: bytes, at: float) -> bytes:
        while len(heard) >= 5:
            head, board, lock, what, check = heard[:5]
            sound = head ^ board ^ lock ^ what == check
            if sound and at >= self._deaf_until.get(board, 0.0):
                self._act(head, board, lock, what, at)
            heard = heard[5 if sound else 1 :]
        return heard

    def _act(self, head: int, board: int, lock: int, what: int, at: float) -> None:
        locker = self.lockers.get((board, lock))
        if locker is None:
            return
        if (head, what) == (0x8A, 0x11):
            locker.unlock(at)
            self._deaf_until[board] = at + ANSWERS_AFTER_S
            self.cabinet.timeline.at(at + ANSWERS_AFTER_S, lambda _: self._tell(0x8A, board, lock))
        elif (head, what) == (0x80, 0x33):
            self._tell(0x80, board, lock)

    def _tell(self, head: int, board: int, lock: int) -> None:
        state = 0x11 if self.lockers[board, lock].contact_made() else 0x00
        self.say(bytes([head, board, lock, state, head ^ board ^ lock ^ state]))
