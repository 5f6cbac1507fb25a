"""The light inside."""

from __future__ import annotations

from kiosk.simulator.small_part import SwitchedPart


class Body(SwitchedPart):
    """A lamp behind a relay."""
