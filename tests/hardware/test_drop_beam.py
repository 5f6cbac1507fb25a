"""The drop beam counts every item once, proves itself, and says when it cannot see."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.simulator.faults import Fault
from tests.hardware.machine import Machine, machine

PIN = 16


@pytest.fixture
def beam(rig: Machine) -> Any:
    return rig.sensor("beam")


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path, emitter_pin=None) as running:
        yield running


def interrupt(rig: Machine, at: float, for_s: float) -> None:
    """Let something pass the beam, at machine time `at`."""
    pin = rig.pin(PIN)
    with rig.world._cabinet.timeline.lock:
        pin.report(at, False)
        pin.report(at + for_s, True)


def test_a_drop_is_seen_at_once(rig: Machine, beam: Any) -> None:
    motor = rig.motor()
    beam.watch()
    motor.turn(lambda: None)
    assert beam.wait(3.0) == 1
    assert beam.seen() == 1


def test_nothing_falls_and_the_wait_ends(rig: Machine, beam: Any) -> None:
    began = rig.board.clock.monotonic()
    beam.watch()
    assert beam.wait(3.0) == 0
    assert rig.board.clock.monotonic() - began >= 3.0


@pytest.mark.parametrize(
    ("gap_s", "items"), [(0.001, 1), (0.049, 1), (0.051, 2), (0.2, 2)], ids=["flutter", "one", "two", "far apart"]
)
def test_pulses_closer_than_merge_s_are_one_item(rig: Machine, beam: Any, gap_s: float, items: int) -> None:
    beam.prove()
    beam.watch()
    at = rig.board.clock.monotonic() + 1
    interrupt(rig, at, 0.02)
    interrupt(rig, at + 0.02 + gap_s, 0.02)
    assert beam.seen() == items


def test_a_pulse_of_a_tenth_of_a_millisecond_is_not_lost(rig: Machine, beam: Any) -> None:
    beam.prove()
    beam.watch()
    interrupt(rig, rig.board.clock.monotonic() + 1, 0.0001)
    assert beam.seen() == 1


def test_watch_forgets(rig: Machine, beam: Any) -> None:
    beam.prove()
    interrupt(rig, rig.board.clock.monotonic(), 0.02)
    rig.board.clock.sleep(0.2)
    beam.watch()
    assert beam.seen() == 0


def test_two_items_are_two(rig: Machine, beam: Any) -> None:
    rig.world.set_fault(Fault.DOUBLE_DROP, True, "A1")
    motor = rig.motor()
    beam.watch()
    motor.turn(lambda: None)
    beam.wait(3.0)
    rig.board.clock.sleep(1.0)
    assert beam.seen() == 2
    assert rig.world.inside("A1") == 6


def test_strays_are_told_but_the_proof_is_not(rig: Machine, beam: Any) -> None:
    strays: list[int] = []
    beam.on_stray(lambda: strays.append(1))
    beam.watch()
    assert beam.prove()
    assert strays == []
    interrupt(rig, rig.board.clock.monotonic() + 1, 0.02)
    assert strays == [1]
    assert beam.seen() == 1


def test_the_proof_holds_until_something_is_in_the_beam(rig: Machine, beam: Any) -> None:
    assert not beam.proven()
    assert beam.prove()
    assert beam.proven()
    assert beam.fault() is None
    rig.world.set_fault(Fault.BEAM_BLOCKED, True)
    assert not beam.proven()
    assert not beam.prove()
    rig.board.clock.sleep(0.6)
    assert "blocked" in beam.fault()
    rig.world.set_fault(Fault.BEAM_BLOCKED, False)
    assert beam.prove()
    assert beam.fault() is None


def test_a_dead_beam_fails_its_proof(rig: Machine, beam: Any) -> None:
    rig.world.set_fault(Fault.BEAM_DEAD, True)
    rig.board.clock.sleep(0.1)
    assert not beam.prove()
    assert "does not see" in beam.fault()


def test_a_beam_that_was_blocked_is_not_called_dead_once_it_is_clear(rig: Machine, beam: Any) -> None:
    rig.world.set_fault(Fault.BEAM_BLOCKED, True)
    assert not beam.prove()
    rig.board.clock.sleep(0.6)
    assert "blocked" in beam.fault()
    rig.world.set_fault(Fault.BEAM_BLOCKED, False)
    assert beam.fault() is None
    assert not beam.proven()
    assert beam.prove()
    assert beam.proven()


def test_without_an_emitter_pin_it_counts_but_proves_nothing(blind: Machine) -> None:
    beam, motor = blind.sensor("beam"), blind.motor()
    assert not beam.prove()
    assert not beam.proven()
    beam.watch()
    motor.turn(lambda: None)
    assert beam.wait(3.0) == 1
    assert beam.fault() is None


def test_the_proof_takes_at_most_20_ms(tmp_path: Path) -> None:
    with machine(tmp_path, speed=1.0) as real_time:
        beam = real_time.sensor("beam")
        real_time.world.set_fault(Fault.BEAM_DEAD, True)
        began = real_time.board.clock.monotonic()
        assert not beam.prove()
        assert real_time.board.clock.monotonic() - began < 0.045


def test_proven_takes_microseconds(beam: Any) -> None:
    beam.prove()
    began = time.perf_counter()
    for _ in range(100):
        beam.proven()
    assert (time.perf_counter() - began) / 100 < 100e-6


def test_close_twice_leaves_the_emitter_dark(rig: Machine, beam: Any) -> None:
    beam.close()
    beam.close()
    seen = rig.world.snapshot().beam
    assert seen is not None
    assert not seen.lit


def test_pins_that_fail_prove_nothing(beam: Any) -> None:
    """A pin that no longer answers makes the sensor unproven; it never stops a vend."""
    assert beam.prove()
    beam._emitter.close()
    assert beam.prove() is False
    assert beam.proven() is False
