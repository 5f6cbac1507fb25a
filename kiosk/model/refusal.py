"""Why a visitor does not get an item now: a closed list of codes, each with the facts that it needs."""

from __future__ import annotations

import datetime
import enum

from kiosk.errors import RequestError
from kiosk.model.base import Fact


class RefusalCode(enum.StrEnum):
    """Why not, as programs read it. Nothing but `busy` is ever the answer to somebody who asks for naloxone."""

    BUSY = "busy"
    """Another item is dropping now; of naloxone two are on their way already."""
    DOOR_OPEN = "door_open"
    """The machine's door is open, and hands may be inside."""
    HIDDEN = "hidden"
    """The programme does not offer it at this kiosk now."""
    CLOSED = "closed"
    """It is not given out at this hour; `opens` says from when it is."""
    CODE_NEEDED = "code_needed"
    """It takes a code, and none was given."""
    CODE_WRONG = "code_wrong"
    """What was given is no code of this programme that is good now."""
    CODE_WAIT = "code_wait"
    """Too many wrong codes came in a row, or a code was made a moment ago; `wait_s` says how long to wait."""
    CODE_USED_UP = "code_used_up"
    """The code has given all that it gives in its period."""
    LIMIT = "limit"
    """So many as one visit gives came out; `wait_s` says when the next one comes."""
    COOLING = "cooling"
    """One came out a moment ago; `wait_s` says when the next one comes."""
    SOLD_OUT = "sold_out"
    """The kiosk holds none."""
    STUCK = "stuck"
    """The kiosk holds some, in slots that are out of use or whose front must not be given out."""
    NO_LEDGER = "no_ledger"
    """The kiosk cannot write down what it gives out."""


class Refusal(Fact, frozen=True, kw_only=True):
    """Why not, and until when: `wait_s` in seconds from now, `opens` in local time, where the code has them."""

    code: RefusalCode
    wait_s: float | None = None
    opens: datetime.time | None = None


class RefusedError(RequestError):
    """A visitor does not get an item, or a code, now. `str(error)` is the sentence, `refusal` the same for programs."""

    def __init__(self, message: str, refusal: Refusal) -> None:
        super().__init__(message)
        self.refusal = refusal
