"""The daemon as a process on a disk that never answers: it starts, serves, is kept alive by systemd, and ends."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kiosk.dispense.words import DISK_STUCK, MAY_BE_SAVED, NOT_SAVED
from kiosk.errors import RequestError
from kiosk.model import HideRequest, Outcome, RefusalCode, VendRequest, VendState, new_request_id
from kiosk.simulator.world import inside
from tests.kiosk_process import KioskProcess
from tests.stall.disk import StallingDisk

PATIENCE_S = 60.0
"""How long a note to systemd may take on a busy machine."""

CROWD = 16
"""So many ask at once: twice as many as workers once were."""

TAKEN_S = 2.0
"""Naloxone is taken in hand in milliseconds; this allows for a busy machine. A crowd once held it up for 4 to 60 s."""


def ask_for_strips(kiosk: KioskProcess) -> None:
    kiosk.client.vend(VendRequest(id=new_request_id(), sku="STRIP"))


QUESTIONS: dict[str, Callable[[KioskProcess], object]] = {
    "audit": lambda kiosk: kiosk.client.audit(),
    "events": lambda kiosk: kiosk.client.events(5),
    "shortage": lambda kiosk: kiosk.client.shortage(),
    "slot": lambda kiosk: kiosk.client.slot("A1"),
    "state": lambda kiosk: kiosk.client.state(),
    "strips": ask_for_strips,
    "vend": lambda kiosk: kiosk.client.wait_vend(new_request_id(), 0),
}
"""What many may ask for, that is on the disk."""


@pytest.fixture
def systemd(quick: Path) -> Iterator[socket.socket]:
    """Hear what the process tells systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(quick / "notify"))
        notify.settimeout(PATIENCE_S)
        yield notify


@pytest.fixture
def disk(quick: Path) -> StallingDisk:
    return StallingDisk(quick / "control")


@pytest.fixture
def kiosk(quick: Path, library: Path, disk: StallingDisk, systemd: socket.socket) -> Iterator[KioskProcess]:
    process = KioskProcess(quick)
    address = {"NOTIFY_SOCKET": systemd.getsockname()}
    process.environment = {**disk.environment(library, process.state), **address}
    process.options = ("--last-good", str(process.state / "last-good.toml"))
    yield process
    if process.running:
        process.kill()


def hear(systemd: socket.socket, note: bytes) -> None:
    """Wait for a note that is sent from now on."""
    systemd.setblocking(False)
    try:
        while systemd.recv(4096):
            pass
    except BlockingIOError:
        systemd.settimeout(PATIENCE_S)
    while note not in systemd.recv(4096):
        pass


def test_a_disk_that_never_answers(kiosk: KioskProcess, disk: StallingDisk, systemd: socket.socket) -> None:
    """Naloxone by the control API, reasons for all else, staff told, the watchdog fed, and an end that ends."""
    disk.stall(writes=True)
    kiosk.start()
    disk.wait_for_call()
    for _ in range(2):
        assert kiosk.vend(sku="NAL").outcome is Outcome.DISPENSED
    assert kiosk.vend(sku="STRIP").refusal is RefusalCode.NO_LEDGER
    with pytest.raises(RequestError) as told:
        kiosk.client.hide(HideRequest(sku="STRIP", hidden=True))
    assert str(told.value) in (NOT_SAVED, MAY_BE_SAVED)
    assert DISK_STUCK in [fault.text for fault in kiosk.client.state().faults]
    hear(systemd, b"WATCHDOG=1")
    assert disk.waiting
    kiosk.stop()
    assert disk.stalled


def test_a_disk_that_can_not_be_read(kiosk: KioskProcess, disk: StallingDisk) -> None:
    """Whoever asks for what is on it is told so, strips stay inside, and naloxone comes out, once for each id."""
    kiosk.start()
    kiosk.fill()
    kiosk.vend(sku="NAL")
    asked = VendRequest(id=new_request_id(), sku="NAL")
    disk.stall(writes=True, reads=True)
    for ask in (lambda: kiosk.client.events(5), lambda: kiosk.vend(sku="STRIP")):
        with pytest.raises(RequestError, match="The disk does not answer"):
            ask()
    assert kiosk.client.vend(asked).state is not VendState.DONE
    assert kiosk.wait(asked.id).outcome is Outcome.DISPENSED
    disk.answer()
    assert kiosk.stop() == 0
    kiosk.start()
    assert kiosk.client.vend(asked).outcome is Outcome.DISPENSED
    assert kiosk.wait(asked.id).id == asked.id
    assert sum(inside(kiosk.state)[slot] for slot in ("A1", "A2")) == 16


@pytest.mark.parametrize("kind", QUESTIONS)
def test_naloxone_beside_a_crowd_of_questions(kiosk: KioskProcess, disk: StallingDisk, kind: str) -> None:
    """However many ask at once for what is on the disk, of whatever kind, naloxone is turned as if nobody did."""
    kiosk.start()
    kiosk.fill()
    disk.stall(writes=True, reads=True)
    with ThreadPoolExecutor(CROWD) as crowd:
        for _ in range(CROWD):
            crowd.submit(QUESTIONS[kind], kiosk)
        disk.wait_for_call()
        late = []
        for _ in range(2):
            wanted = VendRequest(id=new_request_id(), sku="NAL")
            began = time.monotonic()
            kiosk.client.vend(wanted)
            late.append(time.monotonic() - began)
            assert kiosk.wait(wanted.id).outcome is Outcome.DISPENSED
        assert disk.waiting
        disk.answer()
    assert max(late) < TAKEN_S, late


def test_what_was_held_is_written_once_the_disk_answers(kiosk: KioskProcess, disk: StallingDisk) -> None:
    """Also when the kiosk is stopped and started after that."""
    kiosk.start()
    kiosk.fill()
    with disk.silent():
        assert [kiosk.vend(sku="NAL").outcome for _ in range(2)] == [Outcome.DISPENSED] * 2
        unsure = [(slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots if slot.sku == "NAL"]
        assert sum(least for least, _ in unsure) + 2 <= 18 <= sum(map(sum, unsure))
    assert kiosk.stop() == 0
    kiosk.start()
    counts = {slot.slot: (slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots}
    assert sum(least for slot, (least, _) in counts.items() if slot != "B1") == 16
    assert all(unresolved == 0 for _, unresolved in counts.values())
