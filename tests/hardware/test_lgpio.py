"""The real pins' traps, at the border to lgpio's C functions; the machine that runs this has no pins."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gpiozero.pins.pi import PiBoardInfo

pytestmark = pytest.mark.lgpio


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)  # importing lgpio makes a FIFO in the working directory
    from kiosk.hardware.pins import lgpio as pins

    return pins


class Calls(list[tuple[Any, ...]]):
    """Records the calls of the functions it stands for."""

    def function(self, name: str) -> Any:
        def record(*args: Any) -> int:
            self.append((name, *args))
            return 0

        return record


@pytest.fixture
def pin(pins: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    calls = Calls()
    for name in ("gpio_free", "gpio_claim_input", "gpio_claim_output"):
        monkeypatch.setattr(pins.lgpio, name, calls.function(name))
    info = next(info for _, info in PiBoardInfo.from_revision(0xA02082).find_pin(5))
    made = pins.CarefulPin(SimpleNamespace(_handle=0, failure=None), info)
    made.calls = calls
    return made


def test_no_file_is_left_whose_times_tell_when_an_item_fell(tmp_path: Path) -> None:
    """Importing lgpio makes a FIFO, which each edge writes to."""
    program = "import os, kiosk.hardware.pins.lgpio; print(os.listdir())"
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    told = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


@pytest.mark.parametrize("level", [True, False])
def test_an_output_has_its_level_from_the_first_instant(pin: Any, level: bool) -> None:
    pin.calls.clear()
    pin.output_with_state(level)
    assert pin.calls == [("gpio_free", 0, 5), ("gpio_claim_output", 0, 5, int(level))]


class Listener:
    def __init__(self, error: BaseException | None = None) -> None:
        self.edges: list[tuple[float, int]] = []
        self._error = error

    def changed(self, at: float, level: int) -> None:
        self.edges.append((at, level))
        if self._error:
            raise self._error


def listen(pin: Any, listener: Listener) -> None:
    pin._enable_event_detect = lambda: None
    pin.when_changed = listener.changed


def test_edges_carry_the_kernels_time(pin: Any) -> None:
    listener = Listener()
    listen(pin, listener)
    now = time.monotonic()
    pin._call_when_changed(0, 5, 1, int((now - 0.002) * 1e9))
    ((at, level),) = listener.edges
    assert at == pytest.approx(now - 0.002, abs=1e-6)
    assert level == 1


def test_a_stamp_of_another_clock_is_replaced(pin: Any) -> None:
    listener = Listener()
    listen(pin, listener)
    before = time.monotonic()
    pin._call_when_changed(0, 5, 0, int(time.time() * 1e9) + 10**18)
    assert before <= listener.edges[0][0] <= time.monotonic()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit()])
def test_a_listener_that_raises_is_reported_and_edges_go_on(pin: Any, error: BaseException) -> None:
    listener = Listener(error)
    listen(pin, listener)
    for level in (1, 0):
        pin._call_when_changed(0, 5, level, 0)
    assert len(listener.edges) == 2
    assert "GPIO 5: an edge was lost" in pin.factory.failure


def test_an_edge_that_comes_after_its_listener_was_taken_away_is_nothing(pin: Any) -> None:
    pin._call_when_changed(0, 5, 1, 0)
    assert pin.factory.failure is None


def test_a_watchdog_report_is_not_an_edge(pin: Any) -> None:
    listener = Listener()
    listen(pin, listener)
    pin._call_when_changed(0, 5, 2, 0)
    assert listener.edges == []


OPEN = """
import sys
from pathlib import Path
from kiosk.errors import HardwareError
from tests.hardware.machine import config
from kiosk.hardware.pins import open_board
import msgspec
real = msgspec.structs.replace(config(Path("/tmp")), hardware=type(config(Path("/tmp")).hardware)(pins="lgpio"))
try:
    open_board(real)
except HardwareError as error:
    print(error)
"""


def test_on_another_machine_the_error_names_the_simulator(tmp_path: Path) -> None:
    run = [sys.executable, "-c", OPEN]
    said = subprocess.run(
        run, cwd=tmp_path, env={"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith("This is not a Raspberry Pi. Set hardware.pins = ")
