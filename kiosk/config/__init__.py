"""kiosk.toml: what this kiosk is made of. Typed and closed; every mistake is told at once, with its path."""

from kiosk.config.last_good import Loaded, keep, load_or_last_good
from kiosk.config.load import load, parse
from kiosk.config.settings import (
    TABLES,
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
from kiosk.config.shelves import Drivers
from kiosk.config.show import show
from kiosk.config.warnings import warnings

__all__ = [
    "TABLES",
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
    "warnings",
]
