"""What breaks, one thing at a time: the state says it in a sentence, and naloxone comes out if any way is left."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.config import load
from kiosk.daemon import Daemon
from kiosk.dispense.temperature import sensors
from kiosk.hardware import registry
from kiosk.model import Outcome, RefusalCode, RefusedError
from kiosk.simulator.faults import Fault
from kiosk.simulator.world import World
from tests.daemon.kiosk_here import SPEED, Kiosk, eventually
from tests.hardware.wire import Wire
from tests.stocking import counted, visit


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    running = Kiosk(tmp_path)
    yield running
    running.daemon.stop()


def dropped(kiosk: Kiosk) -> int:
    return 18 - kiosk.world.inside("A1") - kiosk.world.inside("A2")


BREAKS: dict[str, tuple[Callable[[World], None], str]] = {
    "a jam": (lambda world: world.set_fault(Fault.JAM, True, "A1"), "A1 failed once: clear the coil, then test it."),
    "a stalled coil": (lambda world: world.set_fault(Fault.STALL, True, "A1"), "A1 failed once"),
    "a missing motor": (lambda world: world.set_fault(Fault.MOTOR_MISSING, True, "A1"), "A1 failed once"),
    "an open door": (lambda world: world.set_door(True), "The door is open: close it."),
    "a blocked beam": (lambda world: world.set_fault(Fault.BEAM_BLOCKED, True), "blocked"),
    "a dead beam": (lambda world: world.set_fault(Fault.BEAM_DEAD, True), "Count this slot."),
    "a motor that runs on": (lambda world: world.set_fault(Fault.MOTOR_RUNS_ON, True, "A1"), "A1"),
    "a double drop": (lambda world: world.set_fault(Fault.DOUBLE_DROP, True, "A1"), "A1: 1 item is unresolved."),
}


@pytest.mark.parametrize("what", BREAKS)
def test_naloxone_comes_out_whatever_else_is_broken(kiosk: Kiosk, what: str) -> None:
    """One press of the button, one way still good: an item falls, the count stays honest, staff read why."""
    break_it, sentence = BREAKS[what]
    break_it(kiosk.world)
    kiosk.press()
    assert dropped(kiosk) >= 1
    assert eventually(lambda: sentence in kiosk.faults()), kiosk.faults()
    assert eventually(kiosk.honest)


def test_a_thermometer_that_never_answers_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff are told which one, and nothing that it said before; naloxone comes out."""
    monkeypatch.setattr(sensors, "SILENT_S", 0.1)
    kiosk = Kiosk(tmp_path, extra='[[sensors]]\nname = "inside"\ndriver = "thermometer"')
    try:
        wire = Wire(kiosk.daemon.machine.board.sys_root)
        assert [reading.name for reading in kiosk.client.state().readings] == ["inside"]
        wire.cut()
        assert eventually(lambda: sensors.SILENT.format("inside") in kiosk.faults()), kiosk.faults()
        assert kiosk.client.state().readings == ()
        kiosk.press()
        assert dropped(kiosk) == 1
        wire.mend(21_500)
        assert eventually(lambda: kiosk.client.state().readings != ())
    finally:
        kiosk.daemon.stop()


def test_two_kits_never_fall_for_one_press(kiosk: Kiosk) -> None:
    """A healthy machine gives one item for one press."""
    kiosk.press()
    assert dropped(kiosk) == 1


def test_an_open_door_refuses_ordinary_items(kiosk: Kiosk) -> None:
    """Hands may be in the machine: only naloxone moves then."""
    kiosk.world.set_door(True)
    with pytest.raises(RefusedError, match=r"The door is open\. Close it") as told:
        kiosk.vend("STRIP")
    assert told.value.refusal.code is RefusalCode.DOOR_OPEN
    assert kiosk.vend("NAL").outcome is Outcome.DISPENSED


def test_a_hanging_item_falls_with_extra_quarter_turns(kiosk: Kiosk) -> None:
    """An item at the edge is not a jam yet."""
    kiosk.world.set_fault(Fault.HANG, True, "B1")
    assert kiosk.vend("STRIP").outcome is Outcome.DISPENSED
    assert kiosk.honest()


