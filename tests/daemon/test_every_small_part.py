"""A cabinet with one of every sensor, input, light and output: the daemon finds what each of them is for."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from kiosk.hardware.machine import Machine
from kiosk.hardware.pins import open_board
from kiosk.hardware.registry import names
from kiosk.simulator.board import SimulatorBoard
from tests.hardware.bench import TABLES, Described, bench_config
from tests.hardware.machine import until

SETTINGS: dict[str, dict[str, Any]] = {
    "drop_beam": {"pin": 16, "emitter_pin": 17},
    "door": {"pin": 18},
    "thermometer": {"chip": "sht3x"},
    "tamper": {"pin": 19},
    "power_good": {"pin": 24},
    "sharps_bin": {"full_pin": 25},
    "motor_current": {"v_per_a": 0.1, "zero_v": 1.65, "max_a": 5.0},
    "button": {"pin": 26},
    "gpio_keypad": {"row_pins": (0, 1, 2, 3), "column_pins": (12, 13, 14)},
    "usb_keypad": {"device": "input/by-id/usb-Keys-event-kbd"},
    "serial_reader": {"port": "serial/by-id/usb-Reader"},
    "buzzer": {"pin": 20},
    "gpio_light": {"pin": 21},
    "heater": {"pin": 22, "set_c": 5.0},
    "interior_light": {"pin": 23},
}
PARTS: list[Described] = [(kind, name, name, SETTINGS.get(name, {})) for kind in TABLES for name in names(kind)]


def test_one_of_each_is_opened_found_and_closed(tmp_path: Path) -> None:
    config = bench_config(tmp_path, PARTS, 1.0)
    board = open_board(config)
    assert isinstance(board, SimulatorBoard)
    machine = Machine.open(config, board)
    try:
        assert machine.broken == {}
        assert machine.beam is not None
        assert machine.door is not None
        readings = {meter.read().name: meter.read().value for meter in machine.meters.values()}
        assert set(readings) == {"thermometer", "hygrometer", "power_supply", "sharps_bin", "motor_current"}
        assert None not in readings.values()
        assert set(machine.alerts) == {"tamper", "power_good", "power_supply", "sharps_bin", "motor_current"}
        assert [alert.alert() for alert in machine.alerts.values() if alert.alert()] == []
        assert set(machine.buttons) == {"button"}
        assert set(machine.keypads) == {"gpio_keypad", "usb_keypad", "serial_reader"}
        assert len(machine.lights) == 3
        assert set(machine.climates) == {"heater"}
        typed: dict[str, str] = {}
        for name, keypad in machine.keypads.items():
            assert until(lambda keypad=keypad: keypad.fault() is None)  # type: ignore[misc]
            keypad.on_entry(functools.partial(typed.__setitem__, name))
            board.world.part(name).type("12#" if name == "gpio_keypad" else "12")
        assert until(lambda: len(typed) == 3)
        assert set(typed.values()) == {"12"}
    finally:
        machine.close()
