"""kiosk.toml: what this kiosk is made of. Typed and closed; every mistake is told at once, with its path."""

from kiosk.config.last_good import Loaded, keep, load_or_last_good
from kiosk.config.load import Drivers, load, parse
from kiosk.config.settings import (
    Amperes,
    CodeSettings,
    Config,
    DevicePath,
    Hardware,
    Input,
    Kiosk,
    Options,
    Part,
    Paths,
    Pin,
    Privacy,
    Product,
    SerialOptions,
    Simulator,
    Slot,
    Telemetry,
    controller_of,
)
from kiosk.config.show import show

__all__ = [
    "Amperes",
    "CodeSettings",
    "Config",
    "DevicePath",
    "Drivers",
    "Hardware",
    "Input",
    "Kiosk",
    "Loaded",
    "Options",
    "Part",
    "Paths",
    "Pin",
    "Privacy",
    "Product",
    "SerialOptions",
    "Simulator",
    "Slot",
    "Telemetry",
    "controller_of",
    "keep",
    "load",
    "load_or_last_good",
    "parse",
    "show",
]
