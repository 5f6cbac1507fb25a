"""Simulated Kerong lock boards KR-CU16. They answer a request to unlock at once, before the door can have opened."""

from __future__ import annotations

from kiosk.simulator.lock_board import LockBoards

REQUEST = 5


class Body(LockBoards):
    """The boards on one line."""

    def obey(self, heard: bytes, at: float) -> bytes:
        while len(heard) >= REQUEST:
            start, address, command, end, check = heard[:REQUEST]
            sound = (start, end) == (2, 3) and (start + address + command + end) % 256 == check
            if sound:
                self._act(address, command, at)
            heard = heard[REQUEST if sound else 1 :]
        return heard

    def _act(self, address: int, command: int, at: float) -> None:
        board, position = divmod(address, 16)
        if command == 0x31 and (locker := self.lockers.get((board, position + 1))):
            locker.unlock(at)
        if command in (0x30, 0x31) and any(there == board for there, _ in self.lockers):
            self._tell(address)

    def _tell(self, address: int) -> None:
        board = address // 16
        first, second = (self._hooks(board, range(start, start + 8)) for start in (1, 9))
        answer = bytes([2, address, 0x35, first, second, 0, 0, 3])
        self.say(answer + bytes([sum(answer) % 256]))

    def _hooks(self, board: int, numbers: range) -> int:
        made = [number in self._made(board) for number in numbers]
        return sum(2**bit for bit, is_made in enumerate(made) if is_made)

    def _made(self, board: int) -> set[int]:
        return {number for (at, number), locker in self.lockers.items() if at == board and locker.contact_made()}
