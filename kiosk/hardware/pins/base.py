"""What all boards have in common: the clock, the kernel's directories, the power supply, and their controllers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from kiosk.clock import Clock
from kiosk.config import Hardware
from kiosk.errors import HardwareError
from kiosk.hardware.supply import Supply


class BaseBoard:
    """The part of a board (see `kiosk.hardware.api.Board`) that does not depend on whose pins they are."""

    pins: ClassVar[str]

    def __init__(self, hardware: Hardware, clock: Clock, *, sys_root: Path, dev_root: Path) -> None:
        self.clock = clock
        self.sys_root = sys_root
        self.dev_root = dev_root
        self.supply = Supply(hardware.max_current_a)
        self._controllers: dict[str, Any] = {}

    def device(self, path: str) -> Path:
        """Return the device file that kiosk.toml calls `path`."""
        return device_below(path, self.dev_root)

    def add(self, name: str, controller: object) -> None:
        """Let drivers find an open controller."""
        self._controllers[name] = controller

    def controller(self, name: str) -> Any:
        """Return the controller that kiosk.toml calls `name`. Raises HardwareError if it could not be opened."""
        if name not in self._controllers:
            raise HardwareError(f"The controller {name} is not there. See its own fault, then restart the kiosk.")
        return self._controllers[name]


def device_below(path: str, dev_root: Path) -> Path:
    """Return the device file `path` with /dev, given or left out, replaced by `dev_root`."""
    relative = path.removeprefix("/dev/")
    return Path(relative) if relative.startswith("/") else dev_root / relative
