"""One item of a vending machine whose cashless device we are: the machine turns its motor, once we say yes.

It can give out only what a visitor chose at the machine's own keypad, so nothing happens when the kiosk's own buttons
or a test turn ask for it. Machines hand out what costs nothing without asking: give every item a price.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import controller_of
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.drivers.controller.qibixx_mdb import Driver as Machine
from kiosk.hardware.drivers.controller.qibixx_mdb import Lane, Price
from kiosk.hardware.shared.protocol.mdb_lines import ITEMS


class Options(BaseOptions, frozen=True, kw_only=True):
    """One item of the machine."""

    claims = (("controller", "item"),)
    sees_drops = chosen_there = True

    controller: Annotated[str, controller_of("qibixx_mdb")]
    item: Annotated[
        int, Meta(ge=0, lt=ITEMS, description="The number that the machine asks with; often what a visitor types")
    ]
    price: Annotated[
        Price | None,
        Meta(
            description="The price that is set in the machine; a request with another is refused. Best each item has "
            "its own, such as its number in cents: then no misread digit can stand for another item. None: not checked"
        ),
    ] = None


class Driver:
    """An item as in `kiosk.hardware.api.Motor`."""

    drops = False

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Answer for the item from now on. Raises HardwareError if its machine could not be opened."""
        self._name = name
        self._item = options.item
        self._machine: Machine = board.controller(options.controller)
        self._lane = Lane(name, options.item, options.price)
        self._machine.add(self._lane)
        self.limit_s = self._machine.limit_s
        self._advice: str | None = None
        self._closed = False

    def turn(self, started: Callable[[], None]) -> Turn:
        """Say yes to the machine that asks for the item, and wait for what it tells. See `Motor.turn`."""
        if self._closed:
            raise HardwareError(f"The motor of {self._name} was closed.")
        self._advice = f"{self._name}: the machine did not tell what became of item {self._item}. Count this lane."
        ending = self._machine.give(self._item, started)
        self._advice = self._said(ending)
        return ending

    def nudge(self) -> Turn:
        """Move nothing: the machine turns whole turns, and only when it asked."""
        return Turn.ABSENT

    def decline(self) -> None:
        """Say no to the machine if it asks for the item now."""
        self._machine.refuse(self._item)

    def advice(self) -> str | None:
        """Say what to do when it was not given out."""
        return self._advice

    def runs_on(self) -> bool:
        """Nobody can see that."""
        return False

    def fault(self) -> str | None:
        """Say nothing: the machine speaks for all of its items."""
        return None

    def close(self) -> None:
        """Answer for the item no more. May be called twice."""
        self._closed = True
        self._machine.remove(self._lane)

    def _said(self, ending: Turn) -> str | None:
        if ending is Turn.ABSENT:
            return f"{self._name}: nothing was moved. Choose item {self._item} on the machine's own keypad."
        if ending is Turn.NOT_RETURNED:
            return (
                f"{self._name}: the machine says that it could not give out item {self._item}. See its own display, "
                "and whether the lane is empty or wedged."
            )
        return None
