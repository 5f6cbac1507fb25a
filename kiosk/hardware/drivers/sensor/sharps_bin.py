"""The level of the sharps bin that hangs on the machine: one switch at its full mark, and maybe one at three quarters.

Wire each switch from its pin to ground so that it is closed while there is room and opens at its mark; then a cut
cable tells of a full bin. Written for float and lever microswitches and for diffuse infrared switches with an
open-collector output (such as E18-D80NK; give its output no more than 3.3 V). What passes the switch as it falls in
is not counted: a mark counts once it holds for `steady_s`.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.alarm_contact import AlarmContact
from kiosk.model import Reading


class Options(BaseOptions, frozen=True, kw_only=True):
    """One bin."""

    full_pin: Pin
    three_quarters_pin: Pin | None = None
    full_low: Annotated[bool, Meta(description="True if a pin is low while the bin is filled to its mark")] = False
    steady_s: Annotated[float, Meta(ge=0, le=600, description="A mark counts once it holds for so long; seconds")] = 5.0


class Driver:
    """An alert and a meter as in `kiosk.hardware.api`: 0, 75 or 100 %."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins. Raises HardwareError; then none is claimed."""
        self._name = name
        self._three_quarters: AlarmContact | None = None
        with ExitStack() as undo:
            self._full = self._mark(board, options.full_pin, options)
            undo.callback(self._full.close)
            if options.three_quarters_pin is not None:
                self._three_quarters = self._mark(board, options.three_quarters_pin, options)
            undo.pop_all()

    def alert(self) -> str | None:
        """Return a sentence while it is filled to a mark, and when its level cannot be told."""
        level = self.read()
        if level.value is None:
            return level.text
        if level.value >= 100:
            return f"{self._name} is full: change it now, and look for what lies beside it."
        if level.value >= 75:
            return f"{self._name} is three quarters full: change it at the next visit."
        return self._full.failure or (self._three_quarters.failure if self._three_quarters else None)

    def read(self) -> Reading:
        """Read the level now: the highest mark that it reached, in percent."""
        try:
            full = self._full.raised()
            three_quarters = full if self._three_quarters is None else self._three_quarters.raised()
        except HardwareError as error:
            return self._failed(f"cannot be read. {error}")
        if full and not three_quarters:
            return self._failed("is full and yet not three quarters full: check both switches and their cables.")
        percent = 100.0 if full else 75.0 if three_quarters else 0.0
        return Reading(name=self._name, text=_WORDS[percent], value=percent, unit="%")

    def close(self) -> None:
        """Give the pins back. May be called twice."""
        self._full.close()
        if self._three_quarters:
            self._three_quarters.close()

    @staticmethod
    def _mark(board: Board, pin: int, options: Options) -> AlarmContact:
        return AlarmContact(board, pin, alarm_low=options.full_low, steady_s=options.steady_s)

    def _failed(self, what: str) -> Reading:
        return Reading(name=self._name, text=f"{self._name} {what}", unit="%")


_WORDS = {0.0: "room left", 75.0: "three quarters full", 100.0: "full"}
