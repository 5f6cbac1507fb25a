"""The air inside, and the file in which a kernel would show its temperature."""

from __future__ import annotations

import msgspec

from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.kernel_files import KernelFiles, place

ROOM_C = 21.5
HOT_C = 48.0


class AirKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    temperature_c: float
    faults: tuple[Fault, ...] = ()


class Body(Part):
    """The air around a thermometer: as warm as somebody made it, and what heaters and coolers add."""

    accepts = frozenset({Fault.HEAT, Fault.UNPLUGGED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"air {name}", AirKept) or AirKept(ROOM_C)
        self._set_c = kept.temperature_c
        self._added_c: dict[str, float] = {}
        self.faults = set(kept.faults)
        file = place(cabinet.sys_root, self.options.path, self.options.chip, self.options.file, name)
        self._file, self._kernel = file.name, KernelFiles(file.parent)
        self._write()

    def temperature_c(self) -> float:
        """Return the temperature in degrees Celsius."""
        return HOT_C if Fault.HEAT in self.faults else self._set_c + sum(self._added_c.values())

    def set_temperature(self, celsius: float) -> None:
        """Make it that warm or cold."""
        self._set_c = celsius
        self._changed()

    def add(self, heater: str, celsius: float) -> None:
        """Let a heater make it so much warmer, or a cooler colder, than it would be."""
        self._added_c[heater] = celsius
        self._write()

    def fault_changed(self) -> None:
        self._changed()

    def _changed(self) -> None:
        self.cabinet.store.put(f"air {self.name}", AirKept(self._set_c, tuple(self.faults)))
        self._write()

    def _write(self) -> None:
        if Fault.UNPLUGGED in self.faults:
            self._kernel.remove(self._file)
            return
        if self.options.chip is not None:
            self._kernel.write(name=self.options.chip)
        self._kernel.write(**{self._file: round(self.temperature_c() * 1000)})
