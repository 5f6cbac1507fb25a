"""What a loader says of a configuration with mistakes."""

from __future__ import annotations

import re

import pytest

from kiosk.config import Drivers, parse
from kiosk.errors import ConfigError

PLACE = re.compile(r" \(line [^)]*\)(?=: )")


def mistakes_in(text: str, drivers: Drivers) -> tuple[str, ...]:
    """Return each mistake with the line it is on and its slots: `slots[2].par (line 31, A3): …`."""
    with pytest.raises(ConfigError) as caught:
        parse(text, drivers)
    return caught.value.mistakes


def without_places(mistakes: tuple[str, ...]) -> tuple[str, ...]:
    """Return them with the setting alone: `slots[2].par: …`."""
    return tuple(PLACE.sub("", mistake, count=1) for mistake in mistakes)
