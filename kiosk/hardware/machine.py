"""The opened machine: every part of it that works, whatever drivers the configuration names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kiosk import sdnotify
from kiosk.config import TABLES, Config, Part, SerialOptions, Slot
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import (
    Alert,
    Asked,
    Board,
    Button,
    Climate,
    Controller,
    DropSensor,
    Keypad,
    Light,
    Meter,
    Motor,
    Signal,
    Switch,
    Turn,
)
from kiosk.model import MachinePart

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Every part, opened. A part that could not be opened is absent and stands in `broken` with a sentence."""

    board: Board
    motors: dict[str, Motor]
    lockers: frozenset[str] = frozenset()
    """The slots with a door that a visitor opens and closes; from all others an item falls into the tray."""
    controllers: dict[str, Controller] = field(default_factory=dict)
    beam: DropSensor | None = None
    door: Switch | None = None
    meters: dict[str, Meter] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    buttons: dict[str, Button] = field(default_factory=dict)
    keypads: dict[str, Keypad] = field(default_factory=dict)
    lights: tuple[Light, ...] = ()
    climates: dict[str, Climate] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    listed: tuple[MachinePart, ...] = ()
    """The parts that could be opened, in the order of the configuration."""

    @classmethod
    def open(cls, config: Config, board: Board) -> Machine:
        """Open every part with the driver that the configuration names: what hangs on pins before any serial line.

        A part that cannot be opened is left out, and why stands in `broken`: a missing light or motor must not stop
        the others. Raises nothing for a part.
        """
        opened, broken = _open_parts(config, board)
        motors = opened["slots"]
        for name, motor in motors.items():
            if not isinstance(motor, Motor):
                broken[name] = (
                    f"{name} cannot be used: its driver keeps not all promises of a motor (docs/adding-a-driver.md)."
                )
        sensors, inputs = opened["sensors"], opened["inputs"]
        for kind in (DropSensor, Switch):
            for name in list(_of(kind, sensors))[1:]:
                sensors.pop(name).close()
                broken[name] = (
                    f"{name} is not used: a kiosk has one drop sensor and one door. Remove it from [[sensors]]."
                )
        return cls(
            board=board,
            motors=_of(Motor, motors),
            lockers=frozenset(slot.id for slot in config.slots if registry.kind_of("slots", slot.driver) == "lock"),
            controllers=_of(Controller, opened["controllers"]),
            beam=next(iter(_of(DropSensor, sensors).values()), None),
            door=next(iter(_of(Switch, sensors).values()), None),
            meters=_of(Meter, sensors),
            alerts=_of(Alert, sensors),
            buttons=_of(Button, inputs),
            keypads=_of(Keypad, inputs),
            lights=tuple(_of(Light, opened["signals"]).values()),
            climates=_of(Climate, opened["climate"]),
            broken=broken,
            listed=tuple(_listed(config, opened, broken)),
        )

    def motor(self, slot: str) -> Motor:
        """Return a slot's motor; one that could not be opened never starts."""
        return self.motors.get(slot) or AbsentMotor(self.broken.get(slot, f"{slot} has no motor."))

    def decline(self, slot: str) -> None:
        """Tell a machine that asked for a slot's item that it will not come, if it waits to hear that."""
        motor = self.motors.get(slot)
        if isinstance(motor, Asked):
            motor.decline()

    def running_on(self) -> list[str]:
        """Return the slots whose coils turn although nobody turns them."""
        return [slot for slot, motor in self.motors.items() if motor.runs_on()]

    def door_is_open(self) -> bool:
        """Say whether the door is known to be open."""
        return self.door is not None and bool(self.door.is_open())

    def show(self, signal: Signal, *, urgent: bool = False) -> None:
        """Light up, and sound, whatever there is to do so."""
        for light in self.lights:
            light.show(signal, urgent)

    def longest_turn_s(self) -> float:
        """Return how long the slowest motor may take for one turn, in seconds."""
        return max((motor.limit_s for motor in self.motors.values()), default=0.0)

    def close(self) -> None:
        """Switch everything off and give all pins and ports back, motors first."""
        movers = (*self.motors.values(), *self.climates.values(), *self.controllers.values())
        single = () if self.beam is None else (self.beam,)
        sensors = (*single, *(() if self.door is None else (self.door,)), *self.meters.values(), *self.alerts.values())
        others = (*self.buttons.values(), *self.keypads.values(), *self.lights)
        for part in (*movers, *sensors, *others, self.board):
            try:
                part.close()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must be off all the same
                log.warning("A part could not be closed: %s", error)


class AbsentMotor:
    """A motor that could not be opened: the slot exists, and nothing in it can move."""

    drops = True
    limit_s = 0.0

    def __init__(self, why: str) -> None:
        self._why = why

    def turn(self, _started: Callable[[], None]) -> Turn:
        """Move nothing, for certain."""
        return Turn.ABSENT

    def nudge(self) -> Turn:
        """Move nothing, for certain."""
        return Turn.ABSENT

    def advice(self) -> str | None:
        """Say why."""
        return self._why

    def runs_on(self) -> bool:
        """It cannot."""
        return False

    def fault(self) -> str | None:
        """Say why."""
        return self._why

    def close(self) -> None:
        """Nothing to switch off."""


def _open_parts(config: Config, board: Board) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the parts of each table that could be opened, by their names, and why others could not.

    A serial line whose device is dead makes others wait, so whatever hangs on one is opened last.
    """
    broken: dict[str, str] = {}
    opened: dict[tuple[str, str], Any] = {}
    serial = {part.name for part in config.controllers if isinstance(part.options, SerialOptions)}

    def is_behind_a_line(entry: Part | Slot) -> bool:
        return isinstance(entry.options, SerialOptions) or getattr(entry.options, "controller", None) in serial

    entries = list(config.parts())
    for table, entry in sorted(entries, key=lambda found: is_behind_a_line(found[1])):
        sdnotify.step()
        name, kind = entry.name, registry.kind_of(table, entry.driver)
        try:
            part = registry.open_driver(kind, entry.driver, name, entry.options, board)
        except HardwareError as error:
            broken[name] = f"{name} cannot be used: {error}"
        except Exception as error:
            log.exception("A driver failed to open: part=%s driver=%s", name, entry.driver)
            broken[name] = f"{name} cannot be used: its driver {entry.driver} failed ({error!r}). Report this."
        else:
            opened[table, name] = part
            if table == "controllers":
                board.add(name, part)
    in_order: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
    for table, entry in entries:
        if (table, entry.name) in opened:
            in_order[table][entry.name] = opened[table, entry.name]
    return in_order, broken


def _listed(
    config: Config, opened: Mapping[str, Mapping[str, object]], broken: Container[str]
) -> Iterator[MachinePart]:
    """Name every part that works."""
    for table, entry in config.parts():
        part = opened[table].get(entry.name)
        if part is not None and entry.name not in broken:
            yield MachinePart(
                kind=registry.kind_of(table, entry.driver),
                driver=entry.driver,
                name=entry.name,
                visitor_only=table == "slots" and isinstance(part, Asked),
            )


def _of(kind: type[T], parts: Mapping[str, object]) -> dict[str, T]:
    """Return the parts that keep the promises of `kind`."""
    return {name: part for name, part in parts.items() if isinstance(part, kind)}
