"""The MDB machine as a visitor meets it, with everything that can go wrong between its interface and the kiosk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Controller, Motor, Selector, Turn
from kiosk.hardware.drivers.controller.qibixx_mdb import Lane
from kiosk.hardware.shared.protocol.mdb_interface import KEEP_S, LOOK_S, SILENT_S
from kiosk.simulator.faults import Fault
from tests.serial.mdb import ITEMS, Rig, rig


@pytest.fixture
def mdb(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as made:
        yield made


def test_it_keeps_the_promises_of_its_kinds(mdb: Rig) -> None:
    assert isinstance(mdb.controller, Controller)
    assert isinstance(mdb.controller, Selector)
    assert isinstance(mdb.motors["A1"], Motor)
    assert not mdb.motors["A1"].drops


def test_a_visitor_chooses_and_gets(mdb: Rig) -> None:
    mdb.choose("A2")
    assert mdb.controller.asked() == ITEMS["A2"]
    assert mdb.turn("A2") is Turn.DELIVERED
    assert mdb.selected == ["A2"]
    assert (mdb.world.inside("A1"), mdb.world.inside("A2"), mdb.world.inside("A3")) == (200, 199, 200)
    assert mdb.interface.answers[:3] == ["C,0", "C,SETCONF,mdb-always-idle=1", "C,1"]
    assert mdb.words() == ["C,VEND,0.12"]
    assert mdb.controller.asked() is None


def test_a_machine_without_a_drop_sensor_only_turned(tmp_path: Path) -> None:
    with rig(tmp_path, drop_sensor=False) as mdb:
        mdb.world.set_fault(Fault.JAM, True, "A1")
        mdb.choose()
        assert mdb.turn() is Turn.COMPLETED
        assert mdb.world.inside("A1") == 200


@pytest.mark.parametrize("fault", [Fault.JAM, Fault.STALL, Fault.MOTOR_MISSING, Fault.HOME_STUCK])
def test_what_the_machine_could_not_give_out_is_no_success(mdb: Rig, fault: Fault) -> None:
    mdb.world.set_fault(fault, True, "A1")
    mdb.choose()
    assert mdb.turn() is Turn.NOT_RETURNED
    assert "A1: the machine says that it could not give out item 11" in mdb.motors["A1"].advice()
    mdb.world.set_fault(fault, False, "A1")


def test_nothing_moves_when_nobody_chose(mdb: Rig) -> None:
    assert mdb.turn() is Turn.ABSENT
    assert mdb.motors["A1"].advice() == "A1: nothing was moved. Choose item 11 on the machine's own keypad."
    assert mdb.motors["A1"].nudge() is Turn.ABSENT
    mdb.choose("A2")
    assert mdb.turn("A1") is Turn.ABSENT
    assert mdb.turn("A2") is Turn.DELIVERED


def test_what_the_kiosk_refuses_is_denied_at_once(mdb: Rig) -> None:
    mdb.takes = False
    mdb.choose()
    assert mdb.until(lambda: mdb.machine.denied == [11])
    assert mdb.heard("C,STOP") == 1
    assert mdb.turn() is Turn.ABSENT
    mdb.takes = True
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_an_interface_that_denies_by_amount_only_is_told_so_as_well(mdb: Rig) -> None:
    mdb.interface.denies_by_amount = True
    mdb.takes = False
    mdb.choose()
    assert mdb.until(lambda: mdb.machine.denied == [11])
    assert mdb.words() == ["C,STOP", "C,VEND,-1"]


def test_a_request_is_refused_when_nobody_has_answered_it_in_time(tmp_path: Path) -> None:
    with rig(tmp_path, answer_s=5) as mdb:
        mdb.choose()
        began = mdb.clock.monotonic()
        assert mdb.until(lambda: mdb.machine.denied == [11])
        assert 4 < mdb.clock.monotonic() - began < 60
        assert mdb.turn() is Turn.ABSENT


def test_a_slot_that_gives_nothing_now_declines(mdb: Rig) -> None:
    mdb.choose()
    mdb.motors["A2"].decline()
    assert mdb.controller.asked() == 11
    mdb.motors["A1"].decline()
    assert mdb.until(lambda: mdb.machine.denied == [11])
    assert mdb.turn() is Turn.ABSENT


def test_a_request_that_was_cancelled_is_never_approved(mdb: Rig) -> None:
    mdb.choose()
    mdb.interface.cancel()
    assert mdb.until(lambda: mdb.controller.asked() is None)
    assert mdb.turn() is Turn.ABSENT
    assert mdb.machine.approved == []


def test_a_machine_that_does_not_wait_withdraws(mdb: Rig) -> None:
    mdb.machine.patience_s = 2.0
    mdb.choose()
    assert mdb.until(lambda: mdb.controller.asked() is None)
    assert mdb.turn() is Turn.ABSENT


def test_an_item_that_no_slot_has_is_refused_and_told(mdb: Rig) -> None:
    assert mdb.until(lambda: mdb.interface.choose(99))
    assert mdb.until(lambda: mdb.machine.denied == [99])
    assert "asked for item 99, which no slot of kiosk.toml has" in mdb.controller.fault()
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED
    assert mdb.controller.fault() is None


def test_an_item_at_another_price_is_refused_and_told(mdb: Rig) -> None:
    mdb.machine.lanes[11].price = "1.50"
    assert mdb.until(lambda: mdb.interface.choose(11))
    assert mdb.until(lambda: mdb.machine.denied == [11])
    assert "A1: the machine wants 1.50 for item 11, and kiosk.toml says 0.11" in mdb.controller.fault()
    assert mdb.selected == []


def test_without_a_price_whatever_is_asked_is_approved(tmp_path: Path) -> None:
    with rig(tmp_path, prices=False) as mdb:
        mdb.choose()
        assert mdb.turn() is Turn.DELIVERED
        assert mdb.heard("C,VEND,1.00") == 1


def test_a_request_waits_for_a_kiosk_that_starts(mdb: Rig) -> None:
    mdb.controller.on_select(None)
    assert mdb.until(lambda: mdb.interface.choose(11))
    assert mdb.until(lambda: mdb.controller.asked() == 11)
    assert mdb.selected == []
    mdb.controller.on_select(mdb._select)
    assert mdb.until(lambda: mdb.selected == ["A1"])
    assert mdb.turn() is Turn.DELIVERED


def test_who_comes_right_after_a_lost_vend_is_not_refused_because_it_is_still_written_down(tmp_path: Path) -> None:
    """The machine is through with the last visitor, and the kiosk has not heard how it went."""
    with rig(tmp_path) as mdb:

        def lose_the_result() -> None:
            mdb.interface.line.mangle = lambda said: [] if b"SUCCESS" in said else [(0.0, said)]

        mdb.choose()
        assert mdb.turn(started=lose_the_result) is None
        mdb.takes = False
        assert mdb.until(lambda: mdb.interface.choose(12))
        assert mdb.until(lambda: len(mdb.selected) > 3)
        assert mdb.machine.denied == []
        mdb.takes = True
        mdb.interface.line.mangle = None
        assert mdb.turn("A2") is Turn.DELIVERED


# -- lines, cables and power -----------------------------------------------------------------------------------------


def test_everything_said_twice_is_done_once(mdb: Rig) -> None:
    mdb.world.set_fault(Fault.LINE_TWICE, True)
    for left in (199, 198, 197):
        mdb.choose()
        assert mdb.turn() is Turn.DELIVERED
        assert mdb.world.inside("A1") == left
    assert len(mdb.selected) == mdb.heard("C,VEND,0.11") == 3


def test_a_lost_result_is_not_known(mdb: Rig) -> None:
    mdb.choose()
    assert mdb.turn(started=lambda: mdb.world.set_fault(Fault.LINE_DROPS, True)) is None
    assert "A1: the machine did not tell" in mdb.motors["A1"].advice()
    mdb.world.set_fault(Fault.LINE_DROPS, False)
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_a_reset_between_approval_and_success_is_not_known(mdb: Rig) -> None:
    mdb.choose()
    began = mdb.clock.monotonic()
    assert mdb.turn(started=mdb.interface.reset) is None
    assert mdb.clock.monotonic() - began < 10
    assert mdb.until(lambda: mdb.controller.fault() is None)
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_a_cable_pulled_during_a_vend_is_not_known_and_its_return_is_noticed(mdb: Rig) -> None:
    mdb.choose()
    assert mdb.turn(started=lambda: mdb.world.set_fault(Fault.CABLE_OUT, True)) is None
    assert "does not answer at ttyMDB" in mdb.controller.fault()
    assert mdb.turn() is Turn.ABSENT
    mdb.world.set_fault(Fault.CABLE_OUT, False)
    assert mdb.until(lambda: mdb.controller.fault() is None)
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_a_cable_pulled_before_the_approval_moves_nothing(mdb: Rig) -> None:
    mdb.choose()
    mdb.world.set_fault(Fault.CABLE_OUT, True)
    assert mdb.until(lambda: mdb.controller.fault() is not None)
    assert mdb.turn() is Turn.ABSENT
    assert mdb.machine.approved == []


def test_an_interface_without_power_is_told_and_enabled_again(mdb: Rig) -> None:
    mdb.world.set_fault(Fault.BOARD_OFF, True)
    mdb.clock.sleep(KEEP_S)
    assert mdb.until(lambda: "does not answer" in (mdb.controller.fault() or ""))
    mdb.world.set_fault(Fault.BOARD_OFF, False)
    assert mdb.until(lambda: mdb.controller.fault() is None)
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_an_interface_that_forgot_everything_is_set_up_again(mdb: Rig) -> None:
    mdb.clock.sleep(6)
    mdb.interface.restart()
    assert mdb.until(lambda: mdb.heard("C,SETCONF,mdb-always-idle=1") == 2)
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_a_machine_that_is_off_or_takes_no_requests_is_told(mdb: Rig) -> None:
    with mdb.board.world._cabinet.timeline.lock:
        mdb.interface._say("c,STATUS,DISABLED")
    assert mdb.until(lambda: "takes no requests now" in (mdb.controller.fault() or ""))
    with mdb.board.world._cabinet.timeline.lock:
        mdb.interface._say("c,STATUS,INACTIVE")
    assert mdb.until(lambda: "does not speak to the MDB interface" in (mdb.controller.fault() or ""))


def test_a_machine_that_wants_credit_first_is_shown_some(tmp_path: Path) -> None:
    with rig(tmp_path, more=', credit = "9.99"') as mdb:
        for _ in range(3):
            mdb.choose()
            assert mdb.turn() is Turn.DELIVERED
        assert mdb.heard("C,START,9.99") >= 3
        assert mdb.heard("C,SETCONF,mdb-always-idle=0") == 1


# -- requests that were not heard ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_amount", [False, True])
@pytest.mark.parametrize("fault", [Fault.LINE_DROPS, Fault.LINE_CORRUPTS, Fault.LINE_STALLS, Fault.LINE_LATE])
def test_a_request_that_was_not_heard_blocks_the_machine_no_longer_than_the_line(
    tmp_path: Path, fault: Fault, by_amount: bool
) -> None:
    """The machine waits three minutes for an answer, and takes no other choice meanwhile."""
    with rig(tmp_path) as mdb:
        mdb.interface.denies_by_amount = by_amount
        mdb.world.set_fault(fault, True)
        mdb.takes = False  # what arrives after all, late or spoilt where it does not matter, is refused as well
        assert mdb.until(lambda: mdb.interface.choose(12))
        mdb.clock.sleep(KEEP_S + LOOK_S)
        mdb.world.set_fault(fault, False)
        back = mdb.clock.monotonic()
        assert mdb.until(lambda: mdb.machine.denied == [12])
        assert mdb.clock.monotonic() - back < 5.0
        mdb.takes = True
        mdb.choose("A1")
        assert mdb.turn("A1") is Turn.DELIVERED
        assert mdb.machine.denied == [12]


def test_a_request_that_is_served_is_not_refused_though_lines_were_lost_before(mdb: Rig) -> None:
    mdb.world.set_fault(Fault.LINE_DROPS, True)
    mdb.clock.sleep(10)
    mdb.world.set_fault(Fault.LINE_DROPS, False)
    mdb.choose()
    mdb.clock.sleep(10)
    assert mdb.controller.asked() == 11
    assert mdb.turn(started=lambda: mdb.clock.sleep(1)) is Turn.DELIVERED
    assert mdb.machine.denied == []


def test_a_late_line_of_the_last_session_leaves_nobody_waiting(mdb: Rig) -> None:
    """To us the session is over; to the machine the request is open."""
    mdb.choose()
    with mdb.world._cabinet.timeline.lock:
        mdb.interface._say("c,STATUS,IDLE")
    assert mdb.until(lambda: mdb.machine.denied == [11])
    mdb.choose()
    assert mdb.turn() is Turn.DELIVERED


def test_a_quiet_machine_is_only_greeted(mdb: Rig) -> None:
    """Lines for the interface's other devices are no sign that one of ours was lost."""
    with mdb.world._cabinet.timeline.lock:
        mdb.interface._say("d,STATUS,RESULT,1,1.00")
    mdb.clock.sleep(20)
    assert mdb.words() == []


