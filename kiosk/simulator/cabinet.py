"""What every part of the simulated machine is built into: time, wires, power, chance, the chute and the tray."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.config import Part as PartEntry
from kiosk.config import Slot
from kiosk.simulator.faults import Fault
from kiosk.simulator.store import Store
from kiosk.simulator.timeline import Timeline
from kiosk.simulator.wiring import Wiring

FALL_S = (0.27, 0.33)
"""From the coil's edge to the beam, some 40 cm below."""
TO_TRAY_S = 0.06
SHADOW_S = (0.015, 0.040)
"""How long an item interrupts the beam."""


class Falling(NamedTuple):
    """An item in the air: which slot it left, when, and when it is in the tray."""

    slot: str
    left: float
    lands: float


class Cabinet:
    """The machine's frame. Parts find here what is common to all of them."""

    def __init__(
        self, speed: float, seed: int, store: Store, sys_root: Path, dev_root: Path, *, flows: bool = True
    ) -> None:
        self.timeline = Timeline(speed, flows=flows)
        self.wiring = Wiring(self.timeline)
        self.chance = random.Random(seed)  # noqa: S311 - it must be repeatable
        self.store = store
        self.sys_root = sys_root
        self.dev_root = dev_root
        self.powered = True
        self.falling: list[Falling] = []
        self.tray = 0
        self.beams: list[Callable[[float], None]] = []
        self.parts: dict[str, Any] = {}
        """The parts built so far, controllers first, by their names in kiosk.toml."""
        self._cut: tuple[float, Callable[[], None]] | None = None
        self.on_power: list[Callable[[float], None]] = []

    def drop(self, slot: str, at: float) -> None:
        """Let an item fall from a coil's edge, past the beams, into the tray."""
        passes = at + self.chance.uniform(*FALL_S)
        item = Falling(slot, at, passes + TO_TRAY_S)
        self.falling.append(item)
        for beam in self.beams:
            self.timeline.at(passes, beam)
        self.timeline.at(item.lands, lambda _: self._land(item))

    def order_power_cut(self, after_s: float, then: Callable[[], None]) -> None:
        """Cut the power `after_s` after the next motor is switched on, and then call `then`."""
        self._cut = (after_s, then)

    def motor_on(self, at: float) -> None:
        """Take note that a motor was switched on: a power cut that was ordered counts from here."""
        if self._cut:
            (after_s, then), self._cut = self._cut, None
            if after_s <= 0:
                self._cut_power(at, then)
            else:
                self.timeline.at(at + after_s, lambda when: self._cut_power(when, then))

    def power(self, on: bool, at: float) -> None:
        """Switch the whole machine's power."""
        self.powered = on
        for tell in self.on_power:
            tell(at)

    def _cut_power(self, at: float, then: Callable[[], None]) -> None:
        self.power(False, at)
        then()

    def _land(self, item: Falling) -> None:
        self.falling.remove(item)
        self.tray += 1


Entry = PartEntry | Slot
"""What kiosk.toml says of a part of the machine."""


class Part:
    """A part of the machine: what a driver's pins lead to. `entry` is its table in kiosk.toml."""

    accepts: frozenset[Fault] = frozenset()

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        self.name = name
        self.entry = entry
        self.options = entry.options
        self.cabinet = cabinet
        self.faults: set[Fault] = set()

    def set_fault(self, fault: Fault, on: bool) -> None:
        """Make a fault begin or end. Faults that this part cannot have are ignored."""
        if fault in self.accepts and (fault in self.faults) != on:
            (self.faults.add if on else self.faults.discard)(fault)
            self.fault_changed()

    def fault_changed(self) -> None:
        """Act on what changed in `faults`."""

    def close(self) -> None:
        """Give back what the part holds of the computer, such as a port. May be called twice."""

    def ordered_faults(self) -> tuple[str, ...]:
        """Return the faults that are on, in order."""
        return tuple(sorted(self.faults))


class Contact:
    """A metal contact on an input pin. It bounces for a millisecond or two each time it changes."""

    def __init__(self, cabinet: Cabinet, pin: int, active_low: bool, active: bool | None = None) -> None:
        """Prepare. Without `active` the pin floats until `set` is called for the first time, which does not bounce."""
        self._cabinet = cabinet
        self._pin = pin
        self._active_low = active_low
        self._change = 0
        self.active: bool | None = None
        if active is not None:
            self.set(active, cabinet.timeline.now())

    def set(self, active: bool, at: float) -> None:
        """Close or open the contact, with its bounces."""
        if active == self.active:
            return
        first, self.active = self.active is None, active
        self._change += 1
        self._line(active, at)
        if first:
            return
        change = self._change
        for _ in range(self._cabinet.chance.randint(0, 2)):
            for level in (not active, active):
                at += self._cabinet.chance.uniform(0.0001, 0.0008)
                self._cabinet.timeline.at(at, lambda when, level=level: self._bounce(change, level, when))  # type: ignore[misc]

    def _bounce(self, change: int, active: bool, at: float) -> None:
        if change == self._change:
            self._line(active, at)

    def _line(self, active: bool, at: float) -> None:
        self._cabinet.wiring.drive(self._pin, active != self._active_low, at)
