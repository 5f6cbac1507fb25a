"""From the edge of a home switch to a motor that is off."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from typing import Any

from bench.result import Result
from kiosk.clock import Clock
from kiosk.config import parse
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.pins import open_board
from kiosk.simulator.board import SimulatorBoard
from kiosk.simulator.faults import Fault
from tests.kit.toml import a_product, a_slot, kiosk_toml

SAMPLES = 150
MOTOR, HOME = 5, 6
AWAY_S = 0.06
"""A little longer than the driver takes for a bounce of the switch."""


class Stopwatch:
    """Turns the home switch by hand, from a thread of its own as a real edge comes, and sees the motor's pin go off."""

    def __init__(self, board: SimulatorBoard) -> None:
        self._board = board
        self._home = board.pin_factory.pin(HOME)
        self._home_at = self._off_at = 0.0
        self._watch(board.pin_factory.pin(MOTOR))

    def turn(self, motor: Any) -> float:
        """Make one turn and return the milliseconds from the edge to the motor pin's write."""
        hand = threading.Thread(target=self._turn_by_hand)
        assert motor.turn(hand.start) is Turn.COMPLETED
        hand.join()
        return (self._off_at - self._home_at) * 1000

    def _turn_by_hand(self) -> None:
        for level in (True, False):
            time.sleep(AWAY_S)
            self._home_at = time.perf_counter()
            self._home.report(self._board.clock.monotonic(), level)

    def _watch(self, pin: Any) -> None:
        write = pin._set_state

        def timed(level: bool) -> None:
            write(level)
            if not level:
                self._off_at = time.perf_counter()

        pin._set_state = timed


def measure() -> dict[str, Result]:
    """Measure at the speed of life, on a motor without power, so that nothing but the switch moves."""
    with tempfile.TemporaryDirectory() as folder:
        coil = a_slot("A1", "NAL", 1, options={"motor_pin": MOTOR, "home_pin": HOME})
        config = parse(kiosk_toml(a_product("NAL"), coil, paths={"state": folder}), registry)
        board = open_board(config)
        assert isinstance(board, SimulatorBoard)
        board.clock = Clock()  # the driver is measured, not how a simulated machine wakes it
        slot = config.slots[0]
        motor = registry.open_driver("motor", slot.driver, slot.id, slot.options, board)
        board.world.set_fault(Fault.MOTOR_MISSING, True, slot.id)
        stopwatch = Stopwatch(board)
        try:
            samples = [stopwatch.turn(motor) for _ in range(SAMPLES)]
        finally:
            motor.close()
            board.close()
    return {"home_to_off_p50_ms": Result(round(statistics.median(samples), 4), "ms")}
