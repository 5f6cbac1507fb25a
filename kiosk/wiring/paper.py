"""A board on paper: drivers open on it and nothing moves, which shows what each makes of its pins."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.pins.base import BaseBoard

NOWHERE = Path("/nonexistent")


class Use(NamedTuple):
    """What a driver makes of a pin: `output`, `input` or `both`, and an input's pull resistor: `up`, `down` or ''."""

    direction: str
    pull: str = ""


class PaperBoard(BaseBoard):
    """A board as in `kiosk.hardware.api.Board` whose pins lead nowhere, with no ports and no kernel."""

    def __init__(self, config: Config) -> None:
        super().__init__(config.hardware, Clock(), sys_root=NOWHERE, dev_root=NOWHERE)
        self.pin_factory: Any = _factory()

    def fault(self) -> str | None:
        """Paper has none."""
        return None

    def close(self) -> None:
        """Give every pin back."""
        self.pin_factory.close()

    def uses(self) -> dict[int, Use]:
        """Return what each claimed pin is used as, by its GPIO number."""
        return {_number(pin): _use(pin) for pin in self.pin_factory.pins.values() if pin.ways}

    def forget(self, kept: set[int]) -> None:
        """Take every pin for unclaimed but those with these GPIO numbers."""
        for pin in self.pin_factory.pins.values():
            if _number(pin) not in kept:
                pin.ways.clear()


class Trial(NamedTuple):
    """What each pin is used as, by its GPIO number, and a sentence about each part that could not be opened."""

    uses: dict[int, Use]
    refused: tuple[str, ...]


def tried(config: Config) -> Trial:
    """Open every part on paper and return what became of the pins. A part that cannot be opened uses none."""
    refused: list[str] = []
    with ExitStack() as undo:
        board = PaperBoard(config)
        undo.callback(board.close)
        for table, entry in config.parts():
            kind, claimed = registry.kind_of(table, entry.driver), set(board.uses())
            try:
                part = registry.open_driver(kind, entry.driver, entry.name, entry.options, board)
            except HardwareError as error:
                refused.append(f"{entry.name}: {error}")
                board.forget(claimed)
                continue
            undo.callback(part.close)
            if table == "controllers":
                board.add(entry.name, part)
        return Trial(board.uses(), tuple(refused))


def _factory() -> Any:
    # Here and not above: gpiozero takes 50 ms, and whoever only draws a plan needs none of it.
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    class PaperPin(MockPWMPin):
        """A pin that remembers what it was used as."""

        def __init__(self, *args: object) -> None:
            super().__init__(*args)
            self.ways: set[str] = set()

        def _set_function(self, value: str) -> None:
            super()._set_function(value)
            self.ways.add(value)

    return MockFactory(pin_class=PaperPin)


def _number(pin: Any) -> int:
    return int(pin.info.name.removeprefix("GPIO"))


def _use(pin: Any) -> Use:
    """Return what a pin was used as; one that pulls and lets go, such as a keypad's row, goes both ways."""
    if pin.ways == {"input"}:
        return Use("input", "" if pin.pull == "floating" else pin.pull)
    return Use("output" if pin.ways == {"output"} else "both")
