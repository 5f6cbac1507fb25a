"""The real daemon as a process of its own, on a simulated machine, for tests that use it from outside or kill it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from kiosk.control.client import Client
from kiosk.errors import DaemonAwayError
from kiosk.model import Vend, VendRequest, VendState, new_request_id
from tests.kit.toml import a_part, a_product, a_slot, folders, kiosk_toml
from tests.stocking import full, known

PRODUCTS = "\n".join(
    (
        a_product("NAL", "Naloxone nose spray", pictogram="naloxone", essential=True),
        a_product("STRIP", "Fentanyl test strips", pictogram="strips", limit_per_visit=3),
    )
)

PARTS = (
    a_part("sensors", "drop beam", "drop_beam", options={"pin": 8, "emitter_pin": 9}),
    a_part("sensors", "door", "door", options={"pin": 10}),
    a_part("inputs", "naloxone", "button", product="NAL", options={"pin": 11}),
    a_part("inputs", "strips", "button", product="STRIP", options={"pin": 12}),
    a_part("signals", "status light", "gpio_light", options={"pin": 13}),
)


def _slots(capacity: int) -> tuple[str, ...]:
    return (
        a_slot("A1", "NAL", capacity, par=3, options={"motor_pin": 2, "home_pin": 3}),
        a_slot("A2", "NAL", capacity, par=3, options={"motor_pin": 4, "home_pin": 5}),
        a_slot("B1", "STRIP", capacity, par=4, options={"motor_pin": 6, "home_pin": 7}),
    )


START_S = 120.0
"""How long a start may take on a busy machine before a test calls it failed."""

END_S = 40.0
"""How long an end may take."""


class KioskProcess:
    """`kiosk run` in `folder`. Everything it keeps survives `kill`, as on a real disk."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 20.0,
        capacity: int = 9,
        telemetry: str = "",
        glass_port: int = 0,
        products: str = PRODUCTS,
        privacy: str = "release_s = 0",
        extra: str = "",
    ) -> None:
        """Write kiosk.toml. `products` are its products, `extra` is put at its end; both are TOML."""
        self.folder = folder
        self.config = folder / "kiosk.toml"
        own = (f"[privacy]\n{privacy}\n[telemetry]\n{telemetry}", products, *_slots(capacity), *PARTS, extra)
        simulator = {"speed": speed, "glass_port": glass_port}
        self.config.write_text(kiosk_toml(*own, simulator=simulator, paths=folders(folder)))
        self.state = folder / "state"
        self.socket = folder / "run" / "control.sock"
        self.client = Client(str(self.socket))
        self.log = folder / "log.txt"
        self.log_level = "DEBUG"
        self.options: tuple[str, ...] = ()
        """More options of `kiosk run`."""
        self.program: tuple[str, ...] = ("-m", "kiosk")
        """What Python runs as the program `kiosk`."""
        self.environment: dict[str, str] = {}
        """What it finds in its environment besides the test's own."""
        self.patience_s = START_S
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        with self.log.open("ab") as log:
            command = [
                sys.executable,
                *self.program,
                "run",
                "--config",
                str(self.config),
                "--log-level",
                self.log_level,
                *self.options,
            ]
            environment = os.environ | {"PYTHONFAULTHANDLER": "1"} | self.environment
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=environment)
        give_up = time.monotonic() + self.patience_s
        while not self._answers():
            assert self.running, f"The daemon ended: {self.log.read_text()}"
            assert time.monotonic() < give_up, f"The daemon does not answer: {self.log.read_text()}"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.client.state()
        except DaemonAwayError:
            return False
        return True

    def kill(self) -> None:
        """End it at this instant, as a power cut would end the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)  # Python then writes down where each thread is
            self._process.wait(END_S)
            raise AssertionError(f"The daemon did not end: {self.log.read_text()}") from None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def fill(self) -> None:
        """Count every slot full, as the simulated machine is when new, in one visit."""
        self.client.restock(full(known(self.client)))

    def vouch(self) -> None:
        """Say that its date is right, as a person does where no network is."""
        clock = self.client.state().clock
        assert clock is not None
        self.client.confirm_date(clock.shown)

    def vend(self, *, sku: str | None = None, slot: str | None = None) -> Vend:
        """Ask for an item and wait for the end."""
        request = VendRequest(id=new_request_id(), sku=sku, slot=slot)
        self.client.vend(request)
        return self.wait(request.id)

    def wait(self, request_id: str, wait_s: float = 25.0) -> Vend:
        """Wait for the end of a request."""
        vend = self.client.wait_vend(request_id, wait_s)
        assert vend.state is VendState.DONE, vend
        return vend
