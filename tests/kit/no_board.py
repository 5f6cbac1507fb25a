"""A board without pins, for parts that need none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kiosk.clock import Clock
from kiosk.config import Hardware
from kiosk.hardware.pins.base import BaseBoard


class NoBoard(BaseBoard):
    """Pins that nobody uses."""

    pins = "none"
    pin_factory: Any = None

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(Hardware(), clock or Clock(), sys_root=Path("/sys"), dev_root=Path("/dev"))

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...
