"""The power supply is never asked for more than it gives."""

from __future__ import annotations

import pytest

from kiosk.errors import HardwareError
from kiosk.hardware.supply import Supply


def test_two_that_need_more_than_there_is_never_run_together() -> None:
    supply = Supply(3.0)
    with supply.draw("A1", 2.0):
        with supply.draw("A2", 1.0):
            pass
        with pytest.raises(HardwareError, match=r"A2 needs 1\.5 A of the 3 A .* A1 draws 2 A now\. Nothing moved"):
            supply.draw("A2", 1.5).__enter__()
    with supply.draw("A2", 3.0):
        pass


def test_what_failed_draws_nothing_any_more() -> None:
    supply = Supply(1.0)
    with pytest.raises(ZeroDivisionError), supply.draw("A1", 1.0):
        raise ZeroDivisionError
    with supply.draw("A2", 1.0):
        pass


def test_without_a_limit_nothing_is_refused() -> None:
    supply = Supply(None)
    with supply.draw("A1", 50.0), supply.draw("A2", 50.0):
        pass
