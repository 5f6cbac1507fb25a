"""The motors' current, measured by an analog to digital converter: MCP3008 and its family.

Wire a current sensor (ACS712: `zero_v` is half of its supply, `v_per_a` 0.185, 0.1 or 0.066 for the 5, 20 and 30 A
kinds; INA180 or INA240 with a shunt: `v_per_a` is ohms times gain) into the motors' supply, its output to one
channel, and the converter to the header's SPI pins (the default; `dtparam=spi=on` makes that fast) or to any four
pins. A 5 V sensor needs a divider in front of a 3.3 V converter; then `zero_v` and `v_per_a` are smaller by as much.

It is read every few seconds: it shows a motor that stays on, and a short circuit. It does not
watch each turn; that is the work of the fuse, of the drivers' time limits and of `hardware.max_current_a`. With a
sensor whose `zero_v` is above 0 an unplugged one is told; without, a loose cable looks like no current. Written for
MCP3002, 3004, 3008, 3202, 3204 and 3208.
"""

from __future__ import annotations

import importlib
import threading
import warnings
from typing import Annotated, Any, Literal

from msgspec import Meta

from kiosk.config import Amperes, Pin
from kiosk.config import Options as BaseOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.model import Reading

SAMPLES = 8
"""A motor's brushes make its current uneven; so many samples are averaged."""
INRUSH_S = 0.15
"""A motor that starts draws several times its current for less than this."""
MOVED_V = 0.1
"""A sensor with a zero above this never gives 0 V while it is plugged in."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One channel of one converter."""

    adc: Annotated[
        Literal["MCP3002", "MCP3004", "MCP3008", "MCP3202", "MCP3204", "MCP3208"], Meta(description="The converter")
    ] = "MCP3008"
    channel: Annotated[int, Meta(ge=0, le=7, description="Its channel; converters have 2, 4 or 8")] = 0
    clock_pin: Pin = 11
    mosi_pin: Pin = 10
    miso_pin: Pin = 9
    select_pin: Pin = 8
    reference_v: Annotated[float, Meta(gt=0, le=5.5, description="The converter's reference, in volts")] = 3.3
    zero_v: Annotated[float, Meta(ge=0, le=5.5, description="What the sensor gives without a current, in volts")] = 0.0
    v_per_a: Annotated[float, Meta(gt=0, le=50, description="How much more it gives for each ampere, in volts")]
    max_a: Annotated[Amperes | None, Meta(description="More than this is told, in amperes; none: nothing is")] = None


class Driver:
    """An alert and a meter as in `kiosk.hardware.api`, in amperes."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins. Raises HardwareError; then none is claimed."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._lock = threading.Lock()
        self._adc = _open(options, board)
        self._full_scale = (1 << self._adc.bits) - 1

    def alert(self) -> str | None:
        """Return a sentence while more than `max_a` flows, and not only as a motor starts, or when that is not known.

        Takes 0.2 s if so, else some milliseconds.
        """
        if self._options.max_a is None:
            return None
        reading = self.read()
        if self._too_much(reading):
            self._clock.sleep(INRUSH_S)
            reading = self.read()
        if self._too_much(reading):
            return (
                f"{self._name}: {reading.text} is more than the {self._options.max_a:g} A that are allowed. Switch "
                "the motors' supply off, and look for a motor that does not stop or a short circuit."
            )
        return reading.text if reading.value is None else None

    def read(self) -> Reading:
        """Read the current now, the mean of 8 samples. One that cannot be measured has no value."""
        options = self._options
        try:
            with self._lock:
                samples = [self._adc.raw_value for _ in range(SAMPLES)]
        except Exception:  # noqa: BLE001 - each of gpiozero's back-ends raises errors of its own
            return self._failed("cannot be read: restart the kiosk.")
        if max(samples) >= self._full_scale:
            return self._failed("gives all it can: more flows than it can measure, or a cable is loose.")
        volts = sum(samples) / SAMPLES / (self._full_scale + 1) * options.reference_v
        if options.zero_v >= MOVED_V and max(samples) == 0:
            return self._failed("gives nothing: check its plug, its power and the converter's.")
        amperes = round((volts - options.zero_v) / options.v_per_a, 3)
        return Reading(name=self._name, text=f"{amperes:.2f} A", value=amperes, unit="A")

    def close(self) -> None:
        """Give the pins back. May be called twice."""
        self._adc.close()

    def _too_much(self, reading: Reading) -> bool:
        return (
            self._options.max_a is not None and reading.value is not None and abs(reading.value) > self._options.max_a
        )

    def _failed(self, what: str) -> Reading:
        return Reading(name=self._name, text=f"Current sensor {self._name} {what}", unit="A")


def _open(options: Options, board: Board) -> Any:
    from gpiozero import Device

    kind = getattr(importlib.import_module("gpiozero"), options.adc)
    # gpiozero's software SPI gives the pins that it is told to all but one of its own devices, which asks for the
    # default; without this it would look for a second way to the pins (gpiozero 2.0.1, SPISoftwareBus.__init__).
    default, Device.pin_factory = Device.pin_factory, board.pin_factory
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where there is no SPI hardware, software clocks the pins
            return kind(
                channel=options.channel,
                clock_pin=options.clock_pin,
                mosi_pin=options.mosi_pin,
                miso_pin=options.miso_pin,
                select_pin=options.select_pin,
                pin_factory=board.pin_factory,
            )
    except Exception as error:
        raise HardwareError(
            f"The converter {options.adc} cannot be used ({error}). Check its channel and its four pins."
        ) from error
    finally:
        Device.pin_factory = default
