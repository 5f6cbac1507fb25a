"""A locker on a Kerong lock board, with a contact and without one."""

from __future__ import annotations

from tests.contract.lock_boards import BLIND, FAULTS, case

CASES = (case("kerong_cu", "closed", FAULTS), case("kerong_cu", "none", BLIND))
