"""Find a driver by its kind and name. A driver is a module of its kind's package; only the one named is imported."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from kiosk.config import TABLES, Options
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board

KINDS = tuple(kind for kinds in TABLES.values() for kind in kinds)
"""The kinds of drivers; each is a package below `kiosk.hardware.drivers`. A slot's driver is a `motor` or a `lock`."""


class UnknownDriverError(HardwareError, KeyError):
    """There is no driver of that kind and name. `known` lists those there are."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        self.known = known
        super().__init__(f'There is no {kind} driver "{name}". Choose one of: {", ".join(known) or "none yet"}.')

    def __str__(self) -> str:
        return str(self.args[0])


def names(kind: str) -> tuple[str, ...]:
    """Return the names of the drivers of one kind, sorted. Imports none of them."""
    package = importlib.import_module(f"kiosk.hardware.drivers.{kind}")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg))


def kind_of(table: str, driver: str) -> str:
    """Return which of the kinds that a list of kiosk.toml takes a driver is. Raises UnknownDriverError."""
    kinds = TABLES[table]
    for kind in kinds:
        if driver in names(kind):
            return kind
    raise UnknownDriverError(" or ".join(kinds), driver, tuple(name for kind in kinds for name in names(kind)))


def options_type(kind: str, name: str) -> type[Options]:
    """Return the struct that describes the driver's options. Raises UnknownDriverError, which is also a KeyError."""
    options: type[Options] = _module(kind, name).Options
    return options


def open_driver(kind: str, driver: str, name: str, options: Options, board: Board) -> Any:
    """Open the part called `name` in kiosk.toml with the driver called `driver`.

    Raises UnknownDriverError, or HardwareError if the part cannot be reached; then nothing is left claimed.
    """
    return _module(kind, driver).Driver(name, options, board)


def _module(kind: str, name: str) -> ModuleType:
    if kind not in KINDS or name not in names(kind):
        raise UnknownDriverError(kind, name, names(kind) if kind in KINDS else ())
    return importlib.import_module(f"kiosk.hardware.drivers.{kind}.{name}")
