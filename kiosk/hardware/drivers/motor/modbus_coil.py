"""A spiral motor on a relay of a Modbus board, its home switch on an input of the same board.

The board ends the motor's pulse itself, before a second item can fall, so a motor stops even if the computer dies or
the cable is pulled while it turns. An answer that is not certain to be the answer is not believed; a turn of which
nobody can say how it ended is an error, after the motor is off for certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.clock import Clock
from kiosk.config import Options as BaseOptions
from kiosk.config import controller_of
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.drivers.controller.modbus_relays import Driver as Relays
from kiosk.hardware.drivers.controller.modbus_relays import RefusedError, Seen
from kiosk.hardware.shared.coil.motor import CoilCurrent, CoilMotor
from kiosk.hardware.shared.coil.polled_switch import ARRIVES, BLIND_S, PolledSwitch
from kiosk.hardware.shared.coil.turn import CoilTurn, LeaveHome, MotorSeconds, QuarterTurn, ReturnHome, RunOn, advise

PULSE_TURNS = 1.6
"""A pulse is as long as so many turns: a slow motor comes home, and the next item, at 1.8 turns, stays in."""
HOMING_TURNS = 0.85
"""A coil that stands away from home gets so many: wherever it stands, one item at most falls; items lie 0.9 apart."""
STANDS_S = 1.0
"""So long it is asked where the coil stands, before a turn and after it."""
LOST_S = 0.5
"""A coil that turns unseen for so long is switched off."""

TENTHS = 4
"""Pulses differ by up to so many tenths of a second from turn to turn, so no late answer to one fits another."""
VARIES_FROM_S = 1.0
"""Shorter pulses, as for a quarter turn, are as long as they should be."""
ENDED_S = 0.5
"""So long after it should have ended a pulse has ended for certain, whenever the board heard of it."""
TRIED_S = 5.0
"""So long a board that does not time pulses is told to switch off, until it says that it did."""
PAUSE_S = 0.05

Channel = Annotated[int, Meta(ge=1, le=32)]


class Options(BaseOptions, frozen=True, kw_only=True):
    """One coil. Times are in seconds."""

    claims = (("controller", "relay"), ("controller", "input"))
    within = (("relay", "relays"), ("input", "inputs"))

    controller: Annotated[str, controller_of("modbus_relays")]
    relay: Annotated[Channel, Meta(description="The relay that switches the motor, from 1, as on the board")]
    input: Annotated[Channel, Meta(description="The input that the home switch is wired to, from 1")]
    home_closed: Annotated[bool, Meta(description="True if the home switch is closed, its input on, at home")] = True
    leave_home_s: LeaveHome = 1.0
    return_home_s: ReturnHome = 4.0
    turn_s: Annotated[
        MotorSeconds,
        Meta(
            description="Seconds of a whole turn, until one was measured. The board switches the motor off after 1.6 "
            "times as long, whatever happens, so that a second item cannot fall"
        ),
    ] = 2.5
    quarter_turn_s: QuarterTurn = 0.6
    current_a: CoilCurrent = 1.0


class Driver(CoilMotor):
    """A motor as in `kiosk.hardware.api.Motor`. One thread at a time may turn it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Find its relay board, which need not answer yet. Raises HardwareError if that has no such relay or input."""
        self._relays: Relays = board.controller(options.controller)
        has = self._relays.options
        for what, number, count in (("relay", options.relay, has.relays), ("input", options.input, has.inputs)):
            if number > count:
                raise HardwareError(f"Board {options.controller} has no {what} {number} for {name}: it has {count}.")
        self._motor = MotorRelay(name, self._relays, options.relay, board.clock)
        limit_s = options.leave_home_s + options.return_home_s + self._motor.stop_limit_s
        asking_s = 2 * STANDS_S + 15 * self._relays.answer_s
        super().__init__(name, board, current_a=options.current_a, limit_s=limit_s + asking_s)
        self._options = options
        self._turn_s = options.turn_s
        self._quarter_s = options.quarter_turn_s
        self._said: str | None = None
        self._closed = False
        self._run_on = RunOn()
        self._idle = PolledSwitch(board.clock.monotonic())
        self._idle_home: bool | None = None
        self._relays.listen(self._seen_idle)

    def runs_on(self) -> bool:
        """Say whether the home switch was seen to open and close after the last turn although the motor is off."""
        return self._run_on.seen(self._clock.monotonic())

    def close(self) -> None:
        """Switch off, if it may be on. May be called twice. The board's port belongs to its controller."""
        self._closed = True
        if self._motor.may_be_on():
            self._motor.off()

    def _turn(self, started: Callable[[], None]) -> Turn:
        return self._move(lambda at_home: self._run(started, at_home))

    def _nudge(self) -> Turn:
        return self._move(self._run_a_quarter)

    def _move(self, run: Callable[[bool], Turn]) -> Turn:
        """Run the motor from where it stands, which must be certain, for else it is not driven."""
        self._check_open()
        self._said = None
        with self._relays.in_use():
            try:
                at_home = self._stands()
            except HardwareError as error:
                self._said = f"{self._name}: {error} It was not driven."
                return Turn.ABSENT
            self._run_on.forget()
            self._idle_home = None
            return run(at_home)

    def _run(self, started: Callable[[], None], at_home: bool) -> Turn:
        limits = self._options
        most_s = min(
            limits.leave_home_s + limits.return_home_s, self._turn_s * (PULSE_TURNS if at_home else HOMING_TURNS)
        )
        try:
            began = self._clock.monotonic()
            if not self._energise(most_s):
                return Turn.ABSENT
            started()
            turn = CoilTurn(began, at_home=at_home, leave_s=limits.leave_home_s, return_s=limits.return_home_s)
            watch = PolledSwitch(began)
            ended = self._follow(turn, watch, at_home)
            took_s = self._clock.monotonic() - began
        finally:
            self._stop()
        return self._judged(ended, watch.blind_s, took_s)

    def _judged(self, ended: Turn, blind_s: float, took_s: float) -> Turn:
        """Return how the turn ended, now that the motor is off. Raises HardwareError if that is not certain."""
        self._check_open()
        home = self._stands()
        if ended in (Turn.COMPLETED, Turn.HOMED):
            if not home:
                return Turn.NOT_RETURNED
            if ended is Turn.COMPLETED:
                self._turn_s, self._quarter_s = took_s, took_s / 4
            return ended
        if blind_s > BLIND_S or home != (ended is Turn.NOT_STARTED):
            raise HardwareError(f"The answers of relay board {self._relays.name} have gaps. Check its two wires A, B.")
        return ended

    def _run_a_quarter(self, at_home: bool) -> Turn:
        try:
            if not self._energise(self._quarter_s):
                return Turn.ABSENT
            self._clock.sleep(self._quarter_s)
        finally:
            self._stop()
        return Turn.NOT_STARTED if at_home and self._stands() else Turn.COMPLETED

    def _follow(self, turn: CoilTurn, watch: PolledSwitch, told: bool) -> Turn:
        """Read the switch back to back until the turn is over. Raises HardwareError once it turns unseen."""
        while True:
            self._check_open()
            self._read(watch)
            if watch.blind_s > LOST_S:
                raise HardwareError(self._relays.fault() or f"Relay board {self._relays.name} does not answer.")
            now, seen = self._clock.monotonic(), watch.turned()
            if seen is not None and seen != told:
                told = seen
                if (ended := turn.switched(watch.since, seen)) is not None:
                    return ended
            changing = watch.home != told and watch.since <= turn.deadline
            if now >= self._motor.runs_until or (now > turn.deadline and not changing):
                return turn.overdue()

    def _stands(self) -> bool:
        """Say whether the coil, which is at rest, stands at home. Raises HardwareError if that cannot be told."""
        until = self._clock.monotonic() + STANDS_S
        switch = PolledSwitch(self._clock.monotonic())
        while self._clock.monotonic() < until:
            if (problem := self._read(switch)) is not None and not self._relays.reachable:
                raise problem
            if (home := switch.stands()) is not None:
                return home
        raise HardwareError(self._relays.fault() or f"The answers of relay board {self._relays.name} are disturbed.")

    def _read(self, switch: PolledSwitch) -> HardwareError | None:
        try:
            seen = self._relays.look()
        except HardwareError as error:
            if not self._relays.reachable:
                self._clock.sleep(PAUSE_S)  # a port that is gone fails at once
            switch.missed(self._clock.monotonic())
            return error
        switch.read(seen.at, self._at_home(seen), seen.stumbles)
        return None

    def _energise(self, seconds: float) -> bool:
        """Switch on; False if the board refused."""
        if refused := self._motor.on(seconds):
            self._said = f"{self._name}: {refused}"
        return refused is None

    def _stop(self) -> None:
        self._motor.off()
        self._run_on.stopped(self._clock.monotonic())

    def _at_home(self, seen: Seen) -> bool:
        return bool(seen.bits >> (self._options.input - 1) & 1) == self._options.home_closed

    def _seen_idle(self, seen: Seen) -> None:
        """Take a reading while nobody uses the board. Runs in the board's thread."""
        self._idle.read(seen.at, self._at_home(seen), seen.stumbles)
        if self._idle.agreeing < ARRIVES or self._idle.home == self._idle_home:
            return
        if self._idle_home is not None:
            self._run_on.changed(seen.at)
            self._relays.watch()
        self._idle_home = self._idle.home

    def _check_open(self) -> None:
        if self._closed:
            raise HardwareError(f"Motor {self._name} was given back already. Restart the kiosk to use it again.")

    def _advise(self, ended: Turn) -> str | None:
        board = f"of board {self._relays.name}"
        return self._said or advise(
            self._name,
            ended,
            motor=f"relay {self._options.relay} {board}",
            home=f"home switch (input {self._options.input} {board})",
            leave_s=self._options.leave_home_s,
            return_s=min(self._options.return_home_s, PULSE_TURNS * self._turn_s),
        )

    def _broken(self) -> str | None:
        return None


