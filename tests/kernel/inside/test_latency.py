"""How long after the home switch closed the motor is off."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import pytest

from kiosk.hardware.api import Turn
from tests.kernel.rig import Rig

MOTOR, HOME = 5, 6
TURNS = {"lgpio": 200, "gpiod": 200}
NAMES = {"lgpio": "home_to_off", "gpiod": "home_to_off_gpiod"}
AWAY_S = 0.06
"""A little longer than what the driver takes for a bounce."""


class Switch(threading.Thread):
    """The home switch: opens when told, closes a moment later, and notes when that was."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(name="switch", daemon=True)
        self.closed_at: list[float] = []
        self._rig = rig
        self._turns: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def open(self) -> None:
        self._turns.put(True)

    def end(self) -> None:
        self._turns.put(False)
        self.join()

    def run(self) -> None:
        while self._turns.get():
            self._rig.chip.pull(HOME, 1)
            time.sleep(AWAY_S)
            self.closed_at.append(time.monotonic())
            self._rig.chip.pull(HOME, 0)


def test_the_motor_is_off_within_10_ms_of_home(rig: Rig, evidence: Any) -> None:
    motor = rig.open("motor", "gpio_spiral", motor_pin=MOTOR, home_pin=HOME)
    rig.chip.pull(HOME, 0)
    switch = Switch(rig)
    switch.start()
    for _ in range(TURNS[rig.backend]):
        assert motor.turn(switch.open) is Turn.COMPLETED
    switch.end()
    offs = [write.at for write in rig.chip.writes(MOTOR) if write.level == 0][1:]
    took_us = sorted(int((off - closed) * 1e6) for off, closed in zip(offs, switch.closed_at, strict=True))
    p50, p99 = took_us[len(took_us) // 2], took_us[len(took_us) * 99 // 100]
    evidence.count(f"{NAMES[rig.backend]}_p50_us", p50)
    evidence.count(f"{NAMES[rig.backend]}_p99_us", p99)
    assert took_us[0] > 0
    if p99 > 10_000:
        pytest.fail(f"p50 {p50} us, p99 {p99} us, the longest: {took_us[-10:]}")
