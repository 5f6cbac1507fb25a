"""The matrix: one motor at a time, shown to be there and alone before it turns, and items though the sense is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.errors import ConfigError, HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.drivers.controller.gpio_matrix import DRAWS_S, QUIET_S, Found, Place
from kiosk.simulator.faults import Fault
from tests.contract.case import Bench, Tried, cases_of

ROWS, COLUMNS = {1: 5, 2: 6}, {1: 12, 2: 13, 3: 16}
WITH_SENSE = cases_of("gpio_matrix")[0]._replace(supply_a=100.0)
WITHOUT = cases_of("gpio_matrix")[1]._replace(supply_a=100.0)


def bench_of(case: Any, folder: Path) -> Iterator[Bench]:
    made = Bench(Tried("motor", "gpio_matrix", case), folder)
    yield made
    made.close()


@pytest.fixture
def matrix(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of(WITH_SENSE, tmp_path)


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of(WITHOUT, tmp_path)


def controller(bench: Bench) -> Any:
    return bench.board.controller("matrix")


def wires(bench: Bench) -> Any:
    """Return the simulated wires and switches."""
    return bench.world.part("matrix")


def switched(bench: Bench) -> list[tuple[float, str, bool]]:
    """Return a list that grows with each switch of a row or a column."""
    seen: list[tuple[float, str, bool]] = []
    for letter, pins in (("R", ROWS), ("C", COLUMNS)):
        for number, pin in pins.items():
            _watch(bench, pin, f"{letter}{number}", seen)
    return seen


def _watch(bench: Bench, number: int, label: str, seen: list[tuple[float, str, bool]]) -> None:
    pin = bench.board.pin_factory.pin(number)
    write = pin._set_state

    def watched(level: bool) -> None:
        if level != pin.state:
            seen.append((bench.board.clock.monotonic(), label, bool(level)))
        write(level)

    pin._set_state = watched


def test_the_column_is_on_before_the_row_and_off_after_it(blind: Bench) -> None:
    seen = switched(blind)
    blind.motor.turn(lambda: None)
    assert [(label, on) for _, label, on in seen] == [("C3", True), ("R1", True), ("R1", False), ("C3", False)]


def test_each_test_before_a_drive_takes_milliseconds(matrix: Bench) -> None:
    seen = switched(matrix)
    began = matrix.board.clock.monotonic()
    on_at: list[float] = []
    matrix.motor.turn(lambda: on_at.append(matrix.board.clock.monotonic()))
    assert [label for _, label, _ in seen] == ["R1", "R1", "C3", "C3", "C3", "R1", "R1", "C3"]
    assert on_at[0] - began == pytest.approx(3 * QUIET_S + DRAWS_S, abs=0.002)


def test_ten_milliseconds_of_power_leave_a_motor_at_home(matrix: Bench) -> None:
    with controller(matrix).driving(Place(1, 3)) as found:
        assert found is Found.DRAWS
    assert matrix.at_rest()
    assert matrix.angle() == pytest.approx(0.012, abs=0.001)


def test_a_second_motor_is_refused_and_nothing_of_it_is_switched(matrix: Bench) -> None:
    other = matrix.open("A2")

    def second() -> None:
        seen = switched(matrix)
        with pytest.raises(HardwareError, match="matrix drives another motor now"):
            other.turn(lambda: None)
        assert seen == []

    assert matrix.motor.turn(second) is Turn.COMPLETED
    assert matrix.world.motions("A2") == 0
    assert "A2" in other.advice()
    assert other.turn(lambda: None) is Turn.COMPLETED


@pytest.mark.parametrize(
    ("second", "weld", "told"),
    [
        pytest.param("row = 2, column = 3", {"row": 2}, "only C3 on", id="a row"),
        pytest.param("row = 1, column = 1", {"column": 1}, "only R1 on", id="a column"),
    ],
)
def test_a_welded_switch_is_found_before_a_motor_turns(
    second: str, weld: dict[str, int], told: str, tmp_path: Path
) -> None:
    slots = (WITH_SENSE.slots[0], f'{{ controller = "matrix", {second} }}')
    for bench in bench_of(WITH_SENSE._replace(slots=slots), tmp_path):
        wires(bench).weld(**weld)
        assert bench.motor.turn(started_not) is Turn.ABSENT
        assert bench.motor.nudge() is Turn.ABSENT
        assert bench.motor.advice().startswith("A1: matrix: current flows")
        assert told in bench.motor.advice()
        assert "welded" in controller(bench).fault()
        assert bench.motor.turn(started_not) is Turn.ABSENT
        assert bench.motor.fault() is None, "the matrix tells it while it lasts"
        assert bench.world.inside("A1") == 8
        assert bench.angle() < 0.02
        wires(bench).mend()
        assert bench.motor.turn(lambda: None) is Turn.COMPLETED
        assert controller(bench).fault() is None


def test_a_sense_that_tells_of_current_at_rest_is_told_and_items_come_out_all_the_same(matrix: Bench) -> None:
    """The motor that was last is suspected not to stop, until the sense is quiet, whichever turns meanwhile."""
    other = matrix.open("A2")
    assert matrix.motor.turn(lambda: None) is Turn.COMPLETED
    wires(matrix).short_sense()
    matrix.pass_s(1.0)
    assert "A1 does not stop" in matrix.motor.fault()
    assert other.turn(lambda: None) is Turn.COMPLETED
    matrix.pass_s(1.0)
    assert (matrix.motor.runs_on(), other.runs_on()) == (True, False)
    assert "GPIO 20) is stuck" in controller(matrix).fault()
    assert matrix.world.inside("A2") == 7
    wires(matrix).mend()
    assert not matrix.motor.runs_on()
    assert other.turn(lambda: None) is Turn.COMPLETED
    assert controller(matrix).fault() is None


def test_a_row_and_a_column_that_are_welded_keep_no_other_motor_from_turning(matrix: Bench) -> None:
    wires(matrix).weld(row=2, column=1)  # the motor of A2 sits there
    assert matrix.motor.turn(lambda: None) is Turn.COMPLETED
    assert "a motor does not stop" in controller(matrix).fault()
    assert matrix.world.inside("A1") == 7
    wires(matrix).mend()


def test_a_motor_that_is_given_back_at_the_last_moment_is_not_driven(matrix: Bench) -> None:
    """Given back by another thread between the check and the switch: it ends off whichever comes first."""
    line = controller(matrix)._rows[0]
    on = line.on

    def given_back() -> None:
        controller(matrix).leave(Place(1, 3))
        on()

    line.on = given_back
    with pytest.raises(HardwareError, match="given back to its matrix"):
        matrix.motor.turn(started_not)
    assert matrix.at_rest()


def test_ripple_of_a_motor_is_not_hoarded(matrix: Bench) -> None:
    pin = matrix.board.pin_factory.pin(20)

    def ripple() -> None:
        for _ in range(1000):
            for level in (True, False):
                pin.report(matrix.board.clock.monotonic(), level)

    matrix.motor.turn(ripple)
    assert controller(matrix)._changes.qsize() <= 1


def started_not() -> None:
    pytest.fail("A motor was driven that must not be.")


def test_a_missing_motor_is_told_by_another_that_draws(matrix: Bench) -> None:
    other = matrix.open("A2")
    matrix.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert matrix.motor.turn(started_not) is Turn.ABSENT
    assert matrix.motor.advice() == (
        "A1: no motor is there: check the motor plug, row wire R1 (GPIO 5) and column wire C3 (GPIO 16)."
    )
    assert matrix.angle("A2") < 0.02
    assert matrix.world.inside("A2") == 8
    assert matrix.world.ran_s("A2") <= DRAWS_S
    assert matrix.motor.fault() is None
    assert matrix.motor.turn(started_not) is Turn.ABSENT
    assert matrix.motor.fault() == matrix.motor.advice()
    matrix.world.set_fault(Fault.MOTOR_MISSING, False, "A1")
    assert matrix.motor.turn(lambda: None) is Turn.COMPLETED
    assert matrix.motor.fault() is None
    assert other.turn(lambda: None) is Turn.COMPLETED
    assert controller(matrix).fault() is None


def test_at_most_three_others_are_asked_and_the_one_that_drew_last_first(matrix: Bench) -> None:
    for place in (Place(1, 1), Place(1, 2), Place(2, 2)):  # nothing is plugged in there
        controller(matrix).join(place)
    other = matrix.open("A2")
    matrix.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    assert matrix.motor.turn(lambda: None) is Turn.NOT_STARTED
    assert matrix.world.motions("A2") == 0
    assert other.turn(lambda: None) is Turn.COMPLETED
    assert matrix.motor.turn(started_not) is Turn.ABSENT


def test_with_a_dead_sense_items_come_out_all_the_same_and_staff_are_told(matrix: Bench) -> None:
    other = matrix.open("A2")
    wires(matrix).cut_sense()
    assert matrix.motor.turn(lambda: None) is Turn.COMPLETED
    assert matrix.world.inside("A1") == 7
    assert "GPIO 20" in controller(matrix).fault()
    assert other.turn(lambda: None) is Turn.COMPLETED
    wires(matrix).mend()
    assert matrix.motor.turn(lambda: None) is Turn.COMPLETED
    assert controller(matrix).fault() is None


def test_advice_names_the_wires_of_the_slot(blind: Bench) -> None:
    blind.world.set_fault(Fault.MOTOR_MISSING, True, "A1")
    blind.motor.turn(lambda: None)
    assert blind.motor.advice() == (
        "A1: did not leave home within 1.0 s: check the motor plug and row wire R1 (GPIO 5) and column wire C3 "
        "(GPIO 16), then the home wire (GPIO 19)."
    )


def test_a_switch_that_is_on_by_itself_is_told_and_switched_off(blind: Bench) -> None:
    pin = blind.board.pin_factory.pin(ROWS[2])
    pin.state = True
    with pytest.raises(HardwareError, match="R2 was on"):
        blind.motor.turn(started_not)
    assert not pin.state
    assert blind.motor.turn(lambda: None) is Turn.COMPLETED


def test_closing_the_matrix_switches_off_what_it_drives(blind: Bench) -> None:
    with pytest.raises(HardwareError, match="given back"):
        blind.motor.turn(controller(blind).close)
    assert blind.at_rest()
    with pytest.raises(HardwareError, match="given back"):
        blind.motor.turn(started_not)
    assert "A1" in blind.motor.advice()


def test_the_pins_are_free_after_one_could_not_be_claimed(tmp_path: Path) -> None:
    """Opened a second time it finds its pins in use, and gives back the ones it had."""
    for bench in bench_of(WITHOUT, tmp_path):
        part = bench.config.controllers[0]
        with pytest.raises(HardwareError, match="GPIO 5"):
            registry.open_driver("controller", part.driver, part.name, part.options, bench.board)
        assert bench.motor.turn(lambda: None) is Turn.COMPLETED


def test_a_row_that_it_does_not_have_is_refused(tmp_path: Path) -> None:
    """By the configuration, and by the driver for whoever opens it without one."""
    slots = ('{ controller = "matrix", row = 3, column = 1 }', WITHOUT.slots[1])
    with pytest.raises(ConfigError, match='3 is not there: "matrix" has row_pins 1 to 2'):
        Bench(Tried("motor", "gpio_matrix", WITHOUT._replace(slots=slots)), tmp_path)
    for bench in bench_of(WITHOUT, tmp_path):
        options = replace(bench.config.slots[0].options, row=3, column=1)
        with pytest.raises(HardwareError, match="2 rows and 3 columns, so there is no row 3, column 1"):
            registry.open_driver("motor", "gpio_matrix", "Z9", options, bench.board)


def test_a_place_has_one_motor(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="row 1, column 3 is already used by"):
        Bench(Tried("motor", "gpio_matrix", WITHOUT._replace(slots=(WITHOUT.slots[0],) * 2)), tmp_path)
