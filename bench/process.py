"""The daemon as a process: how soon it is ready, and how much memory it holds after a thousand vends."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.result import Result, against
from bench.rig import fill, write_config
from kiosk.control.client import Client
from kiosk.model import VendRequest, new_request_id

STARTS = 5
VENDS = 1000


def measure() -> dict[str, Result]:
    """Start the daemon several times; let the last one give out a thousand items."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        folder = Path(name)
        config = write_config(folder)
        starts = [_start_and_stop(folder, config) for _ in range(STARTS)]
        bare = statistics.median(_bare_start() for _ in range(STARTS))
        rss_mib = _after_vends(folder, config)
        imports_mib = _imports_mib()
    return {
        "cold_start_ms": against(statistics.median(starts), "ms", bare),
        "daemon_rss_mib": against(rss_mib, "MiB", imports_mib),
    }


class Started:
    """A daemon that has said READY=1. `took_ms` counts from the fork."""

    def __init__(self, folder: Path, config: Path) -> None:
        address = folder / "notify"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(address))
            notify.settimeout(30)
            began = time.perf_counter()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kiosk", "run", "--config", str(config), "--log-level", "WARNING"],
                env=os.environ | {"NOTIFY_SOCKET": str(address)},
                stderr=(folder / "log").open("ab"),
            )
            while b"READY=1" not in notify.recv(4096):
                pass
            self.took_ms = (time.perf_counter() - began) * 1000

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def _start_and_stop(folder: Path, config: Path) -> float:
    daemon = Started(folder, config)
    daemon.stop()
    return daemon.took_ms


def _bare_start() -> float:
    """Return how long Python itself takes to start and end, in ms."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.perf_counter() - began) * 1000


def _after_vends(folder: Path, config: Path) -> float:
    daemon = Started(folder, config)
    client = Client(f"{folder}/run/control.sock")
    fill(client)
    for _ in range(VENDS):
        request = VendRequest(id=new_request_id(), sku="NAL")
        client.vend(request)
        client.wait_vend(request.id, 30)
    rss_mib = _rss_mib(daemon.process.pid)
    daemon.stop()
    return rss_mib


IMPORTS = "import sqlite3, paho.mqtt.client, gpiozero, sqlite_utils, msgspec, flask, waitress.server, click; input()"


def _imports_mib() -> float:
    """Return the memory of a process that only imports the libraries that the daemon stands on."""
    process = subprocess.Popen([sys.executable, "-c", IMPORTS], stdin=subprocess.PIPE)
    time.sleep(2)
    rss_mib = _rss_mib(process.pid)
    process.communicate(b"\n")
    return rss_mib


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} tells no VmRSS")
