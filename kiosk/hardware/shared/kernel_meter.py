"""A meter whose value the kernel shows as a file of thousandths."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from kiosk.hardware.shared.sysfs import candidates, read_thousandths
from kiosk.model import Reading


class KernelMeter:
    """A meter as in `kiosk.hardware.api.Meter`. Its file may come and go; nothing is held open."""

    what: ClassVar[str]
    """What it is called in its sentences."""
    unit: ClassVar[str]
    valid: ClassVar[tuple[float, float]]
    """The least and the most that it can measure."""

    def __init__(self, name: str, sys_root: Path, path: str, chip: str | None, file: str) -> None:
        """Remember where the file is: see `candidates`. Nothing is opened yet."""
        self._name = name
        self._found_by = sys_root, path, chip, file

    def said(self, value: float) -> str:
        """Return what is said of a value."""
        return f"{value:.1f} {self.unit}"

    def measured(self, value: float) -> bool:
        """Say whether a value can have been measured."""
        return self.valid[0] <= value <= self.valid[1]

    def read(self) -> Reading:
        """Read the first file that matches; a chip takes the kernel some 20 ms, a DS18B20 up to 0.75 s."""
        try:
            value = read_thousandths(next(candidates(*self._found_by))) / 1000
        except (OSError, ValueError, StopIteration):
            return self._failed("cannot be read: check its plug and its path.")
        if not self.measured(value):
            return self._failed("gives no true value: check its power and its plug.")
        return Reading(name=self._name, text=self.said(value), value=value, unit=self.unit)

    def close(self) -> None:
        """Nothing is held open."""

    def _failed(self, what: str) -> Reading:
        return Reading(name=self._name, text=f"{self.what} {self._name} {what}", unit=self.unit)
