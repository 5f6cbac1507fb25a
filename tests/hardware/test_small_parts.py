"""Door, thermometer, button and light."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.api import Signal
from kiosk.model import Reading
from kiosk.simulator.faults import Fault
from tests.hardware.machine import Machine, machine, until


def test_the_door(rig: Machine) -> None:
    door = rig.sensor("door")
    assert door.is_open() is False
    rig.world.set_door(True)
    rig.board.clock.sleep(0.1)
    assert door.is_open() is True
    assert door.fault() is None
    rig.world.set_door(False)
    rig.board.clock.sleep(0.1)
    assert door.is_open() is False
    door.close()
    door.close()
    assert door.is_open() is None
    assert "cannot be read" in door.fault()


def test_the_thermometer_reads_the_kernels_file(rig: Machine) -> None:
    air = rig.sensor("air")
    assert air.read() == Reading(name="air", text="21.5 °C", value=21.5, unit="°C")
    rig.world.set_temperature(-3.25)
    assert air.read().value == -3.25
    rig.world.set_fault(Fault.HEAT, True)
    assert air.read().value == 48.0
    rig.world.set_fault(Fault.HEAT, False)
    assert air.read().value == -3.25


@pytest.mark.parametrize("text", ["85000\n", "", "warm", "999999"])
def test_a_false_temperature_is_never_given(rig: Machine, text: str) -> None:
    air = rig.sensor("air")
    (file,) = rig.board.sys_root.glob("bus/w1/devices/28-*/temperature")
    file.write_text(text)
    reading = air.read()
    assert reading.value is None
    assert reading.text.startswith("Thermometer air ")


def test_a_missing_thermometer_says_so_and_comes_back(rig: Machine) -> None:
    air = rig.sensor("air")
    (file,) = rig.board.sys_root.glob("bus/w1/devices/28-*/temperature")
    file.unlink()
    assert air.read().value is None
    file.write_text("19000")
    assert air.read().value == 19.0


def listened(rig: Machine) -> tuple[Any, list[float]]:
    button, presses = rig.button(), list[float]()
    button.on_press(lambda: presses.append(rig.board.clock.monotonic()))
    return button, presses


def test_a_press_is_told_on_its_first_edge_and_once(rig: Machine) -> None:
    _, presses = listened(rig)
    for number in range(1, 21):
        rig.world.press("naloxone", 0.2)
        assert len(presses) == number
        rig.board.clock.sleep(0.5)
        assert len(presses) == number


def test_a_contact_that_chatters_is_one_press(rig: Machine) -> None:
    _, presses = listened(rig)
    pin, at = rig.pin(20), rig.board.clock.monotonic()
    for step in range(40):
        pin.report(at + step * 0.01, bool(step % 2))
    assert len(presses) == 1


def test_a_stuck_button_is_told_and_works_again(rig: Machine) -> None:
    button, presses = listened(rig)
    rig.world.set_fault(Fault.BUTTON_STUCK, True)
    rig.board.clock.sleep(20)
    assert button.fault() is None
    rig.board.clock.sleep(11)
    assert button.fault().startswith("Button naloxone is stuck: ")
    assert len(presses) == 1
    rig.world.set_fault(Fault.BUTTON_STUCK, False)
    rig.board.clock.sleep(1)
    assert button.fault() is None
    rig.world.press("naloxone")
    assert len(presses) == 2


def test_a_button_that_is_stuck_at_the_start_presses_nothing(rig: Machine) -> None:
    rig.world.set_fault(Fault.BUTTON_STUCK, True)
    button, presses = listened(rig)
    rig.board.clock.sleep(31)
    assert presses == []
    assert button.fault() is not None


def test_a_listener_that_raises_does_not_end_the_edges(rig: Machine) -> None:
    button = rig.button()
    button.on_press(lambda: 1 / 0)
    rig.world.press("naloxone")
    rig.board.clock.sleep(1)
    assert "an edge was lost" in button.fault()
    presses: list[int] = []
    button.on_press(lambda: presses.append(1))
    rig.world.press("naloxone")
    assert presses == [1]


def lit(rig: Machine) -> bool:
    (seen,) = rig.world.snapshot().lights
    return seen.on


def test_the_light(rig: Machine) -> None:
    light = rig.light()
    assert not lit(rig)
    light.show(Signal.READY)
    assert until(lambda: lit(rig))
    light.show(Signal.TAKE)
    assert until(lambda: not lit(rig))
    assert until(lambda: lit(rig))
    light.close()
    light.close()
    assert not lit(rig)
    light.show(Signal.READY)


def test_a_light_whose_pin_fails_never_raises(tmp_path: Path) -> None:
    with machine(tmp_path) as rig:
        light = rig.light()
        light._player._line.close()
        for signal in Signal:
            light.show(signal)
        time.sleep(0.05)
        light.close()
