"""Files in which a kernel would show what it knows of a device; each is replaced whole, as a kernel's read is whole."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kiosk.hardware.shared.sysfs import CHIP_CLASS, below


class KernelFiles:
    """The directory of one device."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: set[str] = set()

    def write(self, **contents: object) -> None:
        """Show `contents`, each in the file of its name."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            fresh = self._directory / f".{name}.new"
            fresh.write_text(f"{content}\n")
            fresh.replace(self._directory / name)
            self._names.add(name)

    def remove(self, *names: str) -> None:
        """Take files away, or all that were written, and the directory once it is empty."""
        for name in names or tuple(self._names):
            (self._directory / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._directory.rmdir()


def place(sys_root: Path, path: str, chip: str | None, file: str, name: str) -> Path:
    """Return where a kernel would show the value of the sensor called `name`.

    A pattern such as 28-* stands for a serial number, and ours is the sensor's name. Sensors of one chip share a
    device.
    """
    serial = "".join(letter for letter in chip or name if letter.isalnum()) or "sensor"
    if chip is not None:
        return sys_root / CHIP_CLASS / f"hwmon-{serial}" / file
    return Path(below(sys_root, path).replace("*", serial))
