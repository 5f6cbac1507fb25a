"""A light beam below the coils: an emitter, a receiver, and what comes between them."""

from __future__ import annotations

import msgspec

from kiosk.simulator.cabinet import SHADOW_S, Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.snapshot import BeamSeen

RESPONSE_S = 0.0004
"""How long the receiver takes to follow its emitter."""


class BeamKept(msgspec.Struct, frozen=True):
    """What outlives the process."""

    faults: tuple[Fault, ...] = ()


class Body(Part):
    """A drop beam. Without an emitter pin its emitter is always lit."""

    accepts = frozenset({Fault.BEAM_DEAD, Fault.BEAM_BLOCKED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(f"beam {name}", BeamKept)
        self.faults = set(kept.faults if kept else ())
        self._shadows = 0
        self._lit = self.options.emitter_pin is None
        if self.options.emitter_pin is not None:
            cabinet.wiring.connect(self.options.emitter_pin, self._emitter)
        cabinet.beams.append(self._shade)
        self._show(cabinet.timeline.now())

    def fault_changed(self) -> None:
        self.cabinet.store.put(f"beam {self.name}", BeamKept(tuple(self.faults)))
        self._show(self.cabinet.timeline.now())

    def seen(self) -> BeamSeen:
        """Return what can be seen of it."""
        return BeamSeen(lit=self._lit, broken=self._broken(), fault=next(iter(self.ordered_faults()), None))

    def _broken(self) -> bool:
        if Fault.BEAM_DEAD in self.faults:
            return False
        return Fault.BEAM_BLOCKED in self.faults or self._shadows > 0 or not self._lit

    def _emitter(self, level: bool | None) -> None:
        self._lit = level is not None and level != self.options.emitter_active_low
        self.cabinet.timeline.at(self.cabinet.timeline.now() + RESPONSE_S, self._show)

    def _shade(self, at: float) -> None:
        self._shadows += 1
        self.cabinet.timeline.at(at + self.cabinet.chance.uniform(*SHADOW_S), self._unshade)
        self._show(at)

    def _unshade(self, at: float) -> None:
        self._shadows -= 1
        self._show(at)

    def _show(self, at: float) -> None:
        self.cabinet.wiring.drive(self.options.pin, self._broken() != self.options.broken_low, at)
