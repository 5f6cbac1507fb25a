"""A thermometer's wire that hangs: the kernel's file of it keeps whoever reads waiting."""

from __future__ import annotations

import os
from pathlib import Path


class Wire:
    """The only thermometer below a simulated /sys. While it is `cut` whoever reads it waits."""

    def __init__(self, root: Path) -> None:
        (self._file,) = root.glob("bus/w1/devices/28-*/temperature")

    def cut(self) -> None:
        held = self._file.with_name("held")
        os.mkfifo(held)
        held.replace(self._file)

    def mend(self, millidegrees: int) -> None:
        """Answer whoever waits, and from now on at once."""
        cut = os.open(self._file, os.O_RDWR)
        held = self._file.with_name("held")
        held.write_text(f"{millidegrees}\n")
        held.replace(self._file)
        os.write(cut, f"{millidegrees}\n".encode())
        os.close(cut)
