"""`make run` brings up the whole kiosk, stocks it, heals what falls, and takes everything down again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.control.client import Client
from kiosk.model import Outcome, VendRequest, new_request_id
from tests.children import child
from tools.children import DemoError, free_port, listens, take_lock


class Running:
    """A demonstration under way, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.with_suffix(".out")
        with self.output.open("wb") as output:
            command = [sys.executable, "-u", "-m", "tools.run", "--folder", str(folder)]
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def said(self) -> str:
        return self.output.read_text()

    def wait(self, until: Callable[[], bool], timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not until():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running(tmp_path / "run")
    try:
        started.wait(lambda: "Ctrl-C stops everything" in started.said())
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def daemon_pid(folder: Path) -> int:
    wanted = str(folder / "kiosk.toml").encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if wanted in words:
            return int(entry.parent.name)
    raise AssertionError("the daemon does not run")


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def test_the_whole_kiosk_comes_up_works_heals_and_goes(running: Running) -> None:
    table = running.said()
    ports = {
        name: int(found(rf"{name} +\w+://127\.0\.0\.1:(\d+)", table)) for name in ("Glass", "Staff pages", "Broker")
    }
    assert "mosquitto_sub" in table
    for name in ("Glass", "Staff pages"):
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[name]}/", timeout=10) as answer:
            assert answer.status == 200
    assert listens(ports["Broker"])

    client = Client(found(r"--socket (\S+)", table))
    assert all(slot.on_hand == slot.capacity for slot in client.stock().slots)
    request = VendRequest(id=new_request_id(), sku="NAL-4")
    client.vend(request)
    assert client.wait_vend(request.id, 30).outcome is Outcome.DISPENSED

    os.kill(daemon_pid(running.folder), signal.SIGKILL)
    running.wait(lambda: "It is back." in running.said())
    naloxone = [slot for slot in client.stock().slots if slot.essential]
    assert sum(slot.on_hand for slot in naloxone) == sum(slot.capacity for slot in naloxone) - 1

    assert running.stop() == 0
    assert not any(listens(port) for port in ports.values())


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with take_lock(tmp_path), pytest.raises(DemoError, match=rf"already runs .* process {os.getpid()}"):
        take_lock(tmp_path)


def test_a_taken_port_is_told_and_the_next_one_used(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port, "the glass") > port
    assert f"Port {port} is taken: the glass on" in capsys.readouterr().out


def test_two_demonstrations_never_get_one_port() -> None:
    """Also while neither listens yet."""
    script = "from tools.children import free_port; print(free_port(18300, 'the glass'), flush=True); input()"
    run = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with child(run, stdin=pipe, stdout=pipe) as one, child(run, stdin=pipe, stdout=pipe) as other:
        said = {process.stdout.readline() for process in (one, other) if process.stdout}
    assert len(said) == 2


def test_two_parts_never_get_one_port() -> None:
    """Both ask from the same number on, before either listens."""
    first = free_port(18200, "the glass")
    assert free_port(18200, "the staff pages") != first
