"""Whole vends: the unchanged drivers, the kernel's lines, and a coil that hangs on them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from kiosk.dispense.service.attempt import attempt
from kiosk.model import Outcome
from tests.kernel.machine import Beam, Coil, Machine
from tests.kernel.rig import Rig

MOTOR, HOME, RECEIVER, EMITTER = 5, 6, 16, 17


class Kiosk:
    """A coil over a beam, and the drivers of both."""

    def __init__(self, rig: Rig, stack: ExitStack) -> None:
        self.rig = rig
        self.beam_of_light = Beam(rig.chip, RECEIVER, EMITTER)
        self.coil = Coil(rig.chip, lambda: rig.chip.level(MOTOR), HOME, drop=self.beam_of_light.drop)
        self.motor = rig.open("motor", "gpio_spiral", motor_pin=MOTOR, home_pin=HOME)
        self.beam = rig.open("sensor", "drop_beam", pin=RECEIVER, emitter_pin=EMITTER)
        stack.enter_context(Machine(self.beam_of_light, self.coil))
        rig.clock.sleep(0.05)
        assert self.beam.prove()

    def vend(self) -> Any:
        done = attempt(self.motor, self.beam, self.rig.clock, nudges=0, started=lambda: None, beat=lambda: None)
        assert self.rig.chip.level(MOTOR) == 0
        assert self.rig.board.fault() is None
        return done


@pytest.fixture
def kiosk(rig: Rig) -> Any:
    with ExitStack() as stack:
        yield Kiosk(rig, stack)


def test_an_item_is_dispensed(kiosk: Kiosk) -> None:
    done = kiosk.vend()
    assert (done.outcome, done.certain, done.drops) == (Outcome.DISPENSED, True, 1)
    assert kiosk.coil.turns == pytest.approx(1, abs=0.1)
    assert [write.level for write in kiosk.rig.chip.writes(MOTOR)] == [0, 1, 0]


def test_nothing_fell_and_the_beam_shows_that_it_would_have_seen_it(kiosk: Kiosk) -> None:
    kiosk.coil.drop = None
    done = kiosk.vend()
    assert (done.outcome, done.certain, done.drops) == (Outcome.JAMMED, True, 0)


def test_a_coil_that_does_not_move_did_not_start(kiosk: Kiosk) -> None:
    kiosk.coil.missing = True
    done = kiosk.vend()
    assert (done.outcome, done.certain, done.drops) == (Outcome.NOT_STARTED, True, 0)
    on, off = kiosk.rig.chip.writes(MOTOR)[-2:]
    assert (on.level, off.level) == (1, 0)
    assert off.at - on.at == pytest.approx(1.0, abs=0.05)
