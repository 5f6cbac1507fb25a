"""The air inside, and the file in which a kernel would show its temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from kiosk.hardware.simulator.cabinet import Cabinet, Part
from kiosk.hardware.simulator.faults import Fault

ROOM_C = 21.5
HOT_C = 48.0


class AirKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    temperature_c: float
    faults: tuple[Fault, ...] = ()


class Body(Part):
    """The air around a thermometer."""

    accepts = frozenset({Fault.HEAT})

    def __init__(self, name: str, entry: Any, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"air {name}", AirKept) or AirKept(ROOM_C)
        self._set_c = kept.temperature_c
        self.faults = set(kept.faults)
        # A pattern such as 28-* stands for a serial number; this thermometer's is its name.
        serial = "".join(letter for letter in name if letter.isalnum()) or "air"
        self._file = Path(self.options.below(cabinet.sys_root).replace("*", serial))
        self._write()

    def temperature_c(self) -> float:
        """Return the temperature in degrees Celsius."""
        return HOT_C if Fault.HEAT in self.faults else self._set_c

    def set_temperature(self, celsius: float) -> None:
        """Make it that warm or cold."""
        self._set_c = celsius
        self._changed()

    def fault_changed(self) -> None:
        self._changed()

    def _changed(self) -> None:
        self.cabinet.store.put(f"air {self.name}", AirKept(self._set_c, tuple(self.faults)))
        self._write()

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_name(f".{self._file.name}.new")
        fresh.write_text(f"{round(self.temperature_c() * 1000)}\n")
        fresh.replace(self._file)
