"""A thermometer that the kernel reads: DS18B20, SHT3x, LM75 and most others.

- **DS18B20** on one wire (GPIO 4 by default, 4.7 kΩ to 3.3 V): `dtoverlay=w1-gpio` in `/boot/firmware/config.txt`,
  and no options at all here. With more than one, name each by its serial number: `path =
  "bus/w1/devices/28-0316a2794f00/temperature"`.
- **I²C chips** (SDA on GPIO 2, SCL on GPIO 3): `dtoverlay=i2c-sensor,sht3x` or `lm75`, and `chip = "sht3x"` here.
  Chips are found by name, as the number of a hwmon device changes from one start to the next.
- **DHT22, BME280** and other sensors of the kernel's IIO: `path = "bus/iio/devices/iio:device*/in_temp_input"`.

Written for the kernel's w1, hwmon and IIO files; no program reads the bus itself. Each reading is new: a sensor that
cannot be read, that was never measured, or that is out of its range says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.hardware.api import Board
from kiosk.hardware.shared.kernel_meter import KernelMeter
from kiosk.hardware.shared.sysfs import I2C_PINS, Chip, below
from kiosk.model import CELSIUS

POWER_ON_C = 85.0
"""A DS18B20 answers this until its first measurement (data sheet, table 1). It was never measured."""
NO_BUS = ("cpu_thermal",)
"""The names of hwmon chips that are inside the Pi."""
RANGE_C = (-55.0, 125.0)


class Options(BaseOptions, frozen=True, kw_only=True):
    """One thermometer."""

    path: Annotated[
        str,
        Meta(min_length=1, description="The kernel's file, may have a * for the serial number; below /sys if relative"),
    ] = "bus/w1/devices/28-*/temperature"
    chip: Chip = None
    channel: Annotated[int, Meta(ge=1, le=16, description="With `chip`: which of its temperatures")] = 1
    w1_pin: Annotated[
        int,
        Meta(
            ge=0,
            le=27,
            description="The GPIO number of the 1-wire bus, for a `path` there, as in `dtoverlay=w1-gpio,gpiopin=4`; "
            "any number of thermometers may share it",
        ),
    ] = 4

    def bus_pins(self) -> Mapping[int, str]:
        """Return SDA and SCL for a chip on I²C, and the one wire of a DS18B20; no other path tells its pins."""
        if self.chip is not None and self.chip != "w1_slave_temp":
            return {} if self.chip in NO_BUS else I2C_PINS
        return {self.w1_pin: "1-wire"} if self.chip or "/w1" in f"/{self.path}" else {}

    def below(self, sys_root: Path) -> str:
        """Return the path with /sys, given or left out, replaced by `sys_root`."""
        return below(sys_root, self.path)

    @property
    def file(self) -> str:
        """The name of a chip's file."""
        return f"temp{self.channel}_input"


class Driver(KernelMeter):
    """A meter as in `kiosk.hardware.api.Meter`."""

    what = "Thermometer"
    unit = CELSIUS
    valid = RANGE_C

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Remember where the file is."""
        super().__init__(name, board.sys_root, options.path, options.chip, options.file)

    def measured(self, value: float) -> bool:
        return value != POWER_ON_C and super().measured(value)
