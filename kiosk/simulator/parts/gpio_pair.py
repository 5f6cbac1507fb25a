"""Two coils side by side, each with its motor and its cam switch. An item lies on both and falls once both let go."""

from __future__ import annotations

from functools import partial

import msgspec

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet, Contact
from kiosk.simulator.coil import Coil
from kiosk.simulator.faults import COIL_FAULTS, Fault
from kiosk.simulator.slot_body import Compartment, kept_as
from kiosk.simulator.snapshot import CoilSeen

OF_ITEMS = frozenset({Fault.JAM, Fault.HANG, Fault.DOUBLE_DROP})
"""These happen to what lies on both coils; the other faults happen to the left one, unless `right` is told."""


class PairKept(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives the process; the coils keep themselves. `items` has one entry for each item."""

    items: tuple[int, ...]
    motions: int
    dropped: int
    faults: tuple[Fault, ...] = ()


class Side(Coil):
    """One of the two coils."""

    def __init__(self, pair: Body, which: str, entry: Slot, cabinet: Cabinet, contact: Contact) -> None:
        self._pair = pair
        name = f"{pair.name} {which}"
        super().__init__(name, entry, cabinet, contact.set, kept_name=f"coil {name}")

    def _fell(self, at: float) -> None:
        self._pair.let_go(at)


class Body(Compartment):
    """The pair. `left` and `right` are its coils."""

    accepts = COIL_FAULTS

    def __init__(self, name: str, entry: Slot, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        kept = cabinet.store.get(kept_as(name), PairKept) or PairKept(items=(), motions=0, dropped=0)
        self.motions, self.dropped, self.faults = kept.motions, kept.dropped, set(kept.faults)
        self.left = self._side("left", entry.options.left_motor_pin, entry.options.left_home_pin)
        self.right = self._side("right", entry.options.right_motor_pin, entry.options.right_home_pin)
        self._keep()

    @property
    def count(self) -> int:
        return max(self.left.count, self.right.count)

    def put_in(self, number: int) -> None:
        if number < 0 or self.count + number > self.entry.capacity:
            raise ValueError(f"Slot {self.name} holds {self.entry.capacity}; {self.count} are inside.")
        for side in (self.left, self.right):
            side.put_in(number)
        self._keep()

    def take_out(self, number: int) -> None:
        if not 0 <= number <= self.count:
            raise ValueError(f"Slot {self.name} holds only {self.count} items.")
        for side in (self.left, self.right):
            side.take_out(min(number, side.count))
        self._keep()

    def fault_changed(self) -> None:
        for fault in COIL_FAULTS:
            self.left.set_fault(fault, fault in self.faults)
        for fault in OF_ITEMS:
            self.right.set_fault(fault, fault in self.faults)
        self._keep()

    def seen(self, at: float) -> CoilSeen:
        left, right = self.left.seen(at), self.right.seen(at)
        return msgspec.structs.replace(
            left,
            slot=self.name,
            turning=left.turning or right.turning,
            items=max(left.items, right.items, key=len),
            count=self.count,
            motions=self.motions,
            faults=self.ordered_faults(),
        )

    def let_go(self, at: float) -> None:
        """Let fall what neither coil holds any more."""
        while self.dropped < min(self.left.dropped, self.right.dropped):
            self.dropped += 1
            self._keep()
            self.cabinet.drop(self.name, at)

    def _side(self, which: str, motor_pin: int, home_pin: int) -> Side:
        contact = Contact(self.cabinet, home_pin, self.options.home_active_low)
        side = Side(self, which, self.entry, self.cabinet, contact)
        self.cabinet.wiring.connect(motor_pin, partial(self._driven, side))
        return side

    def _driven(self, side: Side, level: bool | None) -> None:
        on = level is not None and level != self.options.motor_active_low
        if on and not self._energised:
            self.motions += 1
            self._keep()
        side.energise(on)
        self._energised = self.left.energised or self.right.energised
        self.ran_s = max(self.left.ran_s, self.right.ran_s)

    def _keep(self) -> None:
        kept = PairKept(items=(1,) * self.count, motions=self.motions, dropped=self.dropped, faults=tuple(self.faults))
        self.cabinet.store.put(kept_as(self.name), kept)
