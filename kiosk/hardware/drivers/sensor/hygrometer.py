"""A hygrometer that the kernel reads: SHT3x, SHT4x, AHT20, DHT22, BME280.

- **I²C chips** (SDA on GPIO 2, SCL on GPIO 3): `dtoverlay=i2c-sensor,sht3x` in `/boot/firmware/config.txt`; nothing
  else is to be set here for an SHT3x, `chip = "sht4x"` or `"aht10"` for the others.
- **DHT22, BME280** and other sensors of the kernel's IIO (`dtoverlay=dht11,gpiopin=4` or `i2c-sensor,bme280`): `path
  = "bus/iio/devices/iio:device*/in_humidityrelative_input"`.

Written for the kernel's hwmon and IIO files. A chip that measures temperature too gets a `thermometer` besides. Damp
spoils test strips and labels, and tells of a leak. Each reading is new; a sensor that cannot be read or is out of its
range says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.hardware.api import Board
from kiosk.hardware.shared.kernel_meter import KernelMeter
from kiosk.hardware.shared.sysfs import I2C_PINS, Chip

RANGE_PERCENT = (0.0, 100.0)


class Options(BaseOptions, frozen=True, kw_only=True):
    """One hygrometer."""

    chip: Chip = "sht3x"
    path: Annotated[
        str,
        Meta(description="Instead of `chip`: the kernel's file, may have a *; below /sys if relative"),
    ] = ""

    def bus_pins(self) -> Mapping[int, str]:
        """Return SDA and SCL for a chip on I²C; a path does not tell its pins."""
        return {} if self.path else I2C_PINS

    @property
    def file(self) -> str:
        """The name of a chip's file."""
        return "humidity1_input"


class Driver(KernelMeter):
    """A meter as in `kiosk.hardware.api.Meter`, of relative humidity."""

    what = "Hygrometer"
    unit = "%"
    valid = RANGE_PERCENT

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Remember where the file is."""
        chip = None if options.path else options.chip
        super().__init__(name, board.sys_root, options.path, chip, options.file)

    def said(self, value: float) -> str:
        return f"{value:.0f} % relative humidity"
