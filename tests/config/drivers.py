"""Drivers' options as the loader sees them, for tests that need no machine."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import Options, Pin


class Spiral(Options, frozen=True, kw_only=True):
    motor_pin: Pin
    home_pin: Pin
    leave_s: Annotated[float, Meta(gt=0, le=10)] = 1.0
    active_high: bool = True


class Beam(Options, frozen=True, kw_only=True):
    pin: Pin
    emitter_pin: Pin | None = None


class OnePin(Options, frozen=True, kw_only=True):
    pin: Pin


class Meter(Options, frozen=True, kw_only=True):
    path: str
    password: str = ""


TYPES: dict[str, dict[str, type[Options]]] = {
    "motor": {"gpio_spiral": Spiral},
    "sensor": {"drop_beam": Beam, "door": OnePin, "thermometer": Meter},
    "input": {"button": OnePin},
    "light": {"gpio_light": OnePin},
}


class SampleDrivers:
    def names(self, kind: str) -> tuple[str, ...]:
        return tuple(TYPES[kind])

    def options_type(self, kind: str, name: str) -> type[Options]:
        return TYPES[kind][name]
