"""Carry out what `vend_steps` decides, on real parts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.clock import Clock
from kiosk.dispense.rules import vend_steps
from kiosk.dispense.rules.vend_steps import Effect, Event, Finish, Moved, Nudge, Turn, Watch, Watched
from kiosk.errors import HardwareError
from kiosk.hardware.api import DropSensor, Motor

log = logging.getLogger(__name__)

PROOFS = 3
"""So often a drop sensor is asked to show that it sees. A blind one never does; a busy computer may miss it."""


def attempt(
    motor: Motor,
    beam: DropSensor | None,
    clock: Clock,
    *,
    nudges: int,
    started: Callable[[], None],
    beat: Callable[[], None],
    ready: Callable[[], None] = lambda: None,
) -> Finish:
    """Make one attempt on one slot: move, watch, decide. Blocks for 2 to 20 s; the motor is off on return.

    `ready` is called when everything is prepared; if it raises, nothing moves. `started` is called right after the
    motor was first energised, `beat` at each step, to prove progress. The drop sensor is tested as the motor starts.
    A motor whose board does not answer ends as `unknown`, unless the drop was seen.
    """
    if beam is not None:
        beam.watch()
    proven = beam is not None and beam.proven()
    state, effect = vend_steps.begin(proven=proven, nudges=nudges, watched=motor.drops)
    ready()
    with clock.taking_part():
        while not isinstance(effect, Finish):
            event = _do(effect, motor, beam, clock, started)
            beat()
            state, effect = vend_steps.advance(state, event)
    return effect


def _do(effect: Effect, motor: Motor, beam: DropSensor | None, clock: Clock, started: Callable[[], None]) -> Event:
    if isinstance(effect, Watch):
        return _watch(effect.seconds, beam, clock)
    assert isinstance(effect, Turn | Nudge)
    tested = True

    def begun() -> None:
        nonlocal tested
        started()
        # Here, and not before: nobody has to wait for it, and nothing can have fallen yet.
        tested = beam is None or shows_that_it_sees(beam)

    try:
        return Moved(motor.turn(begun) if isinstance(effect, Turn) else motor.nudge(), tested)
    except HardwareError as error:
        log.debug("A motor did not answer: %s", error)
        return Moved("lost", tested)


def _watch(seconds: float, beam: DropSensor | None, clock: Clock) -> Watched:
    """Watch for a drop; when none came, have the sensor show that it would have seen one."""
    if beam is None:
        clock.sleep(seconds)
        return Watched(drops=0, proven=False)
    drops = beam.wait(seconds)
    if drops:
        # A second item that falls with the first follows within a moment; it must be counted with it.
        clock.sleep(vend_steps.SETTLE_S)
        return Watched(drops=beam.seen(), proven=True)
    proven = shows_that_it_sees(beam)
    return Watched(drops=beam.seen(), proven=proven)


def shows_that_it_sees(beam: DropSensor) -> bool:
    """Have a drop sensor show that it sees, again if it does not."""
    return any(beam.prove() for _ in range(PROOFS))
