"""One side of a talk with a VMC machine: what to answer, when to say a thing again, and what to believe. Pure.

The machine decides when we may speak: at each poll, and then one order at most. It may say everything up to five
times, and so may we. An order is numbered; said again it keeps its number, by which the machine knows the repeat.
No number is ever given to two orders, also not after one that was not acknowledged.

XOR is a weak checksum, and an acknowledgement names nothing. So what the machine says of a drive is believed only as
one story: it took up our order, it said that it works on this selection, and then, in a frame that is numbered after
that one and was not heard before, how it ended; and that twice. The first copy of an ending is left without an
acknowledgement, so that the machine says it again. An ending that lacks any of this is told as not sure.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from kiosk.hardware.shared.protocol import vmc_codes as codes
from kiosk.hardware.shared.protocol.vmc_frames import ACK, LAST_NUMBER, Command, Packet, after, frame

MOST_SENT = 5
"""How often either side says a thing (2., Communication Rules)."""
AGAIN_S = 0.15
"""Polls are 200 ms apart; one that comes sooner after an order is no reason to say the order again."""
COPY_S = 0.05
"""The machine waits 100 ms before it says a thing again. What comes sooner is an echo, not a second copy."""
ECHOED = 2
"""A line that echoes makes two of one. Three copies were said at least twice, also if they were read in one go."""
NEAR = 16
"""So many numbers after its first word about a drive the machine may say how it ended."""
REMEMBERED_S = 20.0
"""So long a frame about a drive is known again: the machine repeats within half a second, and gives the same number to
another frame after eighty drives at the earliest."""
GONE_S = 10.0
"""After so much silence the machine may have been switched off: it numbers anew."""
HEALTH_EVERY_S = 60.0
SYNC_EVERY_S = 10.0
"""No sooner after one SYNC do we say the next, lest two that answer each other never end."""


class Heard(enum.Enum):
    """What a frame means for whoever waits for it."""

    TAKEN = "taken"
    """The machine acknowledged our order, or began with it."""
    NOT_TAKEN = "not_taken"
    """It was said five times, and not acknowledged."""
    STATE = "state"
    """The answer to a CHECK: `code` is one of `vmc_codes.STATES`."""
    WORKING = "working"
    """The machine works on the selection."""
    RESULT = "result"
    """How the drive ended: `code` is one of `vmc_codes`. Unless `sure`, a better word may follow."""
    RESTARTED = "restarted"
    """The machine began anew: it knows nothing of any order."""


class Event(Struct, frozen=True):
    """Something that was heard."""

    heard: Heard
    code: int = 0
    sure: bool = False


class _Order(Struct):
    command: int
    bytes: bytes
    sent: int = 0
    sent_at: float = float("-inf")
    chore: bool = False


class Session:
    """The state of the talk. Whoever uses it sees to it that one thread at a time does."""

    def __init__(self, number: int, *, asks_health: bool) -> None:
        """Begin with frames numbered from `number`, 1 to 255; better not the one that the last talk ended with."""
        self._number = number
        self._asks_health = asks_health
        self._order: _Order | None = None
        self._said = 0
        self._asked = self._taken = False
        self._selection: int | None = None
        self._began: int | None = None
        self._copy: tuple[Packet, float] | None = None
        self._copies = 0
        self._known: dict[bytes, float] = {}
        self._last_driven: int | None = None
        self._sync_due = True
        self._synced_at = float("-inf")
        self._health_due = float("-inf")
        self.heard_at = float("-inf")
        """When the machine last said anything."""
        self.health = 0
        """What it said last of elevator and delivery door: 0, or one of `vmc_codes.HEALTH`."""
        self.strange: set[int] = set()
        """Selections that it gave from though nobody here had asked for it."""

    # -- what we want -------------------------------------------------------------------------------------------------

    def follow(self, selection: int | None) -> None:
        """Tell from now on what is heard of this selection; None for of none."""
        self._selection = selection
        self._began = self._copy = None
        self._asked = self._taken = False
        if selection is not None:
            self._last_driven = selection

    def order(self, command: int, text: bytes) -> None:
        """Say this at the next polls, in place of whatever was to be said."""
        self._asked = command == Command.DRIVE
        self._said = 0
        self._put(command, text, chore=False)

    def cancel(self) -> int:
        """Never say the last order again, and return how often it was said, acknowledged or not."""
        self._order = None
        return self._said

    def forget(self) -> None:
        """Take the next frames for those of a machine that numbers anew."""
        self._known.clear()
        self._sync_due = True

    # -- what the machine says ----------------------------------------------------------------------------------------

    def hear(self, packet: Packet, now: float) -> tuple[bytes, list[Event]]:
        """Return what to answer at once, perhaps nothing, and what the frame means."""
        if now - self.heard_at > GONE_S and self._selection is None:
            self.forget()
        self.heard_at = now
        match packet.command:
            case Command.POLL:
                return self._polled(now)
            case Command.ACK:
                return b"", self._acknowledged()
            case Command.STATUS:
                return self._status(packet, now)
            case Command.SYNC:
                self.forget()
                return ACK, [Event(Heard.RESTARTED)]
            case Command.STATE:
                return ACK, self._state(packet)
            case Command.HEALTH:
                self.health = packet.code or 0
        return (ACK if packet.body else b""), []

    def _polled(self, now: float) -> tuple[bytes, list[Event]]:
        if self._order is None:
            self._find_chore(now)
        order = self._order
        if order is None:
            return ACK, []
        if now - order.sent_at < AGAIN_S:
            return b"", []
        if order.sent == MOST_SENT:
            if order.chore:
                self._order = None
                return ACK, []
            return ACK, [Event(Heard.NOT_TAKEN)]
        order.sent, order.sent_at = order.sent + 1, now
        self._said += not order.chore
        return order.bytes, []

    def _find_chore(self, now: float) -> None:
        if self._selection is not None:
            return
        if self._sync_due and now - self._synced_at > SYNC_EVERY_S:
            self._sync_due, self._synced_at = False, now
            self._put(Command.SYNC, b"", chore=True)
        elif self._asks_health and now >= self._health_due:
            self._health_due = now + HEALTH_EVERY_S
            self._put(Command.ASK_HEALTH, b"", chore=True)

    def _put(self, command: int, text: bytes, *, chore: bool) -> None:
        self._number = after(self._number)
        self._order = _Order(command, frame(command, bytes([self._number]) + text), chore=chore)

    def _acknowledged(self) -> list[Event]:
        order = self._order
        if order is None or not order.sent:
            return []
        self._order = None
        return [] if order.chore else self._take(order.command)

    def _take(self, command: int) -> list[Event]:
        if command == Command.DRIVE:
            self._taken = True
        return [Event(Heard.TAKEN)]

    def _state(self, packet: Packet) -> list[Event]:
        """Hand on the answer to a CHECK. It proves, too, that the machine took up the question."""
        order = self._order
        if packet.code is None or packet.selection != self._selection or self._asked:
            return []
        if order is not None and not order.sent:
            return []
        self._order = None
        return [Event(Heard.STATE, packet.code)]

    # -- what the machine says of a drive -----------------------------------------------------------------------------

    def _status(self, packet: Packet, now: float) -> tuple[bytes, list[Event]]:
        code, selection = packet.code, packet.selection
        if code is None or selection is None or self._knows(packet, now):
            return ACK, []
        if selection != self._selection:
            self._known[packet.body] = now
            if code in codes.SUCCESSES and selection != self._last_driven:
                self.strange.add(selection)
            return ACK, []
        if codes.is_result(code) and (self._asked or self._began is not None):
            return self._result(packet, code, now)
        self._known[packet.body] = now
        return ACK, self._working(packet, code)

    def _knows(self, packet: Packet, now: float) -> bool:
        """Say whether a frame was heard before."""
        self._known = {body: at for body, at in self._known.items() if now - at < REMEMBERED_S}
        return packet.body in self._known

    def _working(self, packet: Packet, code: int) -> list[Event]:
        if code not in codes.WORKING:
            return []
        if self._began is None:
            self._began = packet.number
        order, taken = self._order, []
        if order is not None and order.sent and order.command == Command.DRIVE:
            self._order = None
            taken = self._take(order.command)
        return [*taken, Event(Heard.WORKING, code)]

    def _result(self, packet: Packet, code: int, now: float) -> tuple[bytes, list[Event]]:
        if self._copy is None or self._copy[0] != packet:
            self._copy, self._copies = (packet, now), 0
        self._copies += 1
        if self._copies > ECHOED or now - self._copy[1] >= COPY_S:
            self._known[packet.body] = now
            return ACK, [Event(Heard.RESULT, code, sure=self._follows(packet.number))]
        return b"", [Event(Heard.RESULT, code)]

    def _follows(self, number: int) -> bool:
        """Say whether a frame belongs to the drive that is under way, by its number."""
        if not self._taken or self._began is None or number == 0:
            return False
        return (number - self._began) % LAST_NUMBER <= NEAR
