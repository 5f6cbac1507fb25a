"""What every motor driver promises, whatever it drives. A new driver needs only its options here."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import Config, Hardware, Kiosk, Options, Paths, Product, Simulator, Slot
from kiosk.errors import HardwareError
from kiosk.hardware.api import Turn
from kiosk.hardware.pins import open_board
from kiosk.hardware.pins.simulator import SimulatorBoard
from kiosk.hardware.registry import names, open_driver, options_type
from kiosk.hardware.simulator.faults import Fault

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "gpio_spiral": [
        {"motor_pin": 5, "home_pin": 6},
        {"motor_pin": 5, "home_pin": 6, "motor_active_low": True, "home_active_low": False},
    ],
}
CASES = [(driver, settings) for driver in names("motor") for settings in SETTINGS[driver]]


class Bench:
    """One motor of one driver on a simulated machine."""

    def __init__(self, driver: str, settings: dict[str, Any], state: Path) -> None:
        options: Options = options_type("motor", driver)(**settings)
        config = Config(
            kiosk=Kiosk(id="bench", site="Bench"),
            products=(Product(sku="NAL-4", name="Naloxone"),),
            slots=(Slot(id="A1", product="NAL-4", capacity=8, driver=driver, options=options),),
            hardware=Hardware(pins="simulator"),
            simulator=Simulator(speed=1000),
            paths=Paths(state=str(state)),
        )
        board = open_board(config)
        assert isinstance(board, SimulatorBoard)
        self.board, self.world = board, board.world
        self.driver, self.options = driver, options
        self.motor = self.open()

    def open(self) -> Any:
        return open_driver("motor", self.driver, "A1", self.options, self.board)

    def at_rest(self) -> bool:
        """Let half a second pass, which is longer than any coil coasts, and look."""
        self.board.clock.sleep(0.5)
        before = self.world.snapshot().coils[0].angle
        self.board.clock.sleep(0.3)
        seen = self.world.snapshot().coils[0]
        return not seen.turning and seen.angle == before

    def close(self) -> None:
        self.motor.close()
        self.board.close()


@pytest.fixture(params=CASES, ids=lambda case: case[0])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    driver, settings = request.param
    made = Bench(driver, settings, tmp_path)
    yield made
    made.close()


def started_nothing() -> None:
    """Take note of the start of a motor by doing nothing."""


def test_it_is_off_once_it_is_made(bench: Bench) -> None:
    assert bench.at_rest()
    assert bench.world.motions("A1") == 0


def test_one_turn_gives_one_item_and_ends_at_home(bench: Bench) -> None:
    for left in reversed(range(8)):
        assert bench.motor.turn(started_nothing) is Turn.COMPLETED
        assert bench.at_rest()
        assert bench.world.inside("A1") == left
        assert bench.world.snapshot().coils[0].angle < 0.08
    assert bench.world.motions("A1") == 8
    assert bench.motor.fault() is None


def test_started_is_called_once_while_it_is_on(bench: Bench) -> None:
    seen: list[int] = []
    bench.motor.turn(lambda: seen.append(bench.world.motions("A1")))
    assert seen == [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_off_after_started_raised(bench: Bench, error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(error):
        bench.motor.turn(fail)
    assert bench.at_rest()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.MOTOR_MISSING, Turn.NOT_STARTED),
        (Fault.HOME_STUCK, Turn.NOT_STARTED),
        (Fault.STALL, Turn.NOT_RETURNED),
        (Fault.JAM, Turn.COMPLETED),
    ],
)
def test_it_is_off_after_every_fault(bench: Bench, fault: Fault, expected: Turn) -> None:
    bench.world.set_fault(fault, True, "A1")
    assert bench.motor.turn(started_nothing) is expected
    assert bench.world.ran_s("A1") < 5.1
    assert bench.at_rest()


def test_it_keeps_to_its_time_limits(bench: Bench) -> None:
    bench.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    bench.motor.turn(started_nothing)
    assert bench.world.ran_s("A1") == pytest.approx(1.0, abs=0.001)


def test_a_nudge_is_about_a_quarter_turn_and_ends_off(bench: Bench) -> None:
    bench.motor.turn(started_nothing)
    assert bench.motor.nudge() is Turn.COMPLETED
    assert bench.at_rest()
    assert 0.15 < bench.world.snapshot().coils[0].angle < 0.35


def test_a_nudge_of_a_missing_motor_did_not_start(bench: Bench) -> None:
    bench.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert bench.motor.nudge() is Turn.NOT_STARTED


def test_after_nudges_a_turn_ends_at_home_again(bench: Bench) -> None:
    bench.motor.nudge()
    assert bench.motor.turn(started_nothing) is Turn.HOMED
    assert bench.at_rest()
    assert bench.world.snapshot().coils[0].angle < 0.08


def test_it_works_again_after_a_fault(bench: Bench) -> None:
    bench.world.set_fault(Fault.STALL, True, "A1")
    for _ in range(2):
        bench.motor.turn(started_nothing)
    assert "A1" in bench.motor.fault()
    bench.world.set_fault(Fault.STALL, False, "A1")
    assert bench.motor.turn(started_nothing) is Turn.HOMED
    assert bench.motor.fault() is None


def test_a_motor_that_will_not_stop_is_told(bench: Bench) -> None:
    bench.world.set_fault(Fault.MOTOR_RUNS_ON, True, "A1")
    bench.motor.turn(started_nothing)
    bench.board.clock.sleep(6.0)
    assert "does not stop" in bench.motor.fault()
    bench.world.set_fault(Fault.MOTOR_RUNS_ON, False, "A1")
    assert bench.at_rest()


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
    thread.join(timeout=5)
    assert isinstance(ended[0], HardwareError)
    assert bench.at_rest()


def test_close_may_be_called_twice_and_gives_the_pins_back(bench: Bench) -> None:
    bench.motor.close()
    bench.motor.close()
    assert bench.at_rest()
    bench.motor = bench.open()
    assert bench.motor.turn(started_nothing) is Turn.COMPLETED


def test_what_is_closed_cannot_be_turned(bench: Bench) -> None:
    bench.motor.close()
    with pytest.raises(HardwareError, match="GPIO"):
        bench.motor.turn(started_nothing)
    assert bench.world.motions("A1") == 0
