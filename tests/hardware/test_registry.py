"""Drivers and pins are found by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kiosk.config import Options
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.pins import BACK_ENDS, open_board
from kiosk.hardware.registry import KINDS, UnknownDriverError, names, options_type
from tests.hardware.machine import Machine, config


def test_every_driver_found_has_options_and_a_counterpart() -> None:
    found = {kind: names(kind) for kind in KINDS}
    assert all(found.values())
    assert {"door", "drop_beam", "thermometer"} <= set(found["sensor"])
    parts = Path("kiosk/simulator/parts")
    for kind, drivers in found.items():
        for driver in drivers:
            assert issubclass(options_type(kind, driver), Options)
            assert (parts / f"{driver}.py").exists()


@pytest.mark.parametrize(("kind", "name"), [("motor", "gpio_spirall"), ("sensor", "../motor"), ("oven", "door")])
def test_an_unknown_driver_is_a_key_error_with_a_sentence(kind: str, name: str) -> None:
    with pytest.raises(KeyError) as told:
        options_type(kind, name)
    assert isinstance(told.value, UnknownDriverError)
    assert str(told.value).startswith(f'There is no {kind} driver "{name}". Choose one of: ')


def test_reading_options_imports_neither_gpiozero_nor_other_drivers() -> None:
    script = (
        "import sys; from kiosk.hardware.registry import options_type; options_type('motor', 'gpio_spiral');"
        "print([m for m in sys.modules if m in ('gpiozero', 'lgpio', 'kiosk.hardware.drivers.sensor.door')])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_unknown_pins_name_the_known_ones(tmp_path: Path) -> None:
    assert set(BACK_ENDS) == {"gpiod", "lgpio", "simulator"}
    plain = config(tmp_path)
    wrong = msgspec.structs.replace(plain, hardware=msgspec.structs.replace(plain.hardware, pins="rpi"))
    with pytest.raises(HardwareError, match=r"Set hardware\.pins to one of: auto, lgpio, gpiod, simulator"):
        open_board(wrong)


AUTO = """
import sys
from pathlib import Path
from msgspec.structs import replace
sys.modules["lgpio"] = None
from kiosk.errors import HardwareError
from kiosk.hardware.pins import open_board
from tests.hardware.machine import config
plain = config(Path(sys.argv[1]))
try:
    open_board(replace(plain, hardware=replace(plain.hardware, pins="auto")))
except HardwareError as error:
    print(error)
"""


def test_without_lgpio_it_is_gpiod_that_says_what_is_missing(tmp_path: Path) -> None:
    """With pins it is tried in tests/kernel."""
    done = subprocess.run([sys.executable, "-c", AUTO, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == 'This is not a Raspberry Pi. Set hardware.pins = "simulator" to run the simulated machine.\n'


def test_importing_the_simulator_does_not_import_lgpio() -> None:
    script = "import sys, kiosk.simulator.board; print('lgpio' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_a_simulated_board_is_a_board(rig: Machine) -> None:
    board: Board = rig.board
    assert board.fault() is None
    assert board.sys_root.is_dir()
    board.close()
    board.close()
    assert board.fault() is not None


def test_a_pin_in_use_is_a_sentence(rig: Machine) -> None:
    rig.motor("A1")
    with pytest.raises(HardwareError, match="GPIO 5 is named twice"):
        rig.motor("A1")
