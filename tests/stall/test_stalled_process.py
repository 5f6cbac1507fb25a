"""The daemon as a process on a disk that never answers: it starts, serves, is kept alive by systemd, and ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.dispense.scribe import MAY_BE_SAVED, NOT_SAVED, STUCK
from kiosk.errors import RequestError
from kiosk.model import HideRequest, Outcome, RefusalCode
from tests.kiosk_process import KioskProcess
from tests.stall.disk import StallingDisk

PATIENCE_S = 60.0
"""How long a note to systemd may take on a busy machine."""


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Hear what the process tells systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(PATIENCE_S)
        yield notify


@pytest.fixture
def disk(tmp_path: Path) -> StallingDisk:
    return StallingDisk(tmp_path / "control")


@pytest.fixture
def kiosk(tmp_path: Path, library: Path, disk: StallingDisk, systemd: socket.socket) -> Iterator[KioskProcess]:
    process = KioskProcess(tmp_path)
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
    assert STUCK in [fault.text for fault in kiosk.client.state().faults]
    hear(systemd, b"WATCHDOG=1")
    assert disk.waiting
    kiosk.stop()
    assert disk.stalled


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
