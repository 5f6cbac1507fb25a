"""What hangs on the header, in real time: a coil that a motor turns, and a beam under it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, Self

from tests.kernel.chip import Chip

STEP_S = 0.002
ITEM_PASSES_S = 0.04
"""How long a falling item interrupts the beam."""

PULSES_S = 0.03
"""A servo wants a pulse every 20 ms."""
PULLS_S = 0.02
"""So long a solenoid pulls until the bolt is free."""


class Thing(Protocol):
    """Something that looks at outputs and drives inputs."""

    def step(self, now: float, passed_s: float) -> None: ...


class Moved(Thing, Protocol):
    """Something that an output moves."""

    turns: float
    """How often it went round, or was opened, since it was built."""
    missing: bool
    """Nothing is plugged in."""


class Machine:
    """The thread in which things happen. A thing that raises fails the test that built the machine."""

    def __init__(self, *things: Thing, step_s: float = STEP_S) -> None:
        self._things = things
        self._step_s = step_s
        self._stop = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="machine", daemon=True)

    def __enter__(self) -> Self:
        for thing in self._things:
            thing.step(time.monotonic(), 0.0)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        before = time.monotonic()
        try:
            while not self._stop.wait(self._step_s):
                now = time.monotonic()
                for thing in self._things:
                    thing.step(now, now - before)
                before = now
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever started this
            self._failed = error


class Input:
    """A line that a switch holds, whatever resistor a driver switches on at its pin."""

    def __init__(self, chip: Chip, line: int) -> None:
        self._chip = chip
        self._line = line

    def set(self, level: bool) -> None:
        """Pull the line to this level if it is not there."""
        if self._chip.level(self._line) != level:
            self._chip.pull(self._line, level)


class Coil:
    """A coil with a home switch. `driven` says whether its motor has power; `drop` is called once in each turn."""

    def __init__(
        self,
        chip: Chip,
        driven: Callable[[], Any],
        home_line: int,
        *,
        home_level: bool = False,
        turn_s: float = 0.5,
        home_told: Callable[[], Any] = lambda: True,
        drop: Callable[[], None] | None = None,
    ) -> None:
        """`home_told` says whether the line tells of the home switch at all."""
        self.turns = 0.0
        self.drop = drop
        self.missing = False
        self._driven = driven
        self._home = Input(chip, home_line)
        self._home_level = home_level
        self._home_told = home_told
        self._turn_s = turn_s

    def moves(self, passed_s: float) -> float:
        """Return how far it turns in this time while it has power."""
        return passed_s / self._turn_s

    def draws(self) -> bool:
        """Say whether current flows through its motor."""
        return bool(self._driven()) and not self.missing

    def step(self, _now: float, passed_s: float) -> None:
        if self.draws():
            before = self.turns
            self.turns += self.moves(passed_s)
            if self.drop and (before + 0.3) // 1 < (self.turns + 0.3) // 1:  # at seven tenths of the way round
                self.drop()
        home = self.turns % 1 < 0.08 and bool(self._home_told())
        self._home.set(home == self._home_level)


class SteppedCoil(Coil):
    """A coil that a stepper motor turns: one step each time the kernel drives the line high."""

    def __init__(self, chip: Chip, driven: Callable[[], Any], home_line: int, *, step_line: int, steps: int) -> None:
        super().__init__(chip, driven, home_line)
        self._rises = chip.rises(step_line)
        self._steps = steps

    def step(self, now: float, passed_s: float) -> None:
        self._made = self._rises()
        super().step(now, passed_s)

    def moves(self, _passed_s: float) -> float:
        return self._made / self._steps


class Pulsed:
    """Says whether a line gave a pulse lately, as a servo sees it."""

    def __init__(self, chip: Chip, line: int) -> None:
        self._rises = chip.rises(line)
        self._last = float("-inf")

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._rises():
            self._last = now
        return now - self._last < PULSES_S


class Lock:
    """A solenoid that opens a door once it has pulled for a moment; the door's line is then high."""

    def __init__(self, chip: Chip, driven: Callable[[], Any], door_line: int) -> None:
        self.turns = 0.0
        self.missing = False
        self._driven = driven
        self._door = Input(chip, door_line)
        self._pulled_s = 0.0

    def step(self, _now: float, passed_s: float) -> None:
        self._pulled_s = self._pulled_s + passed_s if self._driven() and not self.missing else 0.0
        if self._pulled_s > PULLS_S:
            self.turns = 1.0
        self._door.set(bool(self.turns))


class Beam:
    """A receiver that is low while an item falls past it, or while its emitter is dark."""

    def __init__(self, chip: Chip, line: int, emitter_line: int) -> None:
        self._chip = chip
        self._receiver = Input(chip, line)
        self._emitter_line = emitter_line
        self._until = 0.0

    def drop(self) -> None:
        """Let an item fall past."""
        self._until = time.monotonic() + ITEM_PASSES_S

    def step(self, now: float, _passed_s: float) -> None:
        self._receiver.set(bool(self._chip.level(self._emitter_line)) and now >= self._until)
