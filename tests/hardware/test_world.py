"""The simulated machine: its faults, its truth after a crash, and what can be seen of it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.errors import HardwareError, NotFoundError
from kiosk.hardware.api import Turn
from kiosk.hardware.pins import open_board
from kiosk.simulator.faults import COIL_FAULTS, LOCKER_FAULTS, Fault
from kiosk.simulator.snapshot import WorldSnapshot
from kiosk.simulator.world import STATE_FILE, World, inside, motions
from tests.children import child
from tests.hardware.machine import Machine, config, machine


def vend(rig: Machine, motor: Any, beam: Any) -> tuple[Turn, int]:
    """Turn once; return how that ended and how many items were seen within three seconds."""
    beam.watch()
    ended = motor.turn(lambda: None)
    beam.wait(3.0)
    rig.board.clock.sleep(0.5)
    return ended, beam.seen()


@pytest.mark.parametrize(
    ("fault", "ended", "seen", "left"),
    [
        (None, Turn.COMPLETED, 1, 7),
        (Fault.JAM, Turn.COMPLETED, 0, 8),
        (Fault.STALL, Turn.NOT_RETURNED, 0, 8),
        (Fault.HANG, Turn.COMPLETED, 0, 8),
        (Fault.DOUBLE_DROP, Turn.COMPLETED, 2, 6),
        (Fault.MOTOR_MISSING, Turn.NOT_STARTED, 0, 8),
        (Fault.HOME_STUCK, Turn.NOT_STARTED, 0, 8),
        (Fault.BEAM_DEAD, Turn.COMPLETED, 0, 7),
        (Fault.BEAM_BLOCKED, Turn.COMPLETED, 0, 7),
        (Fault.DOOR_OPEN, Turn.COMPLETED, 1, 7),
        (Fault.HEAT, Turn.COMPLETED, 1, 7),
        (Fault.BUTTON_STUCK, Turn.COMPLETED, 1, 7),
    ],
)
def test_what_each_fault_does(rig: Machine, fault: Fault | None, ended: Turn, seen: int, left: int) -> None:
    motor, beam = rig.motor(), rig.sensor("beam")
    beam.prove()
    if fault:
        rig.world.set_fault(fault, True, "A1" if fault in COIL_FAULTS else None)
        assert str(fault) in rig.world.snapshot().faults
    assert vend(rig, motor, beam) == (ended, seen)
    assert rig.world.inside("A1") == left
    assert rig.world.inside("A2") == 8


def test_after_a_jam_is_cleared_nothing_was_lost(rig: Machine) -> None:
    motor, beam = rig.motor(), rig.sensor("beam")
    rig.world.set_fault(Fault.JAM, True, "A1")
    for _ in range(3):
        assert vend(rig, motor, beam) == (Turn.COMPLETED, 0)
    rig.world.set_fault("jam", False)
    for left in reversed(range(8)):
        assert vend(rig, motor, beam) == (Turn.COMPLETED, 1)
        assert rig.world.inside("A1") == left


def test_every_fault_has_a_plain_name() -> None:
    assert len({fault.label for fault in Fault}) == len(Fault)
    assert {fault for fault in Fault if fault.per_slot} == COIL_FAULTS | LOCKER_FAULTS


def test_a_part_that_is_not_there_is_a_sentence(rig: Machine) -> None:
    with pytest.raises(NotFoundError, match="no slot Z9"):
        rig.world.inside("Z9")
    with pytest.raises(NotFoundError, match='no button "bell"'):
        rig.world.press("bell")
    with pytest.raises(NotFoundError, match="cannot happen to beam"):
        rig.world.set_fault(Fault.JAM, True, "beam")
    with pytest.raises(ValueError, match="is not a valid Fault"):
        rig.world.set_fault("gremlins", True)


def test_a_driver_without_a_counterpart_is_a_sentence(tmp_path: Path) -> None:
    plain = config(tmp_path)
    strange = msgspec.structs.replace(plain, slots=(msgspec.structs.replace(plain.slots[0], driver="magnet"),))
    with pytest.raises(HardwareError, match='no counterpart for the driver "magnet"'):
        open_board(strange)


def test_items_are_put_in_and_taken_out(rig: Machine) -> None:
    with pytest.raises(ValueError, match="holds 8; 8 are inside"):
        rig.world.put_in("A1", 1)
    rig.world.take_out("A1", 8)
    with pytest.raises(ValueError, match="only 0"):
        rig.world.take_out("A1", 1)
    motor, beam = rig.motor(), rig.sensor("beam")
    assert vend(rig, motor, beam) == (Turn.COMPLETED, 0)
    rig.world.put_in("A1", 3)
    for left in (2, 1, 0):
        assert vend(rig, motor, beam) == (Turn.COMPLETED, 1)
        assert rig.world.inside("A1") == left
    assert rig.world.snapshot().tray == 3
    assert rig.world.empty_tray() == 3
    assert rig.world.snapshot().tray == 0


def test_what_can_be_seen_of_a_vend(tmp_path: Path) -> None:
    with machine(tmp_path, speed=20.0) as rig:
        rig.light()
        rig.sensor("beam")
        motor, seen = rig.motor(), list[WorldSnapshot]()
        motor.turn(lambda: seen.append(rig.world.snapshot()))
        assert seen[0].coils[0].turning
        assert rig.until(lambda: bool(rig.world.snapshot().tray))
        after = rig.world.snapshot()
        assert [coil.slot for coil in after.coils] == ["A1", "A2"]
        assert (after.coils[0].count, after.coils[0].motions, after.coils[0].capacity) == (7, 1, 8)
        assert after.beam is not None
        assert (after.beam.lit, after.beam.broken, after.door_open, after.speed) == (True, False, False, 20.0)
        assert [button.name for button in after.buttons] == ["naloxone"]
        assert msgspec.json.decode(msgspec.json.encode(after), type=WorldSnapshot) == after


def test_an_item_can_be_seen_falling(tmp_path: Path) -> None:
    with machine(tmp_path) as rig:
        rig.world._cabinet.drop("A1", rig.board.clock.monotonic())
        progress = []
        while rig.world.snapshot().falling:
            progress += [item.progress for item in rig.world.snapshot().falling]
            rig.board.clock.sleep(0.01)
        assert progress == sorted(progress)
        assert 0 <= progress[0] < 0.5 < progress[-1] <= 1


def test_an_idle_machine_does_nothing(tmp_path: Path) -> None:
    with machine(tmp_path, speed=1.0) as rig:
        rig.motor()
        rig.button()
        time.sleep(0.1)
        began = time.process_time()
        time.sleep(0.4)
        assert time.process_time() - began < 0.02


def test_the_same_seed_gives_the_same_machine(tmp_path: Path) -> None:
    def items(name: str) -> tuple[float, ...]:
        with machine(tmp_path / name) as rig:
            return rig.world.snapshot().coils[0].items

    assert items("one") == items("two")


def test_power_that_is_cut_stops_the_motor_where_it_is(rig: Machine) -> None:
    cut: list[float] = []
    rig.world.cut_power_at(1.0, lambda: cut.append(rig.world.snapshot().coils[0].angle))
    assert rig.motor().turn(lambda: None) is Turn.NOT_RETURNED
    assert 0.3 < cut[0] < 0.5
    seen = rig.world.snapshot()
    assert not seen.powered
    assert seen.coils[0].angle == pytest.approx(cut[0], abs=0.02)
    rig.world.restore_power()
    assert rig.motor("A2").turn(lambda: None) is Turn.COMPLETED


def test_power_can_be_cut_before_anything_moves(rig: Machine) -> None:
    cut: list[float] = []
    rig.world.cut_power_at(0, lambda: cut.append(rig.world.snapshot().coils[0].angle))
    motor, at_start = rig.motor(), rig.world.snapshot().coils[0].angle
    assert motor.turn(lambda: None) is Turn.NOT_STARTED
    assert cut == [at_start]


def test_contents_and_faults_outlive_the_process(tmp_path: Path) -> None:
    with machine(tmp_path) as rig:
        motor, beam = rig.motor(), rig.sensor("beam")
        vend(rig, motor, beam)
        vend(rig, motor, beam)
        rig.world.empty_tray()
        vend(rig, motor, beam)
        rig.world.set_fault(Fault.JAM, True, "A2")
        rig.world.set_door(True)
        rig.world.set_temperature(30.0)
        before = rig.world.snapshot()
    assert inside(tmp_path) == {"A1": 5, "A2": 8}
    assert motions(tmp_path) == {"A1": 3, "A2": 0}
    with machine(tmp_path) as again:
        after = again.world.snapshot()
        assert (after.tray, after.door_open, after.temperature, after.faults) == (1, True, 30.0, ("jam",))
        assert [coil.items for coil in after.coils] == [pytest.approx(coil.items, abs=0.02) for coil in before.coils]


def test_a_torn_last_line_is_not_read(tmp_path: Path) -> None:
    with machine(tmp_path) as rig:
        rig.world.take_out("A1", 3)
    file = tmp_path / STATE_FILE
    file.write_bytes(file.read_bytes() + b'{"part":"slot A1","now":{"ang')
    assert inside(tmp_path) == {"A1": 5, "A2": 8}
    with machine(tmp_path) as again:
        assert again.world.inside("A1") == 5


def test_without_keeping_nothing_is_written(tmp_path: Path) -> None:
    world = World.from_config(config(tmp_path), keep=False)
    world.take_out("A1", 1)
    world.close()
    assert not (tmp_path / STATE_FILE).exists()


VICTIM = """
import sys
from pathlib import Path
from tests.hardware.machine import machine
with machine(Path(sys.argv[1]), speed=200.0) as rig:
    motor, beam = rig.motor(), rig.sensor("beam")
    while True:
        if rig.world.inside("A1") == 0:
            rig.world.put_in("A1", 8)
        beam.watch()
        print("turn", flush=True)
        motor.turn(lambda: print("on", flush=True))
        print("seen", beam.wait(3.0), flush=True)
"""


def test_a_killed_process_leaves_the_truth(tmp_path: Path) -> None:
    """Whatever was seen above the pins before the kill is in the kept contents."""
    chance = random.Random(3)
    for number in range(8):
        state = tmp_path / str(number)
        with child([sys.executable, "-c", VICTIM, str(state)], stdout=subprocess.PIPE) as victim:
            assert victim.stdout is not None
            victim.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            victim.kill()
            said = ["turn", *victim.stdout.read().split("\n")]
        turns, drops = (
            said.count("on"),
            sum(int(line.removeprefix("seen ")) for line in said if line.startswith("seen ")),
        )
        assert motions(state)["A1"] - turns in (0, 1)
        gone = -inside(state)["A1"] % 8
        assert (gone - drops) % 8 in (0, 1)


def test_speed_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    with machine(tmp_path, speed=1.0) as rig:
        rig.board.clock.speed = 100.0
        before = rig.board.clock.monotonic()
        time.sleep(0.02)
        assert rig.board.clock.monotonic() - before > 1.5
        assert rig.world.snapshot().speed == 100.0
