"""What a simulated VMC machine does with its metal: elevator up, one turn, a look at the drop sensor, elevator down."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from msgspec import Struct

from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.coil import Coil
from kiosk.simulator.parts.vmc_lane import Body as Lane

LEAVES_S = 1.0
RETURNS_S = 4.0
"""Limits of spiral machines (Crane 1670065)."""
LOOKS_S = 0.6
"""So long after the motor stopped it must stand still and its item be seen: an item falls for a third of a second."""
LIFTS_S = 6.0
"""The elevator's way up, and its way down."""
TESTS_S = 0.1
"""So long it takes to find that there is no motor."""


class Says(IntEnum):
    """What is told of a drive."""

    DRIVING = 0x01
    GAVE = 0x02
    JAMMED = 0x03
    RUNS_ON = 0x04
    NO_MOTOR = 0x06
    RISING = 0x10
    SINKING = 0x11
    NOT_UP = 0x12
    NOT_DOWN = 0x13


class Job(Struct, eq=False):
    """One drive."""

    lane: Lane
    selection: int
    drop_sensor: bool
    elevator: bool
    dropped: int
    left: bool = False
    off: bool = False
    turns: int = 0
    began_home: bool = True


class Drive:
    """Drives one lane at a time. `tell` is told each step: a `Says`, and the selection."""

    def __init__(self, cabinet: Cabinet, tell: Callable[[Says, int, float], None]) -> None:
        self._cabinet = cabinet
        self._tell = tell
        self.job: Job | None = None
        self.blind = False
        """The drop sensor sees nothing."""
        self.stuck_up = self.stuck_down = False
        """The elevator does not come up, or not down."""

    def begin(self, lane: Lane, selection: int, *, drop_sensor: bool, elevator: bool, at: float) -> None:
        """Begin to drive a lane; nothing else is driven then."""
        assert self.job is None
        job = self.job = Job(lane, selection, drop_sensor, elevator, lane.dropped)
        self._tell(Says.DRIVING, selection, at)
        if not elevator:
            self._start(job, at)
            return
        self._tell(Says.RISING, selection, at)
        if self.stuck_up:
            self._later(job, at + LIFTS_S, lambda when: self._end(job, Says.NOT_UP, when))
        else:
            self._later(job, at + LIFTS_S, lambda when: self._start(job, when))

    def stop(self) -> None:
        """Lose power: the motor is off, and nobody knows what was to be done."""
        job, self.job = self.job, None
        if job is not None:
            job.lane.watch = None
            job.lane.energise(False)

    def _start(self, job: Job, at: float) -> None:
        if not job.lane.plugged:
            self._later(job, at + TESTS_S, lambda when: self._end(job, Says.NO_MOTOR, when))
            return
        job.left, job.off, job.began_home = False, False, job.lane.at_home
        job.turns += 1
        turn = job.turns
        job.lane.watch = lambda home, when: self._cam(job, home, when)
        job.lane.energise(True, held=False)
        self._later(job, at + LEAVES_S, lambda when: self._too_long(job, turn, when, leaving=True))
        self._later(job, at + LEAVES_S + RETURNS_S, lambda when: self._too_long(job, turn, when, leaving=False))

    def _cam(self, job: Job, home: bool, at: float) -> None:
        """Take note of the cam switch: home is where the motor stops, unless it does not."""
        if job.off:
            if not home and is_turning(job.lane, at):
                job.left = True
        elif not home:
            job.left = True
        elif job.left or not job.began_home:
            job.off, job.left = True, False
            job.lane.energise(False)
            self._later(job, at + LOOKS_S, lambda when: self._look(job, when))

    def _too_long(self, job: Job, turn: int, at: float, *, leaving: bool) -> None:
        if job.off or job.turns != turn or (leaving and (job.left or not job.began_home)):
            return
        job.off = True
        job.lane.energise(False)
        self._end(job, Says.JAMMED, at)

    def _look(self, job: Job, at: float) -> None:
        """See whether it stands, and whether an item fell."""
        if is_turning(job.lane, at):
            self._end(job, Says.RUNS_ON, at)
            return
        saw = job.lane.dropped > job.dropped and not self.blind
        if job.drop_sensor and not saw:
            if not job.began_home and job.turns == 1:
                self._start(job, at)  # it had stood in the middle of a turn, so that was less than a whole one
            else:
                self._end(job, Says.JAMMED, at)
        elif job.elevator:
            self._tell(Says.SINKING, job.selection, at)
            says = Says.NOT_DOWN if self.stuck_down else Says.GAVE
            self._later(job, at + LIFTS_S, lambda when: self._end(job, says, when))
        else:
            self._end(job, Says.GAVE, at)

    def _end(self, job: Job, says: Says, at: float) -> None:
        job.lane.watch = None
        self.job = None
        self._tell(says, job.selection, at)

    def _later(self, job: Job, when: float, do: Callable[[float], None]) -> None:
        self._cabinet.timeline.at(when, lambda at: do(at) if self.job is job else None)


def is_turning(lane: Coil, at: float) -> bool:
    """Say whether a coil moves."""
    return lane.seen(at).turning
