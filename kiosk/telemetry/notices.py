"""What a connection tells the publisher. Each signal names its connection, so that one from an old one is known."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from kiosk.telemetry.connection import Connection


class Opened(Struct, frozen=True):
    """The broker accepted us; it takes `receive_maximum` unanswered messages at once."""

    connection: Connection
    receive_maximum: int


class Closed(Struct, frozen=True):
    """There is no connection, or none any more.

    `dates` when only a certificate's validity dates were the reason, `misdeed` is what the broker did that none may.
    """

    connection: Connection
    reason: str
    dates: bool = False
    misdeed: str = ""


class Published(Struct, frozen=True):
    """The broker answered message `mid` with an MQTT 5 reason code."""

    connection: Connection
    mid: int
    code: int


class Refused(Struct, frozen=True):
    """The broker does not let this kiosk read these topics."""

    connection: Connection
    topics: tuple[str, ...]


class Arrived(Struct, frozen=True):
    """A message came on a topic of ours. `retained`: its sender wants the broker to keep it."""

    connection: Connection
    topic: str
    payload: bytes
    retained: bool


class Wake(Struct, frozen=True):
    """There may be new rows."""


class Stop(Struct, frozen=True):
    """The kiosk is going down."""


Signal: TypeAlias = Opened | Closed | Published | Refused | Arrived | Wake | Stop
Signals: TypeAlias = "queue.SimpleQueue[Signal]"
