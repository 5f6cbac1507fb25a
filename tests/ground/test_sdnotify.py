"""systemd hears what the process says."""

from __future__ import annotations

import socket
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


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sdnotify.ready()
