"""Thermometers and hygrometers of the kernel: found by the chip's name, never an old or an untrue value."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.simulator.faults import Fault
from tests.hardware.bench import bench

HWMON = "class/hwmon"


def chip(root: Path, number: int, name: str, **files: object) -> Path:
    directory = root / HWMON / f"hwmon{number}"
    directory.mkdir(parents=True)
    for file, content in {"name": name, **files}.items():
        (directory / file).write_text(f"{content}\n")
    return directory


def test_a_chip_is_found_by_its_name_whatever_its_number(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "thermometer", chip="lm75") as made:
        made.world.set_fault(Fault.UNPLUGGED, True)
        root = made.board.sys_root
        chip(root, 0, "cpu_thermal", temp1_input=61000)
        air = made.open()
        assert air.read().value is None
        moved = chip(root, 2, "lm75", temp1_input=19500)
        assert air.read().value == 19.5
        moved.rename(root / HWMON / "hwmon7")
        assert air.read().value == 19.5
        air.close()


def test_a_chip_may_have_several_temperatures(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "thermometer", chip="tmp421", channel=2) as made:
        made.world.set_fault(Fault.UNPLUGGED, True)
        directory = chip(made.board.sys_root, 0, "tmp421", temp1_input=30000, temp2_input=-4250)
        air = made.open()
        assert air.read().value == -4.25
        (directory / "temp2_fault").write_text("1\n")
        assert air.read().value is None
        (directory / "temp2_fault").write_text("0\n")
        assert air.read().value == -4.25
        air.close()


def test_one_chip_gives_temperature_and_humidity(tmp_path: Path) -> None:
    beside = ("sensor", "thermometer", "air", {"chip": "sht3x"})
    with bench(tmp_path, "sensor", "hygrometer", beside) as made:
        damp, air = made.open(), made.open("air")
        made.world.set_temperature(7.5)
        made.body.set_humidity(81.5)
        assert air.read().value == 7.5
        assert damp.read().value == 81.5
        assert damp.read().unit == "%"
        made.world.set_fault(Fault.UNPLUGGED, True, "it")
        assert damp.read().value is None
        assert air.read().value == 7.5


@pytest.mark.parametrize("text", ["100001", "-1", "", "damp", "45.5"])
def test_a_false_humidity_is_never_given(tmp_path: Path, text: str) -> None:
    with bench(tmp_path, "sensor", "hygrometer") as made:
        damp = made.open()
        assert damp.read().value == 45
        (file,) = made.board.sys_root.glob("class/hwmon/hwmon*/humidity1_input")
        file.write_text(text)
        assert damp.read().value is None
        assert damp.read().text.startswith("Hygrometer it ")


def test_a_path_replaces_the_chip(tmp_path: Path) -> None:
    path = "/sys/bus/iio/devices/iio:device*/in_humidityrelative_input"
    with bench(tmp_path, "sensor", "hygrometer", path=path) as made:
        made.body.set_humidity(33)
        assert made.open().read().value == 33
