"""Drivers' options as the loader sees them, for tests that need no machine."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from kiosk.config import Amperes, Options, Pin, SerialOptions, controller_of


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


class Button(Options, frozen=True, kw_only=True):
    asks_for_product: ClassVar[bool] = True

    pin: Pin


class Relays(SerialOptions, frozen=True, kw_only=True):
    baudrate: int = 9600


class Relay(Options, frozen=True, kw_only=True):
    claims: ClassVar[tuple[tuple[str, ...], ...]] = (("controller", "relay"),)

    controller: Annotated[str, controller_of("relays")]
    relay: Annotated[int, Meta(ge=1, le=8)]
    current_a: Amperes = 1.0


class Meter(Options, frozen=True, kw_only=True):
    path: str
    password: str = ""


TYPES: dict[str, dict[str, type[Options]]] = {
    "controller": {"relays": Relays, "other": OnePin},
    "motor": {"gpio_spiral": Spiral, "relay": Relay},
    "lock": {"solenoid": OnePin},
    "sensor": {"drop_beam": Beam, "door": OnePin, "thermometer": Meter},
    "input": {"button": Button, "keypad": OnePin},
    "signal": {"gpio_light": OnePin},
    "climate": {"relay": Relay},
}


class SampleDrivers:
    def names(self, kind: str) -> tuple[str, ...]:
        return tuple(TYPES[kind])

    def options_type(self, kind: str, name: str) -> type[Options]:
        return TYPES[kind][name]
