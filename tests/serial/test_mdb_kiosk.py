"""A whole kiosk that allows an MDB machine to give out: visitors at the machine's keypad, the count in the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.model import Outcome, Purpose, SlotStock, Vend, VendRequest, new_request_id
from kiosk.simulator.faults import Fault
from kiosk.simulator.glass import create_app
from tests.conftest import Evidence
from tests.daemon.kiosk_here import Kiosk
from tests.hardware.machine import until
from tests.stocking import counted, visit

SPEED = 20.0
ANSWER_S = 600.0
"""Half a minute of the wall: what is answered well within this was not only refused in the end."""
"""A port must be found again within so many seconds of real time after its cable is back."""

MACHINE = """
[[controllers]]
name = "machine"
driver = "qibixx_mdb"
options = { port = "serial/by-id/usb-Qibixx_MDB", drop_sensor = true, answer_s = 600.0, vend_s = 20 }

[[slots]]
id = "M1"
product = "NAL"
capacity = 9
driver = "mdb_item"
options = { controller = "machine", item = 11, price = "0.11" }

[[slots]]
id = "M2"
product = "STRIP"
capacity = 9
driver = "mdb_item"
options = { controller = "machine", item = 12, price = "0.12" }
"""
NALOXONE, STRIPS = 11, 12


class Corner:
    """A kiosk beside a machine: coils of its own with buttons, and two lanes of the machine."""

    def __init__(self, folder: Path) -> None:
        self.kiosk = Kiosk(folder, speed=SPEED, extra=MACHINE)
        self.machine: Any = self.kiosk.world.part("machine")

    def slot(self, slot: str) -> SlotStock:
        return self.kiosk.client.slot(slot).stock

    def choose(self, item: int) -> str:
        """Choose at the machine and return what staff read of it when it is over."""
        before = self._newest()
        assert until(lambda: self.machine.choose(item))
        assert until(lambda: self._newest() != before and not self.kiosk.client.state().busy)
        return self.kiosk.client.events(1).events[0].kind

    def _newest(self) -> int:
        return self.kiosk.client.events(1).events[0].seq

    def denied(self) -> list[int]:
        denied: list[int] = self.machine.machine.denied
        return denied


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Corner]:
    made = Corner(tmp_path)
    try:
        assert until(lambda: made.machine.machine.ready)
        yield made
    finally:
        made.kiosk.daemon.stop()


def test_a_visitor_chooses_at_the_machine_and_it_is_counted(corner: Corner) -> None:
    corner.choose(NALOXONE)
    corner.choose(STRIPS)
    corner.choose(NALOXONE)
    assert (corner.slot("M1").on_hand, corner.slot("M1").unresolved) == (7, 0)
    assert (corner.slot("M2").on_hand, corner.slot("M2").unresolved) == (8, 0)
    assert corner.kiosk.world.inside("M1") == 7
    assert corner.machine.machine.gave == [NALOXONE, STRIPS, NALOXONE]
    assert corner.kiosk.honest()
    assert corner.denied() == []


def test_what_policy_refuses_is_denied_at_the_machine(corner: Corner) -> None:
    for _ in range(3):
        corner.choose(STRIPS)
    assert until(lambda: corner.machine.choose(STRIPS))
    assert until(lambda: corner.denied() == [STRIPS])
    assert [line for line in corner.machine.answers if line != "C,1"][-1] == "C,STOP"
    corner.choose(NALOXONE)
    assert corner.kiosk.world.inside("M2") == 6
    assert corner.kiosk.honest()


def test_what_is_out_of_stock_here_is_denied_at_once(corner: Corner) -> None:
    corner.kiosk.client.restock(visit(counted(corner.slot("M2"), found=0)))
    assert until(lambda: corner.machine.choose(STRIPS))
    asked = time.monotonic()
    assert until(lambda: corner.denied() == [STRIPS])
    assert time.monotonic() - asked < ANSWER_S / SPEED / 2
    assert corner.kiosk.world.inside("M2") == 9


def test_naloxone_chosen_during_another_vend_waits_and_is_approved(corner: Corner) -> None:
    corner.kiosk.world.press("strips")
    assert until(lambda: corner.kiosk.client.state().busy)
    assert until(lambda: corner.machine.choose(NALOXONE))
    assert until(lambda: corner.machine.machine.gave == [NALOXONE])
    assert until(lambda: corner.slot("M1").on_hand == 8 and not corner.kiosk.client.state().busy)
    assert corner.denied() == []
    assert (corner.slot("B1").on_hand, corner.slot("M1").unresolved) == (8, 0)
    assert corner.kiosk.honest()


def test_what_the_machine_could_not_give_is_told_and_counted_honestly(corner: Corner) -> None:
    corner.kiosk.world.set_fault(Fault.JAM, True, "M1")
    corner.choose(NALOXONE)
    assert (corner.slot("M1").on_hand, corner.slot("M1").unresolved) == (8, 1)
    assert corner.kiosk.honest()


def test_a_visitor_chooses_behind_the_glass(corner: Corner) -> None:
    glass = create_app(corner.kiosk.world, corner.kiosk.daemon._config).test_client()
    page = glass.get("/").text
    assert "Choose 11 at the machine" in page
    assert page.count("at the machine</button>") == 2
    assert glass.post("/slots/M1/choose").headers["Location"] == "/#slot-M1"
    assert "takes no choice now" in glass.post("/slots/M2/choose").text
    assert until(lambda: corner.slot("M1").on_hand == 8 and not corner.kiosk.client.state().busy)
    assert glass.post("/slots/A1/choose").status_code == 404
    assert corner.kiosk.honest()


def test_a_test_turn_tells_staff_to_choose_at_the_machine(corner: Corner) -> None:
    request = VendRequest(id=new_request_id(), slot="M1", purpose=Purpose.TEST)
    corner.kiosk.client.vend(request)
    vend: Vend = corner.kiosk.client.wait_vend(request.id, 30)
    assert vend.outcome is Outcome.NOT_STARTED
    assert vend.advice == "M1: nothing was moved. Choose item 11 on the machine's own keypad."
    assert (corner.slot("M1").on_hand, corner.slot("M1").unresolved) == (9, 0)


def test_a_button_of_the_kiosk_gives_from_its_own_coils(corner: Corner) -> None:
    corner.kiosk.press("naloxone")
    assert corner.kiosk.world.motions("M1") == 0
    assert corner.kiosk.honest()


@pytest.mark.parametrize("after_s", [0.0, 0.5, 2.0, 3.4])
def test_a_cable_pulled_between_approval_and_result(corner: Corner, after_s: float, evidence: Evidence) -> None:
    timeline = corner.machine.cabinet.timeline

    def pull(data: bytes) -> list[tuple[float, bytes]]:
        if data.startswith(b"C,VEND"):
            timeline.at(
                timeline.now() + after_s, lambda _: corner.kiosk.world.set_fault(Fault.CABLE_OUT, True, "machine")
            )
        return [(0.0, data)]

    corner.machine.line.mangle_heard = pull
    corner.choose(NALOXONE)
    assert (corner.slot("M1").on_hand, corner.slot("M1").unresolved) == (8, 1)
    assert "machine does not answer" in corner.kiosk.faults()
    corner.kiosk.daemon.machine.board.clock.sleep(5)
    assert corner.kiosk.honest()
    assert corner.kiosk.world.motions("M1") == 1

    corner.machine.line.mangle_heard = None
    corner.kiosk.world.set_fault(Fault.CABLE_OUT, False, "machine")
    assert until(lambda: corner.machine.answers.count("C,0") == 2 and corner.machine.machine.ready)
    before = corner.slot("M1")
    corner.choose(NALOXONE)
    assert corner.slot("M1").on_hand == before.on_hand - 1
    assert corner.slot("M1").unresolved == before.unresolved
    assert corner.kiosk.honest()
    evidence.count("cable_pulls")


def test_a_reset_between_approval_and_success_is_unknown(corner: Corner) -> None:
    before = corner.kiosk.client.events(1).events[0].seq
    assert until(lambda: corner.machine.choose(NALOXONE))
    assert until(lambda: corner.kiosk.world.motions("M1") == 1)
    corner.machine.reset()
    assert until(lambda: corner.kiosk.client.events(1).events[0].seq != before)
    assert (corner.slot("M1").on_hand, corner.slot("M1").unresolved) == (8, 1)
    assert corner.kiosk.honest()
