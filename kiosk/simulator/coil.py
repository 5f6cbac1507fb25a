"""A coil with its motor, its cam switch and the items in it. How the two are wired is the business of a `Body`."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from kiosk.config import Slot
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.faults import COIL_FAULTS, Fault
from kiosk.simulator.motion import Motion
from kiosk.simulator.slot_body import Driven, kept_as
from kiosk.simulator.snapshot import CoilSeen

TURNS_PER_S = 0.4
"""A spiral motor makes its turn in about two and a half seconds."""
SPIN_UP = TURNS_PER_S / 0.10
"""Turns a second gained each second: at full speed after 0.1 s."""
COAST = TURNS_PER_S / 0.06
"""Turns a second lost each second once it is off: at rest after 0.06 s."""
HOME_TURNS = 0.08
"""The cam holds the home switch from each whole turn for this part of a turn."""
REST_TURNS = 0.012
"""Where a coil stands that was switched off as it came home."""
TIPS_AT = 0.85
"""The front item goes over the edge at this part of the turn, give or take SPREAD."""
SPREAD = 0.04
HANGS_TURNS = 0.12
"""How much further than home a hanging item must be carried."""
TOGETHER_TURNS = 0.06
STALLS_AT = 0.5
ROUNDING = 1e-9
"""More than the rounding of an angle after a million turns, less than any angle that matters."""


class CoilKept(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives the process: `items` are turns to go, front first; `dropped` fell since the beginning."""

    angle: float
    items: tuple[float, ...]
    motions: int
    dropped: int
    faults: tuple[Fault, ...] = ()


