"""A locker on a lock board 8A/80, with its contact either way round and without one."""

from __future__ import annotations

from tests.contract.lock_boards import BLIND, FAULTS, case

CASES = (
    case("lock_board_8a", "open", FAULTS),
    case("lock_board_8a", "closed", FAULTS),
    case("lock_board_8a", "none", BLIND),
)
