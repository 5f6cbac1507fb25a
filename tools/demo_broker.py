"""The broker that the demonstration brings with it: rumqttd, in a child process, on loopback only.

It speaks MQTT 5, asks for no password and keeps nothing on disk: right for looking around, wrong for a programme.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from kiosk.errors import KioskError

HOST = "127.0.0.1"

_CONFIG = """\
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 1048576
max_segment_count = 10

[v5.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 262144
max_inflight_count = 100
dynamic_filters = true
"""
_STOP_S = 3.0
_LOOK_S = 0.02


class DemoBroker:
    """An MQTT 5 broker on 127.0.0.1 for trying the kiosk out. It ends when this process ends, however that is."""

    def __init__(self, port: int, workdir: Path) -> None:
        """Choose `port`, 1 to 65535, or a free one for 0. Its settings and log go to `workdir`, which must exist."""
        self.port = port or _free_port()
        self.log = workdir / "broker.log"
        self._settings = workdir / "broker.toml"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the child process; it is not ready yet. Raises KioskError when the port is taken."""
        if _answers(self.port):
            raise KioskError(f"Port {self.port} on {HOST} is taken. Stop what listens there, or choose another port.")
        self._settings.write_text(_CONFIG.format(host=HOST, port=self.port), encoding="utf-8")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(self._settings)],
                stdin=subprocess.PIPE,  # The child ends when this end of the pipe is gone.
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the kiosk, which then stops its broker last.
            )

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Wait until it accepts connections. Raises KioskError when it does not within `timeout_s`, or has ended."""
        deadline = time.monotonic() + timeout_s
        while not _answers(self.port):
            if not self.alive():
                raise KioskError(f"The demo broker ended at once. Its log is {self.log}.")
            if time.monotonic() > deadline:
                raise KioskError(f"The demo broker was not ready after {timeout_s:g} s. Its log is {self.log}.")
            time.sleep(_LOOK_S)

    def alive(self) -> bool:
        """Say whether the child process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the child process and free the port. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=0.5):
            return True
    except OSError:
        return False


def _serve(settings: str) -> None:
    """Run the broker in this process until the parent goes away."""
    import logging

    from iotcore import IotCoreBroker

    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # It logs every packet as an error.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    IotCoreBroker(config_path=settings).run_forever()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
