"""What the kernel's files say of mains and battery, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk.simulator.faults import Fault
from tests.hardware.bench import Bench, bench


def write(made: Bench, supply: str, **files: object) -> None:
    directory = made.board.sys_root / "class/power_supply" / supply
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).write_text(f"{content}\n")


def test_mains_battery_and_back(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "power_supply") as made:
        ups = made.open()
        assert ups.alert() is None
        assert (ups.read().value, ups.read().unit) == (96, "%")
        made.world.set_fault(Fault.MAINS_OUT, True)
        assert "mains power is gone" in ups.alert()
        assert "96 % left" in ups.alert()
        made.body.set_charge(17)
        assert ups.read().value == 17
        made.world.set_fault(Fault.MAINS_OUT, False)
        assert "the battery is low with 17 % left" in ups.alert()
        made.body.set_charge(100)
        assert ups.alert() is None
        ups.close()


@pytest.mark.parametrize(
    ("supplies", "value", "unit", "told"),
    [
        ({"ups": {"type": "UPS", "online": 1, "status": "Full", "capacity": 100}}, 100, "%", None),
        (
            {"ups": {"type": "UPS", "online": 0, "status": "Discharging", "capacity": 60}},
            60,
            "%",
            "mains power is gone",
        ),
        ({"usb": {"type": "USB", "online": 1}}, 1, "", None),
        ({"usb": {"type": "USB", "online": 0}}, 0, "", "mains power is gone"),
        ({"ac": {"type": "Mains", "online": 0}, "usb": {"type": "USB", "online": 1}}, 1, "", None),
        ({"gauge": {"type": "Battery", "capacity": 55}}, 55, "%", None),
        ({"gauge": {"type": "Battery", "capacity": 12}}, 12, "%", "low with 12 % left"),
        ({"gauge": {"type": "Battery", "capacity": 55, "online": 1, "status": "Unknown"}}, 55, "%", None),
        ({"bq": {"type": "Battery", "capacity": 55, "status": "Discharging"}}, 55, "%", "mains power is gone"),
        ({"bq": {"type": "Battery", "capacity": 55, "status": "Not charging"}}, 55, "%", None),
        (
            {"a": {"type": "Battery", "capacity": 80}, "b": {"type": "Battery", "capacity": 20}},
            20,
            "%",
            "low with 20 %",
        ),
        ({"mouse": {"type": "Battery", "scope": "Device", "capacity": 5}}, None, "", "shows no power supply"),
        ({"bq": {"type": "Battery", "capacity": 180}}, None, "", "shows no power supply"),
        ({"bq": {"type": "Battery", "capacity": "?"}}, None, "", "shows no power supply"),
        ({"torn": {"online": 1}}, None, "", "shows no power supply"),
        ({}, None, "", "shows no power supply"),
    ],
)
def test_what_each_kind_of_supply_tells(
    tmp_path: Path, supplies: dict[str, dict[str, Any]], value: float | None, unit: str, told: str | None
) -> None:
    with bench(tmp_path, "sensor", "power_supply") as made:
        made.world.set_fault(Fault.UNPLUGGED, True)  # the simulated one is out of the way
        for supply, files in supplies.items():
            write(made, supply, **files)
        ups = made.open()
        assert (ups.read().value, ups.read().unit) == (value, unit)
        assert ups.alert() is None if told is None else told in ups.alert()
        ups.close()


def test_only_the_supplies_that_are_named_count(tmp_path: Path) -> None:
    with bench(tmp_path, "sensor", "power_supply", supplies="bq*") as made:
        write(made, "other", type="Battery", capacity=3)
        ups = made.open()
        assert ups.read().value == 96
        ups.close()
