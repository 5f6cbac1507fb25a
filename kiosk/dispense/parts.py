"""The machine's parts as the service needs them, whatever drivers the daemon chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.hardware.api import Board, Button, DropSensor, Light, Meter, Motor, Signal, Switch, Turn


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every part, opened. A part that could not be opened is absent and stands in `broken` with a sentence."""

    board: Board
    motors: dict[str, Motor]
    beam: DropSensor | None = None
    door: Switch | None = None
    meters: tuple[Meter, ...] = ()
    buttons: dict[str, Button] = field(default_factory=dict)
    light: Light | None = None
    broken: dict[str, str] = field(default_factory=dict)

    def motor(self, slot: str) -> Motor:
        """Return a slot's motor; one that could not be opened never starts."""
        return self.motors.get(slot) or AbsentMotor(self.broken.get(slot, f"{slot} has no motor."))

    def running_on(self) -> list[str]:
        """Return the slots whose coils turn although nobody turns them."""
        return [slot for slot, motor in self.motors.items() if motor.runs_on()]

    def show(self, signal: Signal) -> None:
        """Light up, if there is a light."""
        if self.light is not None:
            self.light.show(signal)

    def close(self) -> None:
        """Switch everything off and give all pins and ports back, motors first."""
        single = (self.beam, self.door, self.light)
        for part in (*self.motors.values(), *single, *self.meters, *self.buttons.values(), self.board):
            if part is not None:
                part.close()


class AbsentMotor:
    """A motor that could not be opened: the slot exists, and nothing in it can move."""

    def __init__(self, why: str) -> None:
        self._why = why

    def turn(self, _started: Callable[[], None]) -> Turn:
        """Move nothing, for certain."""
        return Turn.NOT_STARTED

    def nudge(self) -> Turn:
        """Move nothing, for certain."""
        return Turn.NOT_STARTED

    def runs_on(self) -> bool:
        """It cannot."""
        return False

    def fault(self) -> str | None:
        """Say why."""
        return self._why

    def close(self) -> None:
        """Nothing to switch off."""