class Coil(Driven):
    """A coil. Angles are whole turns since the beginning; an item falls when the coil reaches its `tip`.

    A subclass calls `energise` when its motor is switched, and gives `home`, which is told of the cam switch.
    """

    accepts = COIL_FAULTS

    def __init__(
        self,
        name: str,
        entry: Slot,
        cabinet: Cabinet,
        home: Callable[[bool, float], None],
        *,
        turns_per_s: float = TURNS_PER_S,
        kept_name: str | None = None,
    ) -> None:
        """Build it as it was left, or full. `home` is told whether the cam is at home, and when; at once, too.

        With `turns_per_s` 0 its motor only makes the steps that it is told to. `kept_name` is for a coil that is no
        slot by itself.
        """
        super().__init__(name, entry, cabinet)
        self._kept_name = kept_name or kept_as(name)
        self._turns_per_s = turns_per_s
        kept = cabinet.store.get(self._kept_name, CoilKept) or self._full(entry.capacity)
        now = cabinet.timeline.now()
        self.motions = kept.motions
        self.dropped = kept.dropped
        self.faults = set(kept.faults)
        self.tips = [kept.angle + item for item in kept.items]
        self._motion = Motion(now, kept.angle)
        self._mark = math.inf
        self._plan = 0
        self._running = self._pair_fell = False
        self._hangs = Fault.HANG in self.faults
        self._home = home
        self.at_home = self._at_home(kept.angle)
        home(self.at_home, now)
        cabinet.on_power.append(self._go)
        self._keep()

    # -- what people do -------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        return len(self.tips)

    def put_in(self, number: int) -> None:
        if number < 0 or len(self.tips) + number > self.entry.capacity:
            raise ValueError(f"Slot {self.name} holds {self.entry.capacity}; {len(self.tips)} are inside.")
        for _ in range(number):
            angle = self._motion.angle_at(self.cabinet.timeline.now())
            nearest = math.floor(angle) + TIPS_AT
            first = nearest if nearest > angle + SPREAD else nearest + 1
            self.tips.append(self.tips[-1] + 1 if self.tips else first)
        self._go(self.cabinet.timeline.now())

    def take_out(self, number: int) -> None:
        if not 0 <= number <= len(self.tips):
            raise ValueError(f"Slot {self.name} holds only {len(self.tips)} items.")
        del self.tips[len(self.tips) - number :]
        self._go(self.cabinet.timeline.now())

    def fault_changed(self) -> None:
        at = self.cabinet.timeline.now()
        if Fault.HANG in self.faults and not self._hangs:
            self._move_to(self._motion.angle_at(at), at)
            self._hang()
        self._hangs = Fault.HANG in self.faults
        self._go(at)

    def seen(self, at: float) -> CoilSeen:
        angle = self._motion.angle_at(at)
        base = self._motion.angle if Fault.JAM in self.faults else angle
        return CoilSeen(
            slot=self.name,
            product=self.entry.product,
            capacity=self.entry.capacity,
            angle=angle % 1.0,
            turning=self._running or self._motion.speed_at(at) > 0,
            items=tuple(max(0.0, round(tip - base, 4)) for tip in self.tips),
            count=len(self.tips),
            motions=self.motions,
            faults=self.ordered_faults(),
        )

    # -- what the motor does --------------------------------------------------------------------------------------

    def step(self, turns: float) -> None:
        """Make one step of so many turns, if the motor has power and nothing blocks the coil."""
        at, angle = self.cabinet.timeline.now(), self._motion.angle + turns
        blocked = Fault.STALL in self.faults and angle % 1.0 >= STALLS_AT > self._motion.angle % 1.0
        if not self._running or blocked:
            return
        self._move_to(angle, at)
        while self.tips and Fault.JAM not in self.faults and self.tips[0] <= angle:
            self._drop(at)
        self._keep()
        self._plan_next()

    @property
    def running(self) -> bool:
        """Whether its motor draws power: switched on, or by a welded switch, and neither missing nor without supply."""
        return self._running

    def _go(self, at: float) -> None:
        """Take up what changed at the moment `at`, and plan what happens next."""
        self._move_to(min(self._motion.angle_at(at), self._mark), at)
        speed = self._motion.speed_at(at)
        welded = self._running and Fault.MOTOR_RUNS_ON in self.faults
        powered = self.cabinet.powered and Fault.MOTOR_MISSING not in self.faults
        self._running = (self._energised or welded) and powered
        limit, accel = (self._turns_per_s, SPIN_UP) if self._running else (0.0, COAST)
        self._motion = Motion(at, self._motion.angle, speed, limit, accel)
        self._keep()
        self._plan_next()

    def _move_to(self, angle: float, at: float) -> None:
        if Fault.JAM in self.faults:
            turned = angle - self._motion.angle
            self.tips = [tip + turned for tip in self.tips]
        speed = self._motion.speed_at(at)
        self._motion = self._motion._replace(start=at, angle=angle, speed=speed)
        if self._at_home(angle) != self.at_home:
            self.at_home = not self.at_home
            self._home(self.at_home, at)

    def _plan_next(self) -> None:
        self._plan += 1
        plan, angle = self._plan, self._motion.angle
        turn = math.floor(angle)
        leaves = turn + HOME_TURNS
        marks = [turn + 1.0, leaves if leaves > angle else leaves + 1]
        if self.tips and Fault.JAM not in self.faults:
            marks.append(max(self.tips[0], angle))
        blocked_at = math.ceil(angle - STALLS_AT - ROUNDING) + STALLS_AT
        if Fault.STALL in self.faults:
            marks.append(blocked_at)
        self._mark = min(marks)
        when = self._motion.time_of(self._mark) if self._running or self._motion.speed > 0 else None
        if when is not None:
            self.cabinet.timeline.at(when, lambda at: self._reach(plan, at))
        elif self._motion.speed > 0:
            end = self._motion.end()
            assert end is not None
            self.cabinet.timeline.at(end, lambda at: self._rest(plan, at))

    def _reach(self, plan: int, at: float) -> None:
        if plan != self._plan:
            return
        angle = self._mark
        self._move_to(angle, at)
        if Fault.STALL in self.faults and abs(angle % 1.0 - STALLS_AT) < ROUNDING:
            self._motion = Motion(at, angle)
            self._keep()
            return
        if self.tips and Fault.JAM not in self.faults and self.tips[0] <= angle:
            self._drop(at)
        elif not self.at_home:
            self._keep()
        self._plan_next()

    def _rest(self, plan: int, at: float) -> None:
        if plan == self._plan:
            self._motion = Motion(at, self._motion.angle_at(at))
            self._plan_next()

    # -- what the items do ----------------------------------------------------------------------------------------

    def _drop(self, at: float) -> None:
        """Let the front item go. That is kept before the item can be seen, so the kept count is never too high."""
        del self.tips[0]
        self.dropped += 1
        self._pair_fell = not self._pair_fell and Fault.DOUBLE_DROP in self.faults
        if self._pair_fell and self.tips:
            self.tips[0] = self._motion.angle + TOGETHER_TURNS
        elif Fault.HANG in self.faults:
            self._hang()
        self._keep()
        self._fell(at)

    def _fell(self, at: float) -> None:
        """Let what went over the edge be seen."""
        self.cabinet.drop(self.name, at)

    def _hang(self) -> None:
        if self.tips:
            self.tips[0] = math.ceil(max(self.tips[0], self._motion.angle)) + HANGS_TURNS

    def _full(self, capacity: int) -> CoilKept:
        spread = self.cabinet.chance.uniform
        items = tuple(TIPS_AT - REST_TURNS + spread(-SPREAD, SPREAD) + behind for behind in range(capacity))
        return CoilKept(angle=REST_TURNS, items=items, motions=0, dropped=0)

    def _at_home(self, angle: float) -> bool:
        return angle % 1.0 < HOME_TURNS - ROUNDING or Fault.HOME_STUCK in self.faults

    def _keep(self) -> None:
        angle = self._motion.angle
        kept = CoilKept(
            angle=angle % 1.0,
            items=tuple(tip - angle for tip in self.tips),
            motions=self.motions,
            dropped=self.dropped,
            faults=tuple(self.faults),
        )
        self.cabinet.store.put(self._kept_name, kept)
