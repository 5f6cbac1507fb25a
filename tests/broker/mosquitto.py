"""A real Mosquitto of our own, on a free port, that can be killed and brought back."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.ports import spare_port


def program() -> str:
    """Return the path of mosquitto. Raises RuntimeError with what to do when it is absent."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("These tests need a real broker. Install it: sudo apt install mosquitto mosquitto-clients")
    return found


class Mosquitto:
    """One broker. It keeps nothing over a restart, so that what arrives was kept by the kiosk."""

    def __init__(self, workdir: Path, *lines: str) -> None:
        self.port = spare_port()
        self.workdir = workdir
        self._settings = workdir / "mosquitto.conf"
        default = ("allow_anonymous true", "persistence false", "set_tcp_nodelay true", "user root")
        text = [f"listener {self.port} 127.0.0.1", *default, *lines]
        self._settings.write_text("\n".join(text) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        with (self.workdir / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program(), "-c", str(self._settings)], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self
        raise RuntimeError(f"Mosquitto did not start: {(self.workdir / 'mosquitto.log').read_text()}")

    def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
