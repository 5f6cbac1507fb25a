"""A whole kiosk on a VMC machine: its cable is pulled in the middle of a vend, and a vend may take a minute."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.daemon import STUCK_S
from kiosk.model import Outcome, VendRequest, VendState, new_request_id
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.daemon.kiosk_here import Kiosk
from tests.kiosk_process import PRODUCTS, KioskProcess

BEATS_S = 2.0
"""The watchdog is fed every second, or told why not."""
PRODUCT = """
[[products]]
sku = "KIT"
name = "Hygiene kit"
"""
MACHINE = """
[[controllers]]
name = "machine"
driver = "vmc"
options = {{ port = "ttyUSB0"{more} }}

[[slots]]
id = "D1"
product = "KIT"
capacity = 9
driver = "vmc_lane"
options = {{ controller = "machine", selection = 41 }}

[[slots]]
id = "D2"
product = "KIT"
capacity = 9
driver = "vmc_lane"
options = {{ controller = "machine", selection = 42 }}
"""
SPEED = 20.0


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path, speed=SPEED, products=PRODUCTS + PRODUCT, extra=MACHINE.format(more=""))
    try:
        wait(lambda: "does not" not in made.faults(), "the machine polls")
        yield made
    finally:
        made.daemon.stop()


def wait(true: Callable[[], bool], what: str, wall_s: float = 60.0) -> None:
    """Wait until something is true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < wall_s, what
        time.sleep(0.002)


def ask(kiosk: Kiosk, slot: str) -> str:
    request = VendRequest(id=new_request_id(), slot=slot)
    kiosk.client.vend(request)
    return request.id


def moments(kiosk: Kiosk) -> dict[str, Callable[[], bool]]:
    """Return the moments of a vend of D1 at which a cable may be pulled."""
    lane, inside = kiosk.world.part("D1"), kiosk.world.inside("D1")
    return {
        "asked": lambda: True,
        "turning": lambda: lane.energised,
        "fallen": lambda: kiosk.world.inside("D1") < inside,
    }


@pytest.mark.parametrize("moment", ["asked", "turning", "fallen"])
def test_a_cable_that_is_pulled_is_told_honestly_and_found_again(kiosk: Kiosk, moment: str, evidence: Evidence) -> None:
    kiosk.client.wait_vend(ask(kiosk, "D1"), 30)
    for slot in ("D1", "D2"):
        assert kiosk.honest()
        began, come = moments(kiosk), ask(kiosk, "D1")
        wait(began[moment], f"the vend is {moment}")
        kiosk.world.set_fault(Fault.CABLE_OUT, True)
        evidence.count("cable_pulls")
        vend = kiosk.client.wait_vend(come, 30)
        assert vend.state is VendState.DONE
        expected = {Outcome.UNKNOWN} if moment != "asked" else {Outcome.UNKNOWN, Outcome.NOT_STARTED}
        assert vend.outcome in expected
        assert kiosk.honest()
        assert "machine does not answer at ttyUSB0" in kiosk.faults()
        kiosk.daemon.machine.board.clock.sleep(10.0)  # whatever turned has come home without us
        assert kiosk.honest()
        kiosk.world.set_fault(Fault.CABLE_OUT, False)
        wait(lambda: "does not answer" not in kiosk.faults(), "the port is found again")
        given = kiosk.client.wait_vend(ask(kiosk, slot), 30)
        assert given.outcome is Outcome.DISPENSED
        assert kiosk.honest()


def test_what_the_sensor_saw_is_certain(kiosk: Kiosk) -> None:
    vend = kiosk.vend("KIT")
    assert vend.outcome is Outcome.DISPENSED
    (slot,) = (slot for slot in kiosk.client.stock().slots if slot.slot == vend.slot)
    assert (slot.on_hand, slot.unresolved) == (8, 0)


def test_a_jam_sends_to_the_next_selection_and_is_not_certain(kiosk: Kiosk) -> None:
    kiosk.world.set_fault(Fault.JAM, True, "D1")
    kiosk.world.set_fault(Fault.JAM, True, "D2")
    assert kiosk.vend("KIT").outcome is Outcome.JAMMED
    assert [(slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots if slot.sku == "KIT"] == [(8, 1)] * 2
    assert kiosk.honest()


def test_a_machine_without_power_costs_no_certainty(kiosk: Kiosk) -> None:
    kiosk.world.set_fault(Fault.BOARD_OFF, True)
    kiosk.daemon.machine.board.clock.sleep(4.0)
    assert kiosk.vend("KIT").outcome is Outcome.NOT_STARTED
    assert [(slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots if slot.sku == "KIT"] == [(9, 0)] * 2
    assert "does not poll" in kiosk.faults()


def test_the_watchdog_waits_for_the_slowest_machine(kiosk: Kiosk) -> None:
    limits = [motor.limit_s for motor in kiosk.daemon.machine.motors.values()]
    assert kiosk.daemon.machine.longest_turn_s() == kiosk.daemon.machine.motors["D1"].limit_s == max(limits) > STUCK_S


def test_a_vend_longer_than_any_of_our_own_is_no_reason_to_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An elevator takes 16 s; without the motor's own limit the watchdog would go hungry after STUCK_S."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(0.1)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        elevator = MACHINE.format(more=", elevator = true")
        process = KioskProcess(tmp_path, speed=1.3, products=PRODUCTS + PRODUCT, extra=elevator)
        process.start()
        try:
            process.fill()
            said, began = list[bytes](), time.monotonic()
            request = VendRequest(id=new_request_id(), slot="D1")
            process.client.vend(request)
            while (vend := process.client.wait_vend(request.id, 0.0)).state is not VendState.DONE:
                try:
                    said.append(systemd.recv(1000))
                except TimeoutError:
                    assert time.monotonic() - began < 300.0
            took_s = time.monotonic() - began
        finally:
            process.stop()
        assert vend.outcome is Outcome.DISPENSED
        assert took_s > STUCK_S + BEATS_S
        assert b"WATCHDOG=1" in said
        assert not [message for message in said if message.startswith(b"STATUS=Vends do not get on")]
