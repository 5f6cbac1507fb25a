"""What small parts have in common: faults that outlive the process, and things that an output pin switches."""

from __future__ import annotations

import time
from collections import deque

import msgspec

from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.snapshot import LightSeen, Switched

REMEMBERED = 64
"""So many changes of something that is switched can still be seen afterwards: half a minute of a buzzer's ticks."""


class FaultsKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    faults: tuple[Fault, ...] = ()


class KeptPart(Part):
    """A part whose faults are kept. `changed` is called at each change, under the timeline's lock."""

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._kept_as = f"{entry.driver} {name}"
        kept = cabinet.store.get(self._kept_as, FaultsKept)
        self.faults = set(kept.faults if kept else ())

    def fault_changed(self) -> None:
        self.cabinet.store.put(self._kept_as, FaultsKept(tuple(sorted(self.faults))))
        self.changed()

    def changed(self) -> None:
        """Act on what changed in `faults`."""


class SwitchedPart(KeptPart):
    """Something that one output pin, `options.pin`, switches on and off."""

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self.on = False
        """Whether it is on now."""
        self.times_on = 0
        """How many times it was ever switched on."""
        self._changes: deque[Switched] = deque(maxlen=REMEMBERED)
        cabinet.wiring.connect(self.options.pin, self._driven)

    def seen(self) -> LightSeen:
        """Return what can be seen and heard of it now, and of its latest changes."""
        return LightSeen(name=self.name, driver=self.entry.driver, on=self.on, changes=tuple(self._changes))

    def switched(self, at: float) -> None:
        """Act on what changed in `on`."""

    def _driven(self, level: bool | None) -> None:
        on = level is not None and level != self.options.active_low
        if on != self.on:
            self.on = on
            self.times_on += on
            # For eyes and ears, as the drivers' patterns are: on the wall's clock, however fast the machine runs.
            self._changes.append(Switched(time.monotonic(), on))
            self.switched(self.cabinet.timeline.now())
