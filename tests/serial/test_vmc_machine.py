"""What drivers make of everything that a VMC machine can say or fail to say, with its real bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.hardware.api import Turn
from kiosk.hardware.shared.protocol.vmc_codes import SOLD_OUT, STATES
from kiosk.hardware.shared.protocol.vmc_frames import POLL, Command, frame
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Mangle
from tests.serial.vmc import Rig, rig


@contextmanager
def machine(state: Path, more: str = "", lane: str = "") -> Iterator[Rig]:
    with rig(state, more, lane) as made:
        yield made
        assert made.violations() == []


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Rig]:
    with machine(tmp_path) as one:
        yield one


def only(keep: Callable[[bytes], bool]) -> Mangle:
    """Return noise that loses every frame but some."""
    return lambda data: [(0.0, data)] if keep(data) else []


def is_result(data: bytes) -> bool:
    return data[2] == Command.STATUS and data[5] != 0x01


def replaced(command: int, place: int, value: int) -> Mangle:
    """Return noise that makes another frame, with a right checksum, of each frame with this command."""

    def change(data: bytes) -> list[tuple[float, bytes]]:
        if data[2] != command or (command == Command.STATUS and not is_result(data)):
            return [(0.0, data)]
        body = bytearray(data[2:-1])
        body[place - 2] = value
        return [(0.0, frame(body[0], bytes(body[2:])))]

    return change


def test_a_sensor_that_saw_is_believed(made: Rig) -> None:
    assert made.turn() == Turn.DELIVERED
    assert made.world.motions("A1") == 1


@pytest.mark.parametrize("state", STATES)
def test_what_the_machine_will_not_drive_is_not_driven(tmp_path: Path, state: int) -> None:
    with machine(tmp_path, lane=", try_sold_out = false") as made:
        _not_driven(made, state)


def _not_driven(made: Rig, state: int) -> None:
    made.body.states[11] = state
    assert made.turn() == Turn.ABSENT
    assert made.motors["A1"].advice() == f"A1: the machine says that selection 11 {STATES[state]}."
    assert made.motors["A1"].fault() == made.motors["A1"].advice()
    assert made.world.motions("A1") == 0
    made.body.states.clear()
    assert made.turn() == Turn.DELIVERED
    assert made.motors["A1"].fault() is None


def test_a_state_that_nobody_knows_is_left_to_the_machine(made: Rig) -> None:
    made.body.states[11] = 0x77
    assert made.turn() == Turn.DELIVERED


def test_a_counter_that_nobody_keeps_does_not_matter(made: Rig) -> None:
    made.body.states[11] = SOLD_OUT
    assert made.turn() == Turn.DELIVERED


def test_a_machine_that_does_not_answer_questions_is_driven_all_the_same(made: Rig) -> None:
    made.drive(only(lambda data: data[2] != Command.STATE))
    assert made.turn() == Turn.DELIVERED


@pytest.mark.parametrize(
    ("fault", "ended", "words"),
    [
        (Fault.MOTOR_MISSING, Turn.NOT_STARTED, "has no motor: check its number and its motor plug"),
        (Fault.JAM, Turn.NOT_RETURNED, "jammed"),
        (Fault.STALL, Turn.NOT_RETURNED, "jammed"),
        (Fault.MOTOR_RUNS_ON, Turn.NOT_RETURNED, "does not stop: switch the machine off"),
    ],
)
def test_what_the_machine_says_went_wrong(made: Rig, fault: Fault, ended: Turn, words: str) -> None:
    made.world.set_fault(fault, True, "A1")
    assert made.turn() == ended
    advice = made.motors["A1"].advice()
    assert advice.startswith("A1: the machine says that selection 11 ")
    assert words in advice
    made.world.set_fault(fault, False, "A1")


def test_a_motor_that_ran_on_is_sound_once_it_gave(made: Rig) -> None:
    made.world.set_fault(Fault.MOTOR_RUNS_ON, True, "A1")
    made.turn()
    assert made.motors["A1"].runs_on()
    assert not made.motors["A2"].runs_on()
    assert made.turn() == Turn.ABSENT, "it still turns"
    assert made.motors["A1"].runs_on()
    made.world.set_fault(Fault.MOTOR_RUNS_ON, False, "A1")
    made.begin()
    made.clock.sleep(1.0)
    made.turn()
    assert not made.motors["A1"].runs_on()


def test_a_blind_sensor_makes_a_jam_of_what_fell(made: Rig) -> None:
    made.body.drive.blind = True
    assert made.turn() == Turn.NOT_RETURNED
    assert made.world.inside("A1") == 199


def test_without_a_sensor_nothing_is_known_to_have_come_out(tmp_path: Path) -> None:
    with machine(tmp_path, ", drop_sensor = false") as made:
        made.world.set_fault(Fault.JAM, True, "A1")
        assert made.turn() == Turn.COMPLETED
        made.world.set_fault(Fault.JAM, False, "A1")


@pytest.mark.parametrize(("stuck", "left"), [("stuck_up", 200), ("stuck_down", 199)])
def test_an_elevator_that_is_stuck(tmp_path: Path, stuck: str, left: int) -> None:
    with machine(tmp_path, ", elevator = true") as made:
        setattr(made.body.drive, stuck, True)
        assert made.turn() == Turn.NOT_RETURNED
        assert "elevator" in made.motors["A1"].advice()
        assert made.world.inside("A1") == left
        made.body.health = 0x01
        made.clock.sleep(80.0)
        assert "take it out, and count" in made.controller.fault()


@pytest.mark.parametrize(("more", "vend_s"), [("", 30), (", elevator = true", 60), (", vend_s = 90", 90)])
def test_a_turn_may_take_what_the_machine_needs(tmp_path: Path, more: str, vend_s: float) -> None:
    with machine(tmp_path, more) as made:
        assert vend_s < made.motors["A1"].limit_s == made.controller.limit_s < vend_s + 15


def test_a_machine_without_power_moves_nothing_for_certain(made: Rig) -> None:
    made.world.set_fault(Fault.BOARD_OFF, True)
    assert made.turn() == Turn.ABSENT
    made.clock.sleep(4.0)
    assert "does not poll; check that it is on" in made.controller.fault()
    assert made.turn() == Turn.ABSENT
    assert "does not poll" in made.motors["A1"].advice()
    made.world.set_fault(Fault.BOARD_OFF, False)
    made.clock.sleep(1.0)
    assert made.controller.fault() is None
    assert made.turn() == Turn.DELIVERED


def test_a_cable_that_is_out_is_told_with_the_machine_named_once(made: Rig) -> None:
    made.world.set_fault(Fault.CABLE_OUT, True)
    made.clock.sleep(4.0)
    told = made.controller.fault()
    assert "does not answer at" in told
    assert told.count("machine") == 1
    made.world.set_fault(Fault.CABLE_OUT, False)


def test_a_machine_that_cannot_hear_us_moves_nothing_for_certain(made: Rig) -> None:
    made.drive(None, lambda _data: [])
    assert made.turn() == Turn.ABSENT
    assert "takes up nothing; check the wire from the kiosk" in made.motors["A1"].advice()


def test_an_order_that_was_not_acknowledged_is_not_known_to_be_lost(made: Rig) -> None:
    made.drive(None, only(lambda data: data[2] != Command.DRIVE))
    assert made.turn() == "lost"
    assert made.world.motions("A1") == 0
    assert "did not say whether it took up an order" in made.motors["A1"].advice()


def test_an_order_whose_acknowledgements_are_lost_is_carried_out_once(made: Rig) -> None:
    made.drive(only(lambda data: data[2] != Command.ACK))
    assert made.turn() == Turn.DELIVERED
    assert made.world.motions("A1") == 1


def test_a_drive_of_which_nothing_more_is_heard_is_lost_in_time(made: Rig) -> None:
    made.drive(only(lambda data: data[2] != Command.STATUS))
    assert made.turn() == "lost"
    assert made.world.motions("A1") == 1
    assert made.took_s[0] > 30.0


def test_an_ending_that_is_said_only_once_is_worth_half(made: Rig) -> None:
    said: list[bytes] = []

    def first(data: bytes) -> bool:
        said.extend([data] * is_result(data))
        return not is_result(data) or len(said) == 1

    made.drive(only(first))
    assert made.turn() == Turn.COMPLETED
    assert len(said) == 5


@pytest.mark.parametrize("code", [0x24, 0x02, 0x07, 0xFF, 0x77])
def test_every_ending_is_worth_what_it_says(made: Rig, code: int) -> None:
    made.drive(replaced(Command.STATUS, 5, code))
    ends = {0x02: Turn.DELIVERED, 0x24: Turn.COMPLETED, 0x07: Turn.NOT_RETURNED}
    assert made.turn() == ends.get(code, "lost")


def test_a_question_that_the_line_makes_an_order_of_counts_as_one(made: Rig) -> None:
    """Two wrong bits in one column of a CHECK make a BUY of it that no checksum notices."""
    made.drive(None, replaced(Command.CHECK, 2, Command.BUY))
    assert made.turn() == Turn.COMPLETED
    assert made.world.motions("A1") == 1


def test_what_another_selection_gave_is_told(made: Rig) -> None:
    made.drive(None, replaced(Command.DRIVE, 8, 12))
    assert made.turn() == "lost"
    assert made.world.inside("A2") == 199
    assert "from selection 12 though the kiosk had not asked for it: count that slot" in made.controller.fault()
    made.told["A2"].append("told as a fault")


def test_power_lost_in_the_middle_is_told_as_not_known(made: Rig) -> None:
    lane = made.world.part("A1")

    def cut() -> None:
        assert lane.energised
        made.world.set_fault(Fault.BOARD_OFF, True)
        made.world.set_fault(Fault.BOARD_OFF, False)

    with pytest.raises(Exception, match="did not say how it ended"):
        made.motors["A1"].turn(cut)
    assert not lane.energised
    made.told["A1"].append("lost")
    made.turn()
    assert made.turn() == Turn.DELIVERED


class Stopwatch:
    """Notes how long each answer to a poll takes, in seconds of real time."""

    def __init__(self) -> None:
        self._polled: float | None = None
        self.took_s: list[float] = []

    def says(self, data: bytes) -> list[tuple[float, bytes]]:
        self._polled = time.monotonic() if data == POLL else None
        return [(0.0, data)]

    def hears(self, data: bytes) -> list[tuple[float, bytes]]:
        if self._polled is not None:
            self.took_s.append(time.monotonic() - self._polled)
        return [(0.0, data)]


def test_polls_are_answered_in_time(tmp_path: Path) -> None:
    with rig(tmp_path) as made:
        watch = Stopwatch()
        made.drive(watch.says, watch.hears)
        made.clock.sleep(2.5)
        assert len(watch.took_s) >= 8
        assert max(watch.took_s) < 0.02
