"""The thermostat: it keeps a temperature, rests a compressor, and never heats blindly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.drivers.climate.heater import SILENCE_S
from kiosk.simulator.faults import Fault
from tests.hardware.bench import Bench, Described, bench

PIN = 16
AIR: Described = ("sensor", "thermometer", "air", {})


class Rig:
    def __init__(self, made: Bench) -> None:
        self.bench = made
        self.heater: Any = made.open()
        self.air: Any = made.open("air")

    def is_on(self) -> bool:
        on: bool = self.bench.body.on
        return on

    def at(self, celsius: float | None, on: bool, later_s: float = 60) -> None:
        """Say that it is so warm; it must then be on or off, and stay so."""
        self.bench.pass_s(later_s)
        self.heater.regulate(celsius)
        self.bench.pass_s(0.1)
        assert self.is_on() == on, celsius


@contextmanager
def rig(state: Path, **settings: Any) -> Iterator[Rig]:
    with bench(state, "climate", "heater", AIR, **{"pin": PIN, "set_c": 5.0} | settings) as made:
        running = Rig(made)
        try:
            yield running
        finally:
            running.heater.close()


@pytest.mark.parametrize("active_low", [False, True])
def test_a_heater_switches_around_its_temperature(tmp_path: Path, active_low: bool) -> None:
    with rig(tmp_path, active_low=active_low, hysteresis_c=2.0) as it:
        assert not it.is_on()
        for celsius, on in [(10, False), (4.1, False), (4.0, True), (5.9, True), (6.0, False), (4.5, False), (3, True)]:
            it.at(celsius, on)
        assert it.heater.fault() is None
        it.at(None, False)
        assert "nobody knows how warm it is. Check the thermometer" in it.heater.fault()
        it.at(10, False)
        assert it.heater.fault() is None


def test_a_cooler_is_the_other_way_round_and_rests(tmp_path: Path) -> None:
    with rig(tmp_path, set_c=25.0, cools=True, min_off_s=180) as it:
        it.at(30, False, 60)
        it.at(30, False, 60)
        it.at(30, True, 61)
        it.at(24.5, False)
        it.at(30, False, 60)
        it.at(30, False, 119)
        it.at(30, True, 2)


def test_it_goes_off_when_nobody_says_how_warm_it_is(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        it.at(0, True)
        it.bench.pass_s(SILENCE_S - 1)
        assert it.is_on()
        it.bench.pass_s(1)
        assert not it.is_on()
        it.at(0, True)


def test_one_without_effect_is_told_and_stays_off(tmp_path: Path) -> None:
    with rig(tmp_path, max_on_s=3600) as it:
        for _ in range(60):
            it.at(0, True)
        it.at(0.4, False)
        assert "was on for 1.0 h and changed nothing" in it.heater.fault()
        it.at(-10, False)
        it.at(None, False)
        assert "restart the kiosk" in it.heater.fault()


def test_one_with_effect_may_be_on_for_long(tmp_path: Path) -> None:
    with rig(tmp_path, max_on_s=3600) as it:
        for step in range(300):
            it.at(-15 + step * 0.05, True)
        assert it.heater.fault() is None


def test_the_simulated_air_is_kept_warm(tmp_path: Path) -> None:
    with rig(tmp_path, set_c=10.0) as it:
        it.bench.world.set_temperature(2.0)
        warmth = []
        for _ in range(180):
            it.heater.regulate(it.air.read().value)
            it.bench.pass_s(61)
            warmth.append(it.air.read().value)
        assert all(9.0 < celsius < 11.0 for celsius in warmth[90:])
        assert it.bench.body.times_on > 1
        assert it.heater.fault() is None


def test_a_dead_heater_is_found_by_its_thermometer(tmp_path: Path) -> None:
    with rig(tmp_path, max_on_s=3600) as it:
        it.bench.world.set_temperature(2.0)
        it.bench.world.set_fault(Fault.HEATER_DEAD, True)
        for _ in range(62):
            it.heater.regulate(it.air.read().value)
            it.bench.pass_s(61)
        assert not it.is_on()
        assert "changed nothing" in it.heater.fault()


def test_close_switches_off_and_a_pin_that_fails_is_told(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        it.at(0, True)
        it.heater.close()
        assert not it.is_on()
        again = it.bench.open()
        again._line.close()
        again.regulate(0.0)
        it.bench.pass_s(0.1)
        assert "GPIO 16" in again.fault()
        again.close()