@pytest.mark.parametrize("said_before", ["c,STATUS,ENABLED", "c,STATUS,INACTIVE", "c,STATUS,OFFLINE"])
def test_silence_is_told_within_five_seconds_and_until_it_ends(tmp_path: Path, said_before: str) -> None:
    """The sentence is the same whatever the interface said last."""
    with rig(tmp_path) as mdb:
        with mdb.world._cabinet.timeline.lock:
            mdb.interface._say(said_before)
        mdb.world.set_fault(Fault.BOARD_OFF, True)
        began = mdb.clock.monotonic()
        assert mdb.until(lambda: "interface does not answer" in (mdb.controller.fault() or ""))
        assert SILENT_S < mdb.clock.monotonic() - began < 5.0
        told = set()
        while mdb.clock.monotonic() - began < 25:
            told.add(mdb.controller.fault())
            mdb.clock.sleep(0.1)
        assert len(told) == 1
        assert "does not answer" in told.pop()


# -- opening and closing ---------------------------------------------------------------------------------------------


def test_it_opens_without_its_interface(tmp_path: Path) -> None:
    with rig(tmp_path) as mdb:
        mdb.world.set_fault(Fault.CABLE_OUT, True)
        part = mdb.interface.options
        other = registry.open_driver("controller", "qibixx_mdb", "other", part, mdb.board)
        assert mdb.until(lambda: "there is no such device" in (other.fault() or ""))
        other.close()
        other.close()
        assert other.fault() is None


def test_an_item_belongs_to_one_slot(mdb: Rig) -> None:
    with pytest.raises(HardwareError, match="Item 11 of machine belongs to A1 already"):
        mdb.controller.add(Lane("A9", 11, None))


def test_closing_refuses_what_is_open_and_takes_no_part_any_more(mdb: Rig) -> None:
    mdb.choose()
    mdb.controller.close()
    assert mdb.until(lambda: mdb.heard("C,0") == 2)
    assert mdb.machine.denied == [11]
    assert not mdb.interface.choose(11)
    assert mdb.turn() is Turn.ABSENT


def test_a_closed_motor_answers_no_more(mdb: Rig) -> None:
    mdb.choose()
    mdb.motors["A1"].close()
    assert mdb.until(lambda: mdb.machine.denied == [11])
    with pytest.raises(HardwareError, match="closed"):
        mdb.motors["A1"].turn(lambda: None)
