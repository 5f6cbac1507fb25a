"""systemd hears what the process says."""

from __future__ import annotations

import importlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk import sdnotify


@pytest.fixture(params=["path", "abstract"])
def heard(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], str]]:
    address = str(tmp_path / "notify") if request.param == "path" else f"\0kiosk-test{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        yield lambda: systemd.recv(4096).decode()


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (sdnotify.ready, "READY=1"),
        (sdnotify.watchdog, "WATCHDOG=1"),
        (sdnotify.stopping, "STOPPING=1"),
        (lambda: sdnotify.status("Slot A1\nis jammed"), "STATUS=Slot A1 is jammed"),
    ],
)
def test_systemd_hears(heard: Callable[[], str], say: Callable[[], None], message: str) -> None:
    say()
    assert heard() == message


def test_nobody_waits_for_a_systemd_that_does_not_listen(heard: Callable[[], str]) -> None:
    """The kernel keeps some notes for it; then whoever feeds the watchdog would hang, and could not be told to end."""

    def tell() -> None:
        for _ in range(1000):
            sdnotify.watchdog()
            sdnotify.status("Vends do not get on.")
        sdnotify.stopping()

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(60)
    assert not telling.is_alive()
    assert heard() == "WATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sdnotify.ready()


EXTENDED = "EXTEND_TIMEOUT_USEC=30000000"


def test_a_start_that_gets_on_is_waited_for(heard: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdnotify, "EVERY_S", 0.0)
    sdnotify.step()  # nothing is starting
    sdnotify.starting()
    sdnotify.starting()
    try:
        sdnotify.step()
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("a_module_that_is_looked_for")
    finally:
        sdnotify.ready()
    assert [heard(), heard(), heard()] == [EXTENDED, EXTENDED, "READY=1"]
    sdnotify.step()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("another_one")
    sdnotify.stopping()
    assert heard() == "STOPPING=1"


def test_many_steps_are_told_as_few(heard: Callable[[], str]) -> None:
    sdnotify.starting()
    for _ in range(500):
        sdnotify.step()
    sdnotify.ready()
    told = 0
    while heard() != "READY=1":
        told += 1
    assert 1 <= told < 100


def test_without_systemd_a_start_looks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    before = list(sys.meta_path)
    sdnotify.starting()
    assert sys.meta_path == before
