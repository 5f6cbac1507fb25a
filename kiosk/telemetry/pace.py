"""How patient telemetry is, and when it dials again. Pure; every time is in seconds of real time."""

from __future__ import annotations

import random

from msgspec import Struct

STEADY_S = 10.0
"""A connection that lived this long was a good one: the next attempt after it comes soon."""


class Pace(Struct, frozen=True, kw_only=True):
    """Waits in seconds. They double up to their maximum, give or take half, so that a fleet spreads out."""

    reconnect_s: float = 1.0
    reconnect_max_s: float = 60.0
    receipt_s: float = 20.0
    """How long a collector may take for its receipt before the event is sent again."""
    retry_s: float = 5.0
    """How long to wait after the broker refused an event, or took it for nobody."""
    retry_max_s: float = 300.0
    burst_s: float = 0.1
    """How often a window of events may leave. A backlog leaves in small bursts, so that no press finds the processor
    taken: 58,200 events, a month of a busy kiosk, in five minutes."""
    forget_s: float = 30.0
    """How often the ledger is told which events it may forget: each time costs it a durable commit."""
    will_delay_s: int = 30
    """How long the broker waits before it says that a vanished kiosk is offline."""
    keepalive_s: int = 30
    look_s: float = 5.0
    """How often the telemetry thread looks whether paho's thread still lives, when nothing else happens."""
    rest_s: float = 5.0
    """How long to leave the rest of the kiosk alone after it could not answer."""
    refresh_s: float = 30.0
    """With `release_s = 0`: how often the state document is compared, for what changes without an event."""


def backoff(base_s: float, limit_s: float, tries: int, chance: random.Random) -> float:
    """Return `base_s` doubled `tries` times, at most `limit_s`, give or take half of it."""
    return min(limit_s, base_s * 2.0 ** min(tries, 32)) * chance.uniform(0.5, 1.5)


class Redial:
    """When to try the broker again."""

    def __init__(self, pace: Pace, chance: random.Random) -> None:
        self._pace = pace
        self._chance = chance
        self._failures = 0
        self._opened_at: float | None = None
        self._next = 0.0
        self._misdeed = ""

    def opened(self, now: float) -> None:
        """Note that the broker accepted us."""
        self._opened_at = now

    def failed(self, now: float, misdeed: str = "") -> None:
        """Note that there is no connection, or none any more.

        One that did not last counts as a failure, and one that ended for a misdeed of the broker however long it was.
        """
        if self._steady(now):
            self._misdeed = ""
            self._failures = self._failures if misdeed else 0
        self._misdeed = misdeed or self._misdeed
        self._opened_at = None
        self._next = now + backoff(self._pace.reconnect_s, self._pace.reconnect_max_s, self._failures, self._chance)
        self._failures += 1

    def misdeed(self, now: float) -> str:
        """Return what the broker did last that none may; nothing once a connection holds again."""
        return "" if self._steady(now) else self._misdeed

    def _steady(self, now: float) -> bool:
        return self._opened_at is not None and now - self._opened_at >= STEADY_S

    def wait_s(self, now: float) -> float:
        """Return the seconds until the next attempt, 0 when it is time."""
        return max(0.0, self._next - now)
