"""What can need a person at a kiosk: a closed list of kinds, and each fault as it is told to staff."""

from __future__ import annotations

import enum

from kiosk.model.base import Fact


class FaultKind(enum.StrEnum):
    """What is wrong, as programs read it."""

    UNRESOLVED = "unresolved"
    """It is not known whether items left a slot."""
    LOCKED_FRONT = "locked_front"
    """Recalled or spoiled items are in front of a slot, and keep what is behind them inside."""
    LOCKED_BEHIND = "locked_behind"
    """Recalled or spoiled items are further back in a slot."""
    EXPIRED_FRONT = "expired_front"
    """What is in front of a slot is past its date."""
    FAILED = "failed"
    """A slot did not give out, once or more in a row."""
    SUMS = "sums"
    """A slot's stock was not the sum of its movements when the ledger was opened."""
    UNCOUNTED = "uncounted"
    """Nobody has counted yet what is inside, as on a new card."""
    LEDGER_LOST = "ledger_lost"
    """The ledger was damaged or lost, and begun anew."""
    LEDGER_BEHIND = "ledger_behind"
    """The ledger lost its latest changes, or an older one was put back."""
    LEDGER = "ledger"
    """The ledger cannot be written, or not yet."""
    CLOCK = "clock"
    """Nothing and nobody vouched for the date since power came back."""
    SETTINGS = "settings"
    """The settings have mistakes, and the last ones that worked are used."""
    SERVICE = "service"
    """A part of the software could not be started."""
    TELEMETRY = "telemetry"
    """The broker does what none may do."""
    DOOR_OPEN = "door_open"
    """The machine's door is open: nothing but naloxone comes out."""
    PART = "part"
    """A part of the machine is broken, away, or has something to tell; its driver says what."""


LOT_FAULTS = frozenset({FaultKind.LOCKED_FRONT, FaultKind.LOCKED_BEHIND, FaultKind.EXPIRED_FRONT})
"""What is wrong with the lots in a slot."""

CONTENT_FAULTS = LOT_FAULTS | {FaultKind.UNRESOLVED}
"""What is wrong with what is in a slot, and not with the machine: staff count it, or take something out."""


class Fault(Fact, frozen=True, kw_only=True):
    """Something that needs a person. `where` is a slot, sensor, input or part; `text` says what to do."""

    where: str
    kind: FaultKind
    text: str
