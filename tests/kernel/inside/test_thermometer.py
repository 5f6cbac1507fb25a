"""The thermometer driver on a real chip driver of the kernel."""

from __future__ import annotations

import time

import pytest

from tests.kernel import i2c
from tests.kernel.chip import Chip
from tests.kernel.rig import Rig


def test_a_thermometer_chip_is_read_and_its_loss_is_told(chip: Chip) -> None:
    with Rig(chip, "gpiod") as rig:
        thermometer = rig.open("sensor", "thermometer", path="class/hwmon/hwmon*/temp1_input")
        assert thermometer.read().value is None
        i2c.set_temperature(21.5)
        i2c.plug_in()
        assert thermometer.read().value == pytest.approx(21.5)
        i2c.set_temperature(-4.0)
        time.sleep(1.6)  # the kernel's driver keeps a value for up to a second and a half
        assert thermometer.read().value == pytest.approx(-4.0)
        i2c.pull_out()
        gone = thermometer.read()
        assert gone.value is None
        assert "cannot be read" in gone.text
