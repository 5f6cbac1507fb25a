"""The damp inside, and the file in which a kernel would show it."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.kernel_files import KernelFiles, place
from kiosk.simulator.small_part import KeptPart

ROOM_PERCENT = 45.0


class Body(KeptPart):
    """The air around a hygrometer."""

    accepts = frozenset({Fault.UNPLUGGED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._percent = ROOM_PERCENT
        self._chip = None if self.options.path else self.options.chip
        file = place(cabinet.sys_root, self.options.path, self._chip, self.options.file, name)
        self._file, self._kernel = file.name, KernelFiles(file.parent)
        self.changed()

    def set_humidity(self, percent: float) -> None:
        """Make it that damp, in percent."""
        self._percent = percent
        self.changed()

    def changed(self) -> None:
        if Fault.UNPLUGGED in self.faults:
            self._kernel.remove(self._file)
            return
        if self._chip is not None:
            self._kernel.write(name=self._chip)
        self._kernel.write(**{self._file: round(self._percent * 1000)})
