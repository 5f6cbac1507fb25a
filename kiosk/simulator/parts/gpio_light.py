"""A status light."""

from __future__ import annotations

from kiosk.simulator.small_part import SwitchedPart


class Body(SwitchedPart):
    """A light that is lit while its pin is on."""
