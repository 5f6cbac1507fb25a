"""The Raspberry Pi's pins, through gpiozero and lgpio, with their traps closed.

- An output is claimed at the level it shall have; gpiozero alone would pulse an active-low output at start.
- lgpio calls back in one thread and an exception ends it for good: none gets through, and `fault` watches the thread.
- Importing lgpio makes a FIFO in the working directory, so this module is imported only when it is chosen. Its
  times would tell the moment of the latest edge, of an item that fell perhaps. So its name is taken away at once: both
  ends are open already.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import lgpio
from gpiozero import PinUnknownPi
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from kiosk.clock import Clock
from kiosk.config import Config, Hardware
from kiosk.errors import HardwareError
from kiosk.hardware.pins.base import BaseBoard

with suppress(OSError):
    Path(f".lgd-nfy{lgpio._notify_thread._notify}").unlink()

STALE_S = 5.0
"""Kernels before 5.7 stamp edges with another clock. A stamp further off than this is not used."""


class CarefulPin(LGPIOPin):
    """A pin that does not pulse when it becomes an output, and whose callback never raises."""

    def output_with_state(self, state: bool) -> None:
        """Make the pin an output that has the level `state` from its first instant."""
        lgpio.gpio_free(self.factory._handle, self._number)
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    def _call_when_changed(self, _chip: int, gpio: int, level: int, ticks: int) -> None:
        if level not in (0, 1):  # lgpio's watchdog reports level 2; nobody asked for it
            return
        now = time.monotonic()
        at = ticks / 1e9
        if not 0 <= now - at < STALE_S:
            at = now
        listens = self._when_changed
        listener = listens() if listens else None
        if listener is None:  # it was closed a moment ago
            return
        try:
            listener(at, level)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end the edges of all pins
            self.factory.failure = f"GPIO {gpio}: an edge was lost ({error!r}). Restart the kiosk and report this."


class CarefulFactory(LGPIOFactory):
    """The Pi's own header, made of careful pins."""

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = CarefulPin
        self.failure: str | None = None


class LgpioBoard(BaseBoard):
    """The pins of this Raspberry Pi."""

    pins = "lgpio"

    def __init__(self, hardware: Hardware, clock: Clock) -> None:
        """Open the header. Raises HardwareError when this is no Pi or the pins may not be used."""
        super().__init__(hardware, clock, sys_root=Path("/sys"), dev_root=Path("/dev"))
        try:
            self.pin_factory: Any = CarefulFactory()
        except PinUnknownPi as error:
            raise HardwareError(
                'This is not a Raspberry Pi. Set hardware.pins = "simulator" to run the simulated machine.'
            ) from error
        except lgpio.error as error:
            raise HardwareError(
                f"The GPIO pins cannot be opened ({error}). Add the kiosk's user to the group gpio, "
                "and check that /dev/gpiochip0 is there."
            ) from error

    def fault(self) -> str | None:
        """Return a sentence when edges no longer arrive."""
        if not lgpio._notify_thread.is_alive():
            return "The pins no longer report: their callback thread has ended. Restart the kiosk."
        failure: str | None = self.pin_factory.failure
        return failure

    def close(self) -> None:
        """Make every pin an input again, which leaves outputs undriven."""
        self.pin_factory.close()


def open_board(config: Config, clock: Clock | None) -> LgpioBoard:
    """Open this Raspberry Pi's pins."""
    return LgpioBoard(config.hardware, clock or Clock())
