"""A buzzer."""

from __future__ import annotations

from kiosk.simulator.small_part import SwitchedPart


class Body(SwitchedPart):
    """A buzzer that sounds while its pin is on."""
