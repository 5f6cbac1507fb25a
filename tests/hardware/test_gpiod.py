"""The gpiod back-end where it can be tried without pins. With pins it is tried in tests/kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gpiod
import pytest
from gpiozero import PinFixedPull, PinPWMUnsupported
from gpiozero.pins.pi import PiBoardInfo

from kiosk.errors import HardwareError
from kiosk.hardware.pins import BACK_ENDS
from kiosk.hardware.pins.gpiod import Edges, GpiodPin
from tests.hardware.machine import until


class Chip:
    """Stands for the kernel's chip: notes how each line was asked for and changed."""

    def __init__(self) -> None:
        self.settings: list[gpiod.LineSettings] = []

    def request_lines(self, lines: dict[int, gpiod.LineSettings], consumer: str, events: int) -> Any:
        assert (consumer, events) == ("kiosk", 1024)
        self.settings += lines.values()
        return SimpleNamespace(
            fd=99,
            reconfigure_lines=lambda changed: self.settings.extend(changed.values()),
            wait_edge_events=lambda _timeout: False,
            release=lambda: None,
        )


@pytest.fixture
def edges() -> Any:
    made = Edges()
    yield made
    made.stop()


def pin(number: int, edges: Any) -> Any:
    info = next(info for _, info in PiBoardInfo.from_revision(0xA02082).find_pin(number))
    return GpiodPin(SimpleNamespace(chip=Chip(), edges=edges, failure=None), info)  # type: ignore[arg-type]


def event(rising: bool, at_ns: int, number: int) -> Any:
    types = gpiod.EdgeEvent.Type
    return gpiod.EdgeEvent((types.RISING_EDGE if rising else types.FALLING_EDGE).value, at_ns, 5, number, number)


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


@pytest.mark.parametrize("level", [True, False])
def test_an_output_is_claimed_once_with_its_level(edges: Any, level: bool) -> None:
    made = pin(5, edges)
    made.output_with_state(level)
    (settings,) = made.factory.chip.settings
    assert settings.direction is gpiod.line.Direction.OUTPUT
    assert (settings.output_value is gpiod.line.Value.ACTIVE) == level


def test_edges_carry_the_kernels_time(edges: Any) -> None:
    made, listener = pin(5, edges), Listener()
    listen(made, listener)
    made.report(event(True, 1_500_000_000, 1))
    made.report(event(False, 1_505_000_000, 2))
    assert listener.edges == [(1.5, 1), (1.505, 0)]
    assert made.factory.failure is None


def test_edges_that_the_kernel_could_not_keep_are_told(edges: Any) -> None:
    made = pin(5, edges)
    made.report(event(True, 0, 1))
    made.report(event(True, 0, 4))
    assert made.factory.failure == "GPIO 5: 2 edges were lost. Restart the kiosk and report this."


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit()])
def test_a_listener_that_raises_is_told_and_edges_go_on(edges: Any, error: BaseException) -> None:
    made, listener = pin(5, edges), Listener(error)
    listen(made, listener)
    for number in (1, 2):
        made.report(event(True, 0, number))
    assert len(listener.edges) == 2
    assert made.factory.failure.startswith(f"GPIO 5: an edge was lost ({error!r})")


def test_a_pin_that_cannot_be_read_is_told_and_the_thread_goes_on(edges: Any) -> None:
    class Gone:
        def take_events(self) -> Any:
            raise OSError("gone")

        def __repr__(self) -> str:
            return "GPIO5"

    read, write = os.pipe()
    edges.watch(read, Gone())
    os.write(write, b"x")
    assert until(lambda: edges.failure is not None)
    assert edges.failure == "GPIO5 no longer reports (gone). Restart the kiosk and report this."
    assert edges.alive()
    for end in (read, write):
        os.close(end)


def test_pulses_are_refused_in_words(edges: Any) -> None:
    made = pin(12, edges)
    made.output_with_state(False)
    for name, value in (("frequency", 50), ("state", 0.1)):
        with pytest.raises(HardwareError, match=r"^GPIO 12 cannot make the pulses .* Install lgpio") as told:
            setattr(made, name, value)
        assert isinstance(told.value, PinPWMUnsupported)


def test_a_pin_with_a_resistor_on_the_board_cannot_be_pulled_the_other_way(edges: Any) -> None:
    with pytest.raises(PinFixedPull):
        pin(2, edges).input_with_pull("down")


OPEN = """
from kiosk.clock import Clock
from kiosk.config import Hardware
from kiosk.errors import HardwareError
from kiosk.hardware.pins.gpiod import GpiodBoard
import os, sys
try:
    GpiodBoard(Hardware(pins="gpiod"), Clock())
except HardwareError as error:
    print(error)
print("lgpio" in sys.modules, os.listdir())
"""


def test_on_another_machine_the_error_names_the_simulator_and_lgpio_is_not_needed(tmp_path: Path) -> None:
    assert "gpiod" in BACK_ENDS
    run = [sys.executable, "-c", OPEN]
    said = subprocess.run(
        run, cwd=tmp_path, env={"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines() == [
        'This is not a Raspberry Pi. Set hardware.pins = "simulator" to run the simulated machine.',
        "False []",
    ]
