"""A UPS that the kernel knows: the mains, a battery, and the files in which it shows them."""

from __future__ import annotations

from kiosk.hardware.drivers.sensor.power_supply import SUPPLIES
from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.faults import Fault
from kiosk.simulator.kernel_files import KernelFiles
from kiosk.simulator.small_part import KeptPart

CHARGE_PERCENT = 96


class Body(KeptPart):
    """A UPS: the mains and a battery, or the battery alone where the settings name one."""

    accepts = frozenset({Fault.MAINS_OUT, Fault.UNPLUGGED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        root, pattern = cabinet.sys_root / SUPPLIES, self.options.supplies
        self._mains = KernelFiles(root / pattern.replace("*", "mains")) if "*" in pattern else None
        self._battery = KernelFiles(root / pattern.replace("*", "battery"))
        self._percent = CHARGE_PERCENT
        self.changed()

    def set_charge(self, percent: int) -> None:
        """Charge or drain the battery to `percent`."""
        self._percent = percent
        self.changed()

    def changed(self) -> None:
        if Fault.UNPLUGGED in self.faults:
            self._battery.remove()
            if self._mains:
                self._mains.remove()
            return
        online = Fault.MAINS_OUT not in self.faults
        if self._mains:
            self._mains.write(type="Mains", online=int(online))
        status = "Discharging" if not online else "Full" if self._percent == 100 else "Charging"
        self._battery.write(type="Battery", status=status, capacity=self._percent)
