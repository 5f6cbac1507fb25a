"""What can be seen of the simulated machine through its glass at one moment."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class CoilSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A coil. `angle` is 0 to 1 turns from home; `items` are turns to go until each falls, front first.

    `turning` is true while its motor has power or it coasts; a blocked coil has power and keeps its angle.
    """

    slot: str
    product: str
    capacity: int
    angle: float
    turning: bool
    items: tuple[float, ...]
    count: int
    motions: int
    faults: tuple[str, ...]


class LockerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A locker: whether its door stands open, and how many items lie in it."""

    slot: str
    product: str
    capacity: int
    opened: bool
    count: int
    motions: int
    faults: tuple[str, ...]


class PartSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A board, a sensor or another part that is not drawn: which faults were ordered, and which it can have."""

    name: str
    faults: tuple[str, ...]
    accepts: tuple[str, ...]


class FallingSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An item in the air. `progress` is 0 at the coil's edge and 1 in the tray."""

    slot: str
    progress: float


class BeamSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The drop beam: `lit` by its emitter, `broken` by an item or an obstacle, and its fault if one was ordered."""

    lit: bool
    broken: bool
    fault: str | None


class ButtonSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A button, whether it is held down, and whether it is stuck that way."""

    name: str
    pressed: bool
    stuck: bool = False


class Switched(NamedTuple):
    """When something was switched on or off, in seconds of `time.monotonic()`, however fast the machine runs."""

    at: float
    on: bool


class LightSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A light or a buzzer: whether it is on, and when it was switched lately, the latest last."""

    name: str
    driver: str
    on: bool
    changes: tuple[Switched, ...]


class WorldSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole machine at one moment. Parts that the configuration does not have are None or empty.

    `keypads` are the names of what can be typed at, or have a code held up to it.
    """

    coils: tuple[CoilSeen, ...]
    lockers: tuple[LockerSeen, ...] = ()
    others: tuple[PartSeen, ...] = ()
    keypads: tuple[str, ...] = ()
    falling: tuple[FallingSeen, ...]
    tray: int
    beam: BeamSeen | None
    door_open: bool | None
    temperature: float | None
    buttons: tuple[ButtonSeen, ...]
    lights: tuple[LightSeen, ...] = ()
    faults: tuple[str, ...]
    powered: bool
    speed: float
