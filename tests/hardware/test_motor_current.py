"""The converter answers each clock of its SPI pins; what it says becomes amperes, or a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.errors import HardwareError
from kiosk.simulator.faults import Fault
from tests.hardware.bench import bench

CONVERTERS = [("MCP3002", 1), ("MCP3004", 3), ("MCP3008", 7), ("MCP3202", 0), ("MCP3204", 2), ("MCP3208", 5)]


@pytest.mark.parametrize(("adc", "channel"), CONVERTERS)
def test_each_converter_measures_a_motor_that_turns(tmp_path: Path, adc: str, channel: int) -> None:
    with bench(tmp_path, "sensor", "motor_current", adc=adc, channel=channel, zero_v=1.65, v_per_a=0.5) as made:
        sensor, motor = made.open(), made.open_motor()
        assert sensor.read().value == pytest.approx(0, abs=0.01)
        during: list[float] = []
        motor.turn(lambda: during.append(sensor.read().value))
        assert during == [pytest.approx(0.8, abs=0.01)]
        made.pass_s(1)
        assert sensor.read().value == pytest.approx(0, abs=0.01)
        assert sensor.read().unit == "A"
        motor.close()
        sensor.close()


def test_too_much_is_told_and_only_while_it_flows(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "motor_current", v_per_a=0.2, max_a=3.0) as made:
        sensor = made.open()
        assert sensor.alert() is None
        made.world.set_fault(Fault.OVERCURRENT, True)
        assert "A is more than the 3 A that are allowed" in sensor.alert()
        assert sensor.read().value == pytest.approx(9, abs=0.02)
        made.world.set_fault(Fault.OVERCURRENT, False)
        assert sensor.alert() is None
        sensor.close()


def test_a_motor_that_only_starts_is_not_told(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "motor_current", v_per_a=0.2, max_a=3.0) as made:
        sensor = made.open()
        made.world.set_fault(Fault.OVERCURRENT, True)
        at = made.board.clock.monotonic()
        with made.world._cabinet.timeline.lock:
            made.world._cabinet.timeline.at(at + 0.1, lambda _: made.body.set_fault(Fault.OVERCURRENT, False))
            told = sensor.alert()
        assert told is None
        sensor.close()


def test_more_than_it_can_measure_has_no_value(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "motor_current", v_per_a=1.0, max_a=3.0) as made:
        sensor = made.open()
        made.world.set_fault(Fault.OVERCURRENT, True)
        assert sensor.read().value is None
        assert "all it can" in sensor.read().text
        sensor.close()


def test_an_unplugged_sensor_with_a_zero_is_told(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "motor_current", v_per_a=0.1, zero_v=1.65) as made:
        sensor = made.open()
        made.world.set_fault(Fault.UNPLUGGED, True)
        assert sensor.read().value is None
        assert "check its plug" in sensor.read().text
        sensor.close()


def test_a_channel_that_is_not_there_names_the_remedy(tmp_path: Path) -> None:
    with (
        bench(tmp_path, "sensor", "motor_current", adc="MCP3002", channel=5, v_per_a=0.1) as made,
        pytest.raises(HardwareError, match=r"MCP3002 cannot be used .*Check its channel and its four pins"),
    ):
        made.open()


def test_pins_that_fail_give_no_value(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "motor_current", v_per_a=0.1, max_a=1.0) as made:
        sensor = made.open()
        sensor.close()
        assert sensor.read().value is None
        assert "cannot be read" in sensor.alert()


def test_nothing_is_left_of_the_way_to_the_pins(tmp_path: Path) -> None:
    from gpiozero import Device

    with bench(tmp_path, "sensor", "motor_current", v_per_a=0.1) as made:
        sensor = made.open()
        assert Device.pin_factory is None
        sensor.close()
