"""The motors' power supply: it is never asked for more than it gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.errors import HardwareError


class Supply:
    """Knows who draws how much. Every driver of a motor or a lock that we energise ourselves asks before it does."""

    def __init__(self, limit_a: float | None) -> None:
        """Prepare. `limit_a` is what the supply gives, in amperes (`hardware.max_current_a`); None is not watched."""
        self._limit_a = limit_a
        self._lock = threading.Lock()
        self._drawn: dict[str, float] = {}

    @contextmanager
    def draw(self, name: str, amperes: float) -> Iterator[None]:
        """Hold `amperes` for the part called `name` while the block runs.

        Raises HardwareError, and nothing was energised, if that is more than the supply has left.
        """
        with self._lock:
            others = dict(self._drawn)
            if self._limit_a is not None and sum(others.values()) + amperes > self._limit_a:
                by = f", and {', '.join(others)} draws {sum(others.values()):g} A now" if others else ""
                raise HardwareError(
                    f"{name} needs {amperes:g} A of the {self._limit_a:g} A of the motors' supply{by}. Nothing moved. "
                    "Check current_a of the slot and hardware.max_current_a."
                )
            self._drawn[name] = amperes
        try:
            yield
        finally:
            with self._lock:
                self._drawn.pop(name, None)
