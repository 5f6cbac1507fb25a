"""A thermometer that the kernel shows as a file in thousandths of a degree Celsius: DS18B20, LM75 and most others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.hardware.api import Board
from kiosk.model import Reading

POWER_ON_MILLIDEGREES = 85_000
"""A DS18B20 answers this until its first measurement (data sheet, table 1). It was never measured."""
RANGE_C = (-55.0, 125.0)


class Options(BaseOptions, frozen=True, kw_only=True):
    """One thermometer."""

    path: Annotated[
        str,
        Meta(min_length=1, description="The kernel's file, may have a * for the serial number; below /sys if relative"),
    ] = "bus/w1/devices/28-*/temperature"

    def below(self, sys_root: Path) -> str:
        """Return the path with /sys, given or left out, replaced by `sys_root`."""
        relative = self.path.removeprefix("/sys/")
        return relative if relative.startswith("/") else str(sys_root / relative)


class Driver:
    """A meter as in `kiosk.hardware.api.Meter`."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Remember where the file is. It may come and go; nothing is opened yet."""
        self._name = name
        self._pattern = Path(options.below(board.sys_root))

    def read(self) -> Reading:
        """Read the first file that matches. With a DS18B20 the kernel takes up to 0.75 s."""
        try:
            found = sorted(Path(self._pattern.anchor).glob(str(self._pattern.relative_to(self._pattern.anchor))))
            millidegrees = int(found[0].read_text())
        except (OSError, ValueError, IndexError):
            return self._failed("cannot be read: check its plug and its path.")
        celsius = millidegrees / 1000
        if millidegrees == POWER_ON_MILLIDEGREES or not RANGE_C[0] <= celsius <= RANGE_C[1]:
            return self._failed("gives no true value: check its power and its plug.")
        return Reading(name=self._name, text=f"{celsius:.1f} °C", value=celsius, unit="°C")

    def close(self) -> None:
        """Nothing is held open."""

    def _failed(self, what: str) -> Reading:
        return Reading(name=self._name, text=f"Thermometer {self._name} {what}", unit="°C")
