"""How telemetry stands, in one plain sentence. Pure."""

from __future__ import annotations

import enum

from msgspec import Struct

NOBODY = 0x10
"""MQTT 5 reason code: no matching subscribers. The broker has thrown the message away."""
FAILURE = 0x80
"""MQTT 5 reason codes from here on are failures."""


class Stage(enum.Enum):
    """How far telemetry has come."""

    OFF = enum.auto()
    STOPPED = enum.auto()
    CONNECTING = enum.auto()
    AWAY = enum.auto()
    CONNECTED = enum.auto()
    STUMBLED = enum.auto()


class Standing(Struct, frozen=True, kw_only=True):
    """What the sentence is made of. `refusal` is the last reason code with which the broker let an event fall.

    `connected`: the line to the broker stands, also while something else is wrong.
    """

    stage: Stage
    connected: bool = False
    reason: str = ""
    refusal: int = 0
    acks_refused: bool = False


def sentence(standing: Standing, *, host: str, pending: int, unreleased: int, dropped: int, release_s: int) -> str:
    """Tell staff where the events are and, if something is wrong, what to do about it."""
    safe = "Nothing new is lost." if dropped else "Nothing is lost."
    match standing.stage:
        case Stage.OFF:
            text = f"No broker is configured: {events(pending)} here, and nothing leaves the kiosk."
        case Stage.STOPPED:
            text = f"Telemetry is not running: {events(pending)} here. {safe}"
        case Stage.CONNECTING:
            text = f"Connecting to {host}: {events(pending)} here."
        case Stage.AWAY:
            text = f"No connection to {host} ({standing.reason}): {events(pending)} here. {safe}"
        case Stage.STUMBLED:
            text = f"Telemetry stumbled and tries again ({standing.reason}): {events(pending)} here."
        case Stage.CONNECTED:
            text = _connected(standing, host, pending, unreleased, release_s)
    return text + (f" {dropped} older ones were dropped." if dropped else "")


def blame(host: str, misdeed: str) -> str:
    """Tell staff what the broker did, if anything, and what to do about it."""
    return misdeed and (
        f"The line to {host} was cut, because {misdeed}. The kiosk tries again, later each time. "
        "Find out who runs this broker, and what else may send to the topics of this kiosk."
    )


def events(count: int) -> str:
    """Say how many events wait: `1 event waits`, `12 events wait`, `no events wait`."""
    return "1 event waits" if count == 1 else f"{count or 'no'} events wait"


def period(seconds: int) -> str:
    """Say a period in the largest unit that fits: `60 minutes`, `90 seconds`."""
    return f"{seconds} seconds" if seconds % 60 else f"{seconds // 60} minutes"


def _connected(standing: Standing, host: str, pending: int, unreleased: int, release_s: int) -> str:
    waits = events(pending)
    if standing.acks_refused:
        return f"{host} does not let this kiosk read its receipts: {waits} here. Check the broker's access rules."
    if standing.refusal == NOBODY and pending:
        return f"Connected to {host}, but nobody there takes the events: {waits} here."
    if standing.refusal >= FAILURE:
        what = f"code 0x{standing.refusal:02x}"
        return f"{host} does not take what this kiosk sends ({what}): {waits} here. Check the broker's access rules."
    if not pending:
        return f"Connected to {host}: all events sent."
    if unreleased >= pending:
        return f"Connected to {host}: {waits} for the next release, once in {period(release_s)}."
    return f"Connected to {host}: {waits} for a receipt."
