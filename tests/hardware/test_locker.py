"""The physics of a locker: its bolt, its door, its visitor, and what outlives a power cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.simulator.faults import Fault
from kiosk.simulator.locker import PULSE_S, Locker
from kiosk.simulator.world import World, inside, motions
from tests.serial.lock_rig import AWAY_S, wall_config


@contextmanager
def machine(folder: Path, controller: str = "lock_board_8a") -> Iterator[World]:
    """A wall of lockers whose time passes only while the test sleeps, and then from event to event."""
    made = World.from_config(wall_config(folder, controller), flows=False)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with machine(tmp_path) as made:
        yield made


def locker_of(world: World, slot: str = "A1") -> Locker:
    locker: Locker = world.part(slot)
    return locker


def unlock(world: World, slot: str = "A1") -> Locker:
    """Pull a bolt once, as a board does, and return the locker."""
    locker = locker_of(world, slot)
    with locker.cabinet.timeline.lock:
        locker.unlock(locker.cabinet.timeline.now())
    return locker


def test_the_door_opens_and_the_visitor_takes_one_and_closes_it(world: World) -> None:
    locker = unlock(world)
    world.clock.sleep(1.0)
    assert (locker.opened, locker.says_open(), locker.count) == (True, True, 1)
    world.clock.sleep(AWAY_S)
    assert (locker.opened, locker.says_open(), locker.count) == (False, False, 0)
    assert locker.motions == 1
    assert locker.ran_s == pytest.approx(PULSE_S)
    assert not locker.energised
    assert world.inside("A2") == 1


@pytest.mark.parametrize(
    ("fault", "opened", "says_open", "left", "still_open"),
    [
        (Fault.BOLT_STUCK, False, False, 1, False),
        (Fault.LOCK_SWITCH_STUCK, True, False, 0, False),
        (Fault.ITEM_LEFT, True, True, 1, False),
        (Fault.DOOR_LEFT_OPEN, True, True, 0, True),
    ],
)
def test_what_each_fault_does(
    world: World, fault: Fault, opened: bool, says_open: bool, left: int, still_open: bool
) -> None:
    world.set_fault(fault, True, "A1")
    locker = unlock(world)
    world.clock.sleep(1.0)
    assert (locker.opened, locker.says_open()) == (opened, says_open)
    world.clock.sleep(AWAY_S)
    assert (locker.count, locker.opened) == (left, still_open)
    world.set_fault(fault, False, "A1")
    assert not locker.opened, "whoever ends the fault closes the door"
    unlock(world)
    world.clock.sleep(AWAY_S)
    assert (locker.count, locker.opened) == (0, False)


def test_a_bolt_that_is_still_pulled_does_not_catch(world: World) -> None:
    locker = locker_of(world)
    locker.energise(True, held=False)
    world.clock.sleep(0.2)
    assert locker.opened
    locker.set_open(False)
    world.clock.sleep(0.2)
    assert locker.opened
    locker.energise(False)
    locker.set_open(False)
    world.clock.sleep(0.2)
    assert not locker.opened


def test_a_power_cut_before_the_bolt_lets_go_leaves_it_locked(world: World) -> None:
    cut: list[bool] = []
    world.cut_power_at(0.01, lambda: cut.append(True))
    locker = unlock(world)
    world.clock.sleep(1.0)
    assert cut
    assert (locker.opened, locker.motions) == (False, 1)
    world.restore_power()
    unlock(world)
    world.clock.sleep(1.0)
    assert locker.opened


def test_staff_open_it_with_a_key_and_nobody_takes_anything(world: World) -> None:
    locker = locker_of(world)
    locker.set_open(True)
    world.clock.sleep(AWAY_S)
    assert (locker.opened, locker.count, locker.motions) == (True, 1, 0)
    world.take_out("A1", 1)
    with pytest.raises(ValueError, match="holds only 0"):
        world.take_out("A1", 1)
    world.put_in("A1", 1)
    with pytest.raises(ValueError, match="holds 1; 1 are inside"):
        world.put_in("A1", 1)
    locker.set_open(False)
    assert not locker.opened


def test_a_visitor_who_stands_there_outlives_the_process(tmp_path: Path) -> None:
    with machine(tmp_path) as first:
        unlock(first)
        locker_of(first, "A2").set_open(True)
        first.set_fault(Fault.ITEM_LEFT, True, "A3")
        first.clock.sleep(0.5)
        assert locker_of(first).opened
    assert inside(tmp_path) == {"A1": 1, "A2": 1, "A3": 1, "A16": 1}
    assert motions(tmp_path) == {"A1": 1, "A2": 0, "A3": 0, "A16": 0}
    with machine(tmp_path) as again:
        assert [locker.opened for locker in again.snapshot().lockers] == [True, True, False, False]
        again.clock.sleep(AWAY_S)
        assert [locker.opened for locker in again.snapshot().lockers] == [False, True, False, False]
        assert [locker.count for locker in again.snapshot().lockers] == [0, 1, 1, 1]
        assert again.snapshot().lockers[2].faults == (Fault.ITEM_LEFT,)
        assert again.snapshot().tray == 0


def test_a_board_keeps_its_faults(tmp_path: Path) -> None:
    with machine(tmp_path, "kerong_cu") as first:
        assert (first.dev_root / "serial/by-id/usb-locks").exists()
        first.set_fault(Fault.CABLE_OUT, True, "locks")
    with machine(tmp_path, "kerong_cu") as again:
        assert again.part("locks").faults == {Fault.CABLE_OUT}
        assert not (again.dev_root / "serial/by-id/usb-locks").exists()
