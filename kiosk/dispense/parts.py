"""The machine's parts as the service needs them, whatever drivers the daemon chose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

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

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
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
