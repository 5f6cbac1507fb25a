"""No output ever pulses: not at start, not at stop, and not when the process is killed in the middle of a vend.

The kernel's trace has every level that an output was driven to, so a pulse of any length is seen.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.api import Signal
from tests.children import child
from tests.kernel.chip import Chip
from tests.kernel.rig import Board, Rig

EMITTER, LOW_EMITTER = 17, 18
OUTPUTS: list[tuple[str, str, dict[str, Any], int, list[int]]] = [
    ("motor", "gpio_spiral", {"motor_pin": 5, "home_pin": 6}, 5, [0]),
    ("motor", "gpio_spiral", {"motor_pin": 7, "home_pin": 8, "motor_active_low": True}, 7, [1]),
    ("signal", "gpio_light", {"pin": 20}, 20, [0]),
    ("signal", "gpio_light", {"pin": 21, "active_low": True}, 21, [1]),
    ("signal", "buzzer", {"pin": 22, "active_low": True}, 22, [1]),
    ("climate", "heater", {"pin": 23, "active_low": True, "set_c": 5}, 23, [1]),
    ("signal", "interior_light", {"pin": 24, "active_low": True}, 24, [1]),
    ("sensor", "drop_beam", {"pin": 16, "emitter_pin": EMITTER}, EMITTER, [0, 1]),
    ("sensor", "drop_beam", {"pin": 19, "emitter_pin": LOW_EMITTER, "emitter_active_low": True}, LOW_EMITTER, [1, 0]),
]


def levels(chip: Chip, line: int) -> list[int]:
    return [write.level for write in chip.writes(line)]


@pytest.mark.parametrize(
    ("kind", "driver", "options", "line", "start"), OUTPUTS, ids=[f"{output[1]}-{output[3]}" for output in OUTPUTS]
)
def test_start_and_stop_never_pulse(
    rig: Rig, kind: str, driver: str, options: dict[str, Any], line: int, start: list[int]
) -> None:
    part = rig.open(kind, driver, **options)
    assert levels(rig.chip, line) == start
    part.close()
    off = start[0]
    assert set(levels(rig.chip, line)[len(start) :]) <= {off}
    rig.board.close()
    assert set(levels(rig.chip, line)[len(start) :]) <= {off}


@pytest.mark.lgpio
def test_plain_gpiozero_would_pulse(chip: Chip) -> None:
    """It shows that the tests above can fail."""
    from gpiozero import OutputDevice
    from gpiozero.pins.lgpio import LGPIOFactory

    chip.forget()
    factory = LGPIOFactory()
    OutputDevice(7, active_high=False, pin_factory=factory).close()
    factory.close()
    assert levels(chip, 7)[:2] == [0, 1]


def test_a_light_is_on_only_when_it_shall_be(rig: Rig) -> None:
    light = rig.open("signal", "gpio_light", pin=21, active_low=True)
    light.show(Signal.READY)
    time.sleep(0.05)
    light.close()
    assert levels(rig.chip, 21) == [1, 0, 1]


TURN = """
import sys
from tests.kernel.rig import Board
with Board(sys.argv[1]) as board:
    motors = [board.open("motor", "gpio_spiral", motor_pin=5, home_pin=6),
              board.open("motor", "gpio_spiral", motor_pin=7, home_pin=8, motor_active_low=True)]
    light = board.open("signal", "gpio_light", pin=20)
    beam = board.open("sensor", "drop_beam", pin=16, emitter_pin=17)
    motors[int(sys.argv[2])].turn(lambda: print("it turns", flush=True))
"""
OFF = {5: 0, 7: 1, 20: 0}
"""The level at which each motor and light is off."""


CONFIG = """
[kiosk]
id = "killed"
site = "Here"
[hardware]
pins = "auto"
[[products]]
sku = "NAL"
name = "Naloxone"
[[slots]]
id = "A1"
product = "NAL"
capacity = 8
options = { motor_pin = 5, home_pin = 6 }
[[slots]]
id = "A2"
product = "NAL"
capacity = 8
options = { motor_pin = 7, home_pin = 8, motor_active_low = true }
[[signals]]
name = "light"
driver = "gpio_light"
options = { pin = 20 }
"""


@pytest.fixture
def header(chip: Chip) -> Chip:
    """The header with resistors that hold everything off, and the coils at home."""
    for line in range(28):
        chip.pull(line, OFF.get(line, 0))
    chip.forget()
    return chip


def kill_while_it_turns(chip: Chip, backend: str, motor: int, line: int) -> None:
    command = [sys.executable, "-c", TURN, backend, str(motor)]
    with child(command, stdout=subprocess.PIPE) as turns:
        assert turns.stdout is not None
        assert turns.stdout.readline() == "it turns\n"
        assert chip.level(line) != OFF[line]
        turns.kill()
    assert levels(chip, line) == [OFF[line], 1 - OFF[line]]
    assert {line: chip.level(line) for line in OFF} == OFF


@pytest.mark.parametrize(
    ("backend", "motor", "line"), [pytest.param("lgpio", 1, 7, marks=pytest.mark.lgpio), ("gpiod", 0, 5)]
)
def test_after_a_kill_a_new_start_never_pulses(header: Chip, backend: str, motor: int, line: int) -> None:
    kill_while_it_turns(header, backend, motor, line)
    header.forget()
    with Board(backend) as board:
        board.open("motor", "gpio_spiral", motor_pin=5, home_pin=6)
        board.open("motor", "gpio_spiral", motor_pin=7, home_pin=8, motor_active_low=True)
        board.open("signal", "gpio_light", pin=20)
    assert {other: set(levels(header, other)) for other in OFF} == {other: {off} for other, off in OFF.items()}


def test_outputs_off_drives_everything_off_and_never_on(header: Chip, tmp_path: Path) -> None:
    """As systemd runs it after each stop. The kernel of a Raspberry Pi leaves outputs as they were."""
    for line, off in OFF.items():
        header.pull(line, not off)
    (tmp_path / "kiosk.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "kiosk", "outputs-off", "--config", str(tmp_path / "kiosk.toml")]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    assert (said.stdout, said.stderr) == ("Every output that could be reached is off.\n", "")
    assert {line: set(levels(header, line)) for line in OFF} == {line: {off} for line, off in OFF.items()}
