"""The back-ends below the drivers, found by name: `lgpio` or `gpiod` on a Raspberry Pi, `simulator` anywhere else."""

from __future__ import annotations

import importlib
import pkgutil

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board


def names() -> tuple[str, ...]:
    """Return the names of the back-ends, sorted. Imports none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def open_board(config: Config, clock: Clock | None = None) -> Board:
    """Open the pins that `hardware.pins` names. `clock` replaces the clock of real pins; a simulator has its own.

    Raises HardwareError, with the remedy, when the back-end is unknown, not installed, or finds no pins.
    """
    name = config.hardware.pins
    if name not in names():
        raise HardwareError(f'There are no pins called "{name}". Set hardware.pins to one of: {", ".join(names())}.')
    try:
        module = importlib.import_module(f"kiosk.hardware.pins.{name}")
    except ImportError as error:
        raise HardwareError(
            f"The pins {name} are not installed ({error}). Install them, or set hardware.pins."
        ) from error
    except OSError as error:
        raise HardwareError(
            f"The pins {name} could not start ({error}). Start the kiosk in a directory that it may write to, "
            "such as /run/kiosk."
        ) from error
    board: Board = module.open_board(config, clock)
    return board