def test_sold_out_is_said_and_counted(kiosk: Kiosk) -> None:
    """An empty product says so, and the unmet request is an event."""
    slot = kiosk.client.slot("B1").stock
    kiosk.world.take_out("B1", 9)
    kiosk.client.restock(visit(counted(slot, 0)))
    done = kiosk.vend("STRIP")
    assert (done.outcome, done.refusal) == (None, RefusalCode.SOLD_OUT)
    assert done.message == "Sold out here. The people who refill it will see that you asked."
    assert kiosk.client.events(1).events[0].kind == "sold_out"


def test_two_failures_let_a_slot_rest_until_staff_have_it_open(kiosk: Kiosk) -> None:
    """The third time it is not even tried; a count that finds all as it should be brings it back."""
    kiosk.world.set_fault(Fault.MOTOR_MISSING, True, "B1")
    for _ in range(2):
        assert kiosk.vend("STRIP").outcome is Outcome.NOT_STARTED
    assert kiosk.vend("STRIP").attempts == ()
    kiosk.world.set_fault(Fault.MOTOR_MISSING, False, "B1")
    kiosk.client.restock(visit(counted(kiosk.client.slot("B1").stock)))
    assert kiosk.vend("STRIP").outcome is Outcome.DISPENSED
    assert kiosk.honest()


def test_while_a_coil_turns_by_itself_no_drop_is_believed(kiosk: Kiosk) -> None:
    """Its items break the beam too: what came out of another slot is presumed at most, and both wait for a count."""
    kiosk.world.set_fault(Fault.MOTOR_RUNS_ON, True, "B1")
    kiosk.vend("STRIP")
    assert eventually(lambda: "does not stop" in kiosk.faults()), kiosk.faults()
    for slot in ("A1", "A2"):
        kiosk.world.set_fault(Fault.STALL, True, slot)
    assert kiosk.vend("NAL").outcome is not Outcome.DISPENSED
    assert (kiosk.world.inside("A1"), kiosk.world.inside("A2")) == (9, 9)
    for slot in ("A1", "A2"):
        kiosk.world.set_fault(Fault.STALL, False, slot)
    assert kiosk.vend("NAL").outcome is Outcome.PRESUMED
    assert dropped(kiosk) == 1
    assert eventually(kiosk.honest), kiosk.client.stock()


def test_a_stuck_button_is_told(kiosk: Kiosk) -> None:
    """It gave one item when it was pressed, and no more while it hangs."""
    kiosk.world.set_fault(Fault.BUTTON_STUCK, True, "strips")
    time.sleep(35 / SPEED)
    assert "stuck" in kiosk.faults()
    assert kiosk.vend("NAL").outcome is Outcome.DISPENSED


def test_a_dead_broker_stops_nothing(tmp_path: Path) -> None:
    """The link says that events wait here; vends go on."""
    kiosk = Kiosk(tmp_path, telemetry='host = "127.0.0.1"\nport = 1\ntls = false')
    kiosk.press()
    link = kiosk.client.state().telemetry
    assert not link.connected
    assert link.pending > 0
    assert dropped(kiosk) == 1
    kiosk.daemon.stop()


def test_a_full_outbox_stops_nothing_and_is_told(tmp_path: Path) -> None:
    """Above its bound the oldest events are given up and counted."""
    kiosk = Kiosk(tmp_path, telemetry="keep_rows = 100")
    for _ in range(130):
        kiosk.client.restock(visit(counted(kiosk.client.slot("B1").stock)))
    kiosk.press()

    def has_let_go() -> bool:
        told = kiosk.client.state().telemetry
        return told.dropped >= 30 and told.pending <= 101

    assert eventually(has_let_go)
    assert dropped(kiosk) == 1
    kiosk.daemon.stop()


def test_sums_that_do_not_agree_are_told(tmp_path: Path) -> None:
    """A stock row that somebody changed by hand is noticed at the next start."""
    kiosk = Kiosk(tmp_path)
    kiosk.daemon.stop()
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.db")) as db, db:
        db.execute("UPDATE stock SET on_hand = 7 WHERE slot = 'B1'")
    again = Daemon(load(tmp_path / "kiosk.toml", registry))
    again.start()
    assert "B1: the ledger's sums do not agree. Count this slot" in kiosk.faults()
    again.stop()
