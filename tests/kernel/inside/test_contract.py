"""The essence of what tests/contract asks of every motor and lock driver, on a real kernel, for those on pins."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest

from kiosk.errors import HardwareError
from tests.kernel.chip import Chip
from tests.kernel.machine import Machine
from tests.kernel.rig import Board
from tests.kernel.wirings import WIRINGS, Wiring


class Bench(Board):
    """A driver, wired up, with a machine that runs."""

    def __init__(self, chip: Chip, wiring: Wiring, backend: str) -> None:
        self.chip, self.wiring = chip, wiring
        for line in range(28):
            chip.pull(line, wiring.off.get(line, 0))
        chip.forget()
        super().__init__(backend)
        self.moved, *others = wiring.build(chip)
        self.undo.enter_context(Machine(self.moved, *others))
        if wiring.controller:
            driver, options = wiring.controller
            self.board.add("it", self.open("controller", driver, **options))
        self.motor = self.open(wiring.kind, wiring.driver, **wiring.options)
        self.clock.sleep(0.05)

    def driven(self) -> set[int]:
        """Return the lines that were driven on since the trace was emptied."""
        return {line for line, off in self.wiring.off.items() if any(w.level != off for w in self.chip.writes(line))}

    def is_off(self) -> bool:
        """Say whether every line is off now and stays so, and nothing moves any more."""
        self.clock.sleep(0.05)
        before = self._seen()
        self.clock.sleep(0.2)
        lines = all(self.chip.level(line) == off for line, off in self.wiring.off.items())
        return lines and self._seen() == before

    def longest_on_s(self) -> float:
        """Return the longest time that one line was driven on, pauses between pulses included."""
        longest = 0.0
        for line, off in self.wiring.off.items():
            began: float | None = None
            ended = float("-inf")
            for write, after in pairwise(self.chip.writes(line)):
                if write.level != off:
                    began = began if began is not None and write.at - ended < PAUSE_S else write.at
                    ended = after.at
                    longest = max(longest, ended - began)
        return longest

    def _seen(self) -> tuple[float, list[int]]:
        return self.moved.turns, [len(self.chip.writes(line)) for line in self.wiring.off]


PAUSE_S = 0.03
"""A servo's pulses come every 20 ms."""


@pytest.fixture(
    params=[
        pytest.param((wiring, backend), marks=[pytest.mark.lgpio] if backend == "lgpio" else [])
        for wiring in WIRINGS
        for backend in wiring.backends
    ],
    ids=lambda param: f"{param[0].id}-{param[1]}",
)
def bench(chip: Chip, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with Bench(chip, *request.param) as bench:
        yield bench


def started_nothing() -> None:
    """Take note of the start of a motor by doing nothing."""


def test_it_is_off_once_it_is_made_and_once_it_is_closed(bench: Bench) -> None:
    assert bench.is_off()
    bench.motor.close()
    bench.motor.close()
    bench.undo.close()
    assert bench.driven() == set()


def test_one_turn_ends_at_home_and_off(bench: Bench) -> None:
    moving: list[bool] = []
    assert bench.motor.turn(lambda: moving.append(bool(bench.driven()))) is bench.wiring.gives
    assert moving == [True] or not bench.wiring.at_once
    assert bench.is_off()
    assert bench.moved.turns == pytest.approx(1, abs=0.1)
    assert bench.motor.advice() is None
    assert bench.motor.fault() is None
    assert bench.board.fault() is None


def test_it_is_off_after_the_time_limit(bench: Bench) -> None:
    bench.moved.missing = True
    assert bench.motor.turn(started_nothing) is bench.wiring.missing
    assert bench.is_off()
    assert 0 < bench.longest_on_s() <= bench.wiring.on_s


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_off_after_started_raised(bench: Bench, error: type[BaseException]) -> None:
    def fail() -> None:
        assert bench.driven() or not bench.wiring.at_once
        raise error

    with pytest.raises(error):
        bench.motor.turn(fail)
    assert bench.is_off()


def test_closing_while_it_turns_switches_it_off(bench: Bench) -> None:
    on: queue.SimpleQueue[None] = queue.SimpleQueue()
    closed: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wait_for_close() -> None:
        on.put(None)
        closed.get(timeout=5)

    ended: list[object] = []

    def turn() -> None:
        try:
            ended.append(bench.motor.turn(wait_for_close))
        except HardwareError as error:
            ended.append(error)

    thread = threading.Thread(target=turn)
    thread.start()
    on.get(timeout=5)
    bench.motor.close()
    closed.put(None)
    thread.join(timeout=10)
    assert isinstance(ended[0], HardwareError)
    assert bench.is_off()


def test_gpiod_says_that_it_cannot_drive_a_servo(chip: Chip) -> None:
    with Board("gpiod") as board, pytest.raises(HardwareError, match=r"servo .* Install lgpio"):
        board.open("motor", "gpio_servo", pin=5)
