"""A heater, or with `cools = true` a cooler or fan, behind a relay, switched by how warm it is inside.

It needs a `thermometer`. Wire the relay so that it is off while the pin is not driven, and put a thermal fuse into
the heater's own circuit: this thermostat keeps what is inside at its temperature, and a fuse keeps it from burning.
For a compressor set `min_off_s = 180` or what its maker says; one that starts against pressure breaks. Written for
relay boards and solid state relays; most relay boards are on while their pin is low.

It is off while the temperature is not known, and when nobody told it for five minutes. One that is on for `max_on_s`
and changes nothing is switched off for good and told, as its thermometer may hang somewhere else, or it is broken;
choose it longer than the coldest night in which a sound heater only just holds its own.
"""

from __future__ import annotations

import queue
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import OutputLine

SILENCE_S = 300.0
"""The temperature comes once a minute. After so long without, it is not known."""
EFFECT_C = 0.5
"""It works if the temperature moves by this much; a DS18B20's smallest step is 0.06 °C, its noise a little more."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One heater or cooler."""

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if it is on while its pin is low")] = False
    set_c: Annotated[float, Meta(ge=-20, le=40, description="The temperature to keep, in °C")]
    hysteresis_c: Annotated[
        float, Meta(ge=0.2, le=10, description="It switches half of this above and below `set_c`, in °C")
    ] = 1.0
    cools: Annotated[bool, Meta(description="True for a cooler or fan, false for a heater")] = False
    min_off_s: Annotated[
        float, Meta(ge=0, le=3600, description="It stays off for at least so long, also at the start; seconds")
    ] = 0.0
    max_on_s: Annotated[
        float, Meta(ge=600, le=86400, description="On for so long without any effect it is broken; seconds")
    ] = 14400.0


class Driver:
    """A climate as in `kiosk.hardware.api.Climate`. One thread switches it."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin, off. Raises HardwareError; then it is not claimed."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._line = OutputLine(board, options.pin, active_low=options.active_low)
        self._told: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._closing = False
        self._trouble: str | None = None
        self._useless = self._blind = False
        self._on = False
        self._off_since = self._effect_at = self._clock.monotonic()
        self._effect_c = 0.0
        self._thread = self._clock.start(f"climate-{name}", self._run)

    def regulate(self, celsius: float | None) -> None:
        """Switch for this temperature, in °C; off while it is not known (None). Returns at once and never raises."""
        self._told.put(celsius)

    def fault(self) -> str | None:
        """Return a sentence for staff if it cannot be switched, or had no effect and stays off."""
        kind = "cooler" if self._options.cools else "heater"
        if self._trouble:
            return self._trouble
        if self._blind and not self._useless:
            return (
                f"{self._name}: the {kind} is off, as nobody knows how warm it is. Check the thermometer, or add one."
            )
        if self._useless:
            return (
                f"{self._name}: the {kind} was on for {self._options.max_on_s / 3600:.1f} h and changed nothing, so it "
                f"stays off. Check the {kind}, its fuse, and where the thermometer hangs; then restart the kiosk."
            )
        return None

    def close(self) -> None:
        """Switch off and give the pin back. May be called twice."""
        self._closing = True
        self._told.put(None)
        self._clock.join(self._thread)
        self._line.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                celsius = self._clock.get(self._told, SILENCE_S if self._on else None)
            except queue.Empty:
                celsius = None
            self._blind = celsius is None
            try:
                self._switch(self._wanted(celsius))
                self._trouble = None
            except HardwareError as error:  # it is tried again in a minute
                self._trouble = str(error)

    def _wanted(self, celsius: float | None) -> bool:
        """Decide whether it is to be on at this temperature."""
        if celsius is None or self._useless:
            return False
        missing_c = self._options.set_c - celsius
        if self._options.cools:
            missing_c = -missing_c
        half_c = self._options.hysteresis_c / 2
        if not self._on:
            now = self._clock.monotonic()
            self._effect_c, self._effect_at = missing_c, now
            return now - self._off_since >= self._options.min_off_s and missing_c >= half_c
        self._useless = self._without_effect(missing_c)
        return missing_c > -half_c and not self._useless

    def _without_effect(self, missing_c: float) -> bool:
        """Say whether it has been on for too long since the temperature last came nearer."""
        now = self._clock.monotonic()
        if missing_c <= self._effect_c - EFFECT_C:
            self._effect_c, self._effect_at = missing_c, now
        return now - self._effect_at >= self._options.max_on_s

    def _switch(self, on: bool) -> None:
        if on == self._on:
            return
        (self._line.on if on else self._line.off)()
        self._on = on
        if not on:
            self._off_since = self._clock.monotonic()
