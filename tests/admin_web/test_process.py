"""The staff pages as their own process: what they refuse to do, TLS, systemd, and a clean end."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.pages_process import COMMAND, certificate, pages


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate of our own for localhost."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "passwords would cross the network in the open"),
        (["--host", "kiosk.local"], "passwords would cross the network in the open"),
        (["--cert", "cert.pem"], "--cert and --key belong together"),
        (["--cert", "/none.pem", "--key", "/none.pem"], "/none.pem cannot be read"),
        (["--port", "x"], "invalid int value"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, arguments: list[str], told: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "--state", str(tmp_path), *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 2
    assert told in ended.stderr


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "--state", str(tmp_path), "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_serves_without_a_daemon(tmp_path: Path) -> None:
    with pages(tmp_path) as (scheme, port, _):
        assert scheme == "http"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/claim")
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
    assert answer.status == 200
    assert answer.headers.get_all("Server") == ["kiosk"]
    assert "Make the first sign-in" in page


def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path, pair: tuple[str, str]) -> None:
    cert, key = pair
    with pages(tmp_path, "--host", "127.0.0.1", "--cert", cert, "--key", key) as (scheme, port, _):
        assert scheme == "https"
        context = ssl.create_default_context(cafile=cert)
        connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
        connection.request("GET", "/claim")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSVersion.TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
            pytest.raises(OSError, match=r"(?i)ssl|reset|closed"),
        ):
            old.wrap_socket(raw)
    assert answer.headers["Set-Cookie"].startswith("__Host-kiosk-staff=")
    assert answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_systemd_hears_ready_the_watchdog_and_the_end(tmp_path: Path, pair: tuple[str, str], tls: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        heard: list[bytes] = []
        more = ("--cert", pair[0], "--key", pair[1]) if tls else ()
        with pages(tmp_path, *more, environment=environment):
            while heard.count(b"WATCHDOG=1") < 2:
                heard.append(systemd.recv(100))
        while heard[-1] != b"STOPPING=1":
            heard.append(systemd.recv(100))
    assert heard.index(b"EXTEND_TIMEOUT_USEC=30000000") < heard.index(b"READY=1")
