"""What the machine does now: for a screen, a voice, or whoever stands at the machine."""

from __future__ import annotations

import datetime
import enum

from kiosk.model.base import Fact
from kiosk.model.refusal import RefusalCode
from kiosk.model.vend import Outcome, Purpose


class Stage(enum.StrEnum):
    """What the machine does for whoever stands at it."""

    IDLE = "idle"
    """Nothing: it waits for somebody."""
    WAITING = "waiting"
    """A request was taken, and its motor has not been switched on yet."""
    TURNING = "turning"
    """A motor turns."""
    OVER = "over"
    """A request ended, or was refused, a moment ago."""


class Now(Fact, frozen=True, kw_only=True):
    """What the machine does now, a button's request included, and nothing of who asked.

    `version` is another one after every change. `slot` is where it turns or turned last, `tried` how many slots came
    before that one, and `waiting` how many requests come next. `outcome`, or else `refusal` with its facts, says how it
    ended; `message` is the sentence to show or speak, empty while it is idle, and `warning` one more, when an item came
    out that is past its date or recalled. `wait_s` is in seconds from the moment at which it was refused.
    """

    version: int
    stage: Stage
    sku: str | None = None
    slot: str | None = None
    purpose: Purpose = Purpose.VISITOR
    tried: int = 0
    waiting: int = 0
    outcome: Outcome | None = None
    refusal: RefusalCode | None = None
    wait_s: float | None = None
    opens: datetime.time | None = None
    message: str = ""
    warning: str | None = None
