"""Each driver of a sensor, input, light or output: options to open it with, and what can go wrong with it."""

from __future__ import annotations

from typing import Any, NamedTuple

from kiosk.hardware.registry import names
from kiosk.simulator.faults import Fault

KINDS = ("sensor", "input", "signal", "climate")
EVENTS = "input/by-id/usb-Keys_4711-event-kbd"
READER = "serial/by-id/usb-Reader_0815"


class Case(NamedTuple):
    """`silences` are faults after which nothing can be told any more; `warns` those that staff must hear of."""

    settings: dict[str, Any]
    silences: tuple[Fault, ...] = ()
    warns: tuple[Fault, ...] = ()
    after_s: float = 0.0
    """How long a fault must last until it is told."""


CASES: dict[str, tuple[Case, ...]] = {
    "door": (Case({"pin": 16}), Case({"pin": 16, "open_low": True})),
    "drop_beam": (
        Case({"pin": 16, "emitter_pin": 17}, warns=(Fault.BEAM_BLOCKED,), after_s=1),
        Case({"pin": 16, "emitter_pin": 17, "broken_low": False, "emitter_active_low": True}),
    ),
    "hygrometer": (
        Case({}, silences=(Fault.UNPLUGGED,)),
        Case({"path": "bus/iio/devices/iio:device*/in_humidityrelative_input"}, silences=(Fault.UNPLUGGED,)),
    ),
    "motor_current": (
        Case({"v_per_a": 0.1, "zero_v": 1.65, "max_a": 3.0}, (Fault.UNPLUGGED,), (Fault.OVERCURRENT,)),
        Case(
            {"adc": "MCP3202", "channel": 1, "v_per_a": 0.2, "max_a": 3.0}
            | {"clock_pin": 20, "mosi_pin": 21, "miso_pin": 22, "select_pin": 23},
            warns=(Fault.OVERCURRENT,),
        ),
    ),
    "power_good": (
        Case({"pin": 16}, warns=(Fault.MAINS_OUT,), after_s=3),
        Case({"pin": 16, "lost_low": False}, warns=(Fault.MAINS_OUT,), after_s=3),
    ),
    "power_supply": (
        Case({}, (Fault.UNPLUGGED,), (Fault.MAINS_OUT, Fault.UNPLUGGED)),
        Case({"supplies": "bq27441"}, (Fault.UNPLUGGED,), (Fault.MAINS_OUT, Fault.UNPLUGGED)),
    ),
    "sharps_bin": (
        Case({"full_pin": 16}, warns=(Fault.BIN_FULL,), after_s=6),
        Case({"full_pin": 16, "three_quarters_pin": 17, "full_low": True}, warns=(Fault.BIN_FULL,), after_s=6),
    ),
    "tamper": (
        Case({"pin": 16}, warns=(Fault.TAMPERED,), after_s=1),
        Case({"pin": 16, "open_low": True}, warns=(Fault.TAMPERED,), after_s=1),
    ),
    "thermometer": (
        Case({}, silences=(Fault.UNPLUGGED,)),
        Case({"chip": "sht3x"}, silences=(Fault.UNPLUGGED,)),
    ),
    "button": (
        Case({"pin": 16}, warns=(Fault.BUTTON_STUCK,), after_s=31),
        Case({"pin": 16, "active_low": False}, warns=(Fault.BUTTON_STUCK,), after_s=31),
    ),
    "gpio_keypad": (
        Case({"row_pins": (12, 13, 16, 17), "column_pins": (20, 21, 22)}, warns=(Fault.KEY_STUCK,), after_s=45),
    ),
    "usb_keypad": (Case({"device": EVENTS}, warns=(Fault.UNPLUGGED, Fault.KEY_STUCK), after_s=45),),
    "serial_reader": (Case({"port": READER}, warns=(Fault.CABLE_OUT,)),),
    "gpio_light": (Case({"pin": 16}), Case({"pin": 16, "active_low": True})),
    "buzzer": (Case({"pin": 16}), Case({"pin": 16, "active_low": True})),
    "heater": (Case({"pin": 16, "set_c": 5.0}), Case({"pin": 16, "set_c": 25.0, "cools": True, "active_low": True})),
    "interior_light": (Case({"pin": 16}), Case({"pin": 16, "active_low": True})),
}

ALL = [(kind, driver, case) for kind in KINDS for driver in names(kind) for case in CASES.get(driver, ())]
