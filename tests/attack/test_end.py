"""An end always ends, whatever a worker does."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from admin_web.__main__ import WORKERS
from kiosk import web
from tests.pages_process import pages

LONG_S = 25.0
"""So long an end may take on a busy machine, in seconds."""


def claim(port: int) -> bytes:
    """Return a filled in form for the first sign-in; the pages ask the daemon about its code."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_S)
    asking.request("GET", "/claim")
    answer = asking.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    asking.close()
    assert token
    password = "violet otter bicycle 93 lamp"
    form = urlencode({"csrf_token": token[1], "code": "AB12", "name": "Ana", "password": password, "again": password})
    lines = ("POST /claim HTTP/1.1", "Host: localhost", f"Cookie: {cookie}", f"Content-Length: {len(form)}")
    kind = "Content-Type: application/x-www-form-urlencoded"
    return "\r\n".join((*lines, kind, "", form)).encode()


def test_the_staff_pages_end_while_every_worker_is_stuck(tmp_path: Path) -> None:
    """Stuck at a daemon that answers everybody a byte at a time, and never comes to an end."""
    with socket.socket(socket.AF_UNIX) as daemon, ExitStack() as stack:
        daemon.bind(str(tmp_path / "control.sock"))
        daemon.listen(50)
        daemon.settimeout(LONG_S)
        with pages(tmp_path, control=tmp_path / "control.sock") as at:
            form = claim(at.port)
            asking: list[socket.socket] = []
            for _ in range(WORKERS):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", at.port)))
                line.sendall(form)
                asking.append(stack.enter_context(daemon.accept()[0]))
            at.process.send_signal(signal.SIGTERM)
            ends_by = time.monotonic() + LONG_S
            while at.process.poll() is None and time.monotonic() < ends_by:
                for line in asking:
                    with suppress(OSError):
                        line.send(b"x")
                time.sleep(0.2)
            assert at.process.poll() == 0


def test_a_server_stops_without_a_worker_that_does_not_come_back(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024
    stuck, never = threading.Event(), threading.Event()

    @app.get("/")
    def wait_for_ever() -> str:
        stuck.set()
        never.wait()
        return "never"

    server = web.Server(app, web.unix(tmp_path / "sock", 0o600), name="test", workers=1)
    server.start()
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(tmp_path / "sock"))
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert stuck.wait(LONG_S)
            ended = threading.Thread(target=server.stop, args=(0.1,), daemon=True)
            ended.start()
            ended.join(LONG_S)
            assert not ended.is_alive()
            assert line.recv(1) == b""
    finally:
        never.set()


def test_one_kind_of_request_has_workers_of_its_own(tmp_path: Path) -> None:
    """It is answered while all others are at work, and more of the rest wait in line."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024
    full, answers = threading.Barrier(3), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        full.wait(LONG_S)
        answers.wait(LONG_S)
        return "late"

    @app.post("/now")
    def now() -> str:
        return "now"

    kept = web.Reserved("POST", "/now", workers=1)
    server = web.Server(app, web.unix(tmp_path / "sock", 0o600), name="test", workers=2, reserved=kept)
    server.start()

    def ask(stack: ExitStack, line: bytes) -> socket.socket:
        asking = stack.enter_context(socket.socket(socket.AF_UNIX))
        asking.settimeout(LONG_S)
        asking.connect(str(tmp_path / "sock"))
        asking.sendall(line + b" HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return asking

    with ExitStack() as stack:
        try:
            for _ in range(4):
                ask(stack, b"GET /slow")
            full.wait(LONG_S)
            assert ask(stack, b"POST /now").recv(12) == b"HTTP/1.1 200"
        finally:
            answers.set()
            full.abort()
            server.stop(LONG_S)


def test_whoever_wakes_a_server_that_has_ended_writes_into_no_other_file(tmp_path: Path) -> None:
    """The number of its pipe goes to the next file that is opened, the ledger perhaps."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024
    server = web.Server(app, web.unix(tmp_path / "sock", 0o600), name="test", workers=1)
    server.start()
    server.stop(0.1)
    with ExitStack() as files:
        opened = [files.enter_context((tmp_path / f"{number}").open("w")) for number in range(20)]
        assert server.trigger.trigger in [file.fileno() for file in opened]
        server.pull_trigger()
        assert not any(Path(file.name).read_text() for file in opened)


HELD_UP = """
import threading, admin_web.app
from admin_web.__main__ import main

admin_web.app.close = lambda _: threading.Lock().acquire() and threading.Event().wait()
main()
"""


@pytest.mark.long  # It waits for eight seconds.
def test_whatever_else_holds_an_end_up_is_ended_by_the_kernel(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HELD_UP, "--state", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.terminate()
            assert process.wait(60) == -signal.SIGALRM
        finally:
            process.kill()
