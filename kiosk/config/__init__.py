"""kiosk.toml: what this kiosk is made of. Typed and closed; every mistake is told at once, with its path."""

from kiosk.config.last_good import Loaded, keep, load_or_last_good
from kiosk.config.load import Drivers, load, parse
from kiosk.config.settings import (
    CodeSettings,
    Config,
    Hardware,
    Input,
    Kiosk,
    Options,
    Part,
    Paths,
    Pin,
    Privacy,
    Product,
    Simulator,
    Slot,
    Telemetry,
)
from kiosk.config.show import show

__all__ = [
    "CodeSettings",
    "Config",
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
    "Simulator",
    "Slot",
    "Telemetry",
    "keep",
    "load",
    "load_or_last_good",
    "parse",
    "show",
]
