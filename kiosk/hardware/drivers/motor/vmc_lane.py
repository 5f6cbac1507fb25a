"""One selection of a whole vending machine, driven by the machine itself. See `controller/vmc`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import controller_of
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.drivers.controller.vmc import Driver as Machine
from kiosk.hardware.drivers.controller.vmc import Ending


class Options(BaseOptions, frozen=True, kw_only=True):
    """One selection."""

    claims: ClassVar = (("controller", "selection"),)
    sees_drops: ClassVar = True

    controller: Annotated[str, controller_of("vmc")]
    selection: Annotated[int, Meta(ge=1, le=999, description="Its number in the machine: tray times ten plus place")]
    try_sold_out: Annotated[
        bool,
        Meta(
            description="Drive it although the machine's own counter says that it is sold out, as the kiosk keeps the "
            "count; false for a machine that then refuses to be driven at all"
        ),
    ] = True


class Driver:
    """A motor as in `kiosk.hardware.api.Motor`, as far as a machine that decides itself lets it be one.

    The machine switches its motor off itself, within its own limits; nobody can do it from outside.
    """

    drops = False
    """The items fall past the machine's own drop sensor."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Find the machine. Raises HardwareError if kiosk.toml's controller could not be opened."""
        self._name = name
        self._options = options
        self._machine: Machine = board.controller(options.controller)
        self.limit_s = self._machine.limit_s
        self._wrong: str | None = None
        self._runs_on = False
        self._refused = False
        self._turning = False
        self._closed = False

    def turn(self, started: Callable[[], None]) -> Turn:
        """Have the machine give out one item. See `kiosk.hardware.api.Motor.turn` and docs/adr/0018.

        DELIVERED: its sensor saw the drop. COMPLETED: it says that it gave, and not that it saw. NOT_RETURNED: it
        failed on the way. NOT_STARTED: it found no motor. ABSENT: it was not told to move.
        """
        if self._closed:
            raise HardwareError(f"{self._name} was closed.")
        self._turning = True
        try:
            ending = self._machine.vend(self._options.selection, started, try_sold_out=self._options.try_sold_out)
        except HardwareError as error:
            self._refused = False
            self._wrong = f"{self._name}: selection {self._options.selection}: {error}"
            raise
        finally:
            self._turning = False
        self._note(ending)
        return ending.turn

    def nudge(self) -> Turn:
        """Move nothing, for certain: the machine knows whole turns only."""
        return Turn.ABSENT

    def advice(self) -> str | None:
        """Say what the machine said of the last turn, and what to check."""
        return self._wrong

    def runs_on(self) -> bool:
        """Say whether the machine said that this motor does not stop, and did not drive it well since."""
        return self._runs_on

    def fault(self) -> str | None:
        """Return a sentence for staff while the machine will not drive this selection, or cannot stop it."""
        if self._runs_on:
            return f"Motor {self._name} does not stop: switch the machine off, then check the motor and its switch."
        return self._wrong if self._refused else None

    def close(self) -> None:
        """End a turn that is under way; the machine ends its motion itself. May be called twice."""
        self._closed = True
        if self._turning:
            self._machine.stop_waiting()

    def _note(self, ending: Ending) -> None:
        says = "the machine says that " if ending.told else ""
        self._wrong = (
            None if ending.why is None else f"{self._name}: {says}selection {self._options.selection} {ending.why}."
        )
        self._refused = ending.told and ending.turn in (Turn.ABSENT, Turn.NOT_STARTED)
        if ending.turn is not Turn.ABSENT:
            self._runs_on = ending.runs_on