class MotorRelay:
    """A relay that switches the motor `name`: on once, for a while that the board counts, and off for certain."""

    def __init__(self, name: str, relays: Relays, relay: int, clock: Clock) -> None:
        """Prepare; nothing is switched."""
        self._name = name
        self._relays = relays
        self._relay = relay
        self._clock = clock
        self._pulses = 0
        self._timed = relays.options.pulses
        self._ends = self.runs_until = float("-inf")
        """`runs_until` is when the motor has had its time."""
        self.stop_limit_s = ENDED_S if self._timed else TRIED_S
        """How much longer than the motor's time `off` may take."""

    def on(self, seconds: float) -> str | None:
        """Switch the motor on for at most `seconds`; a sentence if the board refused, and it is off for certain.

        Raises HardwareError if nobody knows. `off` must follow whatever happens.
        """
        self._pulses += 1
        tenths = max(1, math.ceil(seconds * 10 - 1e-6) - (self._pulses % TENTHS if seconds > VARIES_FROM_S else 0))
        self.runs_until = self._clock.monotonic() + tenths / 10
        self._ends = self.runs_until + self.stop_limit_s
        try:
            if self._timed:
                self._relays.pulse(self._relay, tenths)
            else:
                self._relays.on(self._relay)
        except RefusedError as error:
            before = self._relays.stumbles
            if self._relays.is_on(self._relay) or self._relays.is_on(self._relay) or self._relays.stumbles != before:
                raise
            return str(error)
        return None

    def off(self) -> None:
        """Switch off until the board says that it is, or until its pulse has ended for certain.

        Raises HardwareError if the board does not time pulses and does not answer.
        """
        give_up = self._ends if self._timed else self._clock.monotonic() + TRIED_S
        while not self._is_off():
            if self._clock.monotonic() < give_up:
                continue
            if self._timed:
                break
            raise HardwareError(
                f"Motor {self._name} may still be on, as relay board {self._relays.name} does not answer: switch off "
                "the motors' power."
            )
        self._ends = float("-inf")

    def may_be_on(self) -> bool:
        """Say whether the motor may be on now."""
        return self._clock.monotonic() < self._ends

    def _is_off(self) -> bool:
        try:
            return self._relays.off(self._relay)
        except HardwareError:
            self._clock.sleep(PAUSE_S)  # a port that is gone fails at once
            return False
