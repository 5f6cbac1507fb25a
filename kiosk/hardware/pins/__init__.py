"""The back-ends below the drivers, found by name: `lgpio` or `gpiod` on a Raspberry Pi, `simulator` anywhere else."""

from __future__ import annotations

import importlib
import logging

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board

log = logging.getLogger(__name__)

BACK_ENDS = {
    "lgpio": "kiosk.hardware.pins.lgpio",
    "gpiod": "kiosk.hardware.pins.gpiod",
    "simulator": "kiosk.simulator.board",
}
"""The module of each. Only the one that is named is imported."""

AUTO = ("lgpio", "gpiod")
"""What `auto` tries, the one that can drive a servo first. lgpio has no wheel for Python 3.13."""


def open_board(config: Config, clock: Clock | None = None) -> Board:
    """Open the pins that `hardware.pins` names. `clock` replaces the clock of real pins; a simulator has its own.

    `auto` opens the first of `AUTO` that can be opened: a missing library must not keep naloxone in.
    Raises HardwareError, with the remedy, when the back-end is unknown, not installed, or finds no pins.
    """
    chosen = config.hardware.pins
    *before, last = AUTO if chosen == "auto" else (chosen,)
    for name in before:
        try:
            return _opened(name, config, clock)
        except HardwareError as error:
            log.info("The next pins are tried: not=%s why=%s", name, error)
    return _opened(last, config, clock)


def _opened(name: str, config: Config, clock: Clock | None) -> Board:
    if name not in BACK_ENDS:
        raise HardwareError(
            f'There are no pins called "{name}". Set hardware.pins to one of: {", ".join(("auto", *BACK_ENDS))}.'
        )
    try:
        module = importlib.import_module(BACK_ENDS[name])
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
    log.info("The pins are open: pins=%s", board.pins)
    return board
