"""What is under way on one open connection: answers first, then documents, then events, within the broker's limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from kiosk.telemetry import messages
from kiosk.telemetry.connection import Connection
from kiosk.telemetry.link import FAILURE, NOBODY
from kiosk.telemetry.window import Window


class Session:
    """One connection that the broker has accepted.

    `limit` is the smaller of our window and the broker's Receive Maximum, which paho does not heed. Documents
    count against it too. `refusal` is the reason code with which the broker last let something fall, 0 for none.
    """

    def __init__(
        self,
        connection: Connection,
        window: Window,
        kiosk_id: str,
        *,
        limit: int,
        burst_s: float,
        busy: Callable[[], bool],
    ) -> None:
        self.connection = connection
        self.refusal = 0
        self.acks_refused = False
        self._window = window
        self._topic = messages.event_topic(kiosk_id)
        self._answer_topic = messages.command_ack_topic(kiosk_id)
        self._limit = limit
        self._burst_s = burst_s
        self._busy = busy
        self._burst_at = 0.0
        self._wire: dict[int, int | None] = {}
        self._documents: dict[str, bytes] = {}
        self._answers: deque[bytes] = deque()

    def add(self, documents: Iterable[tuple[str, bytes]]) -> None:
        """Send retained documents, topic and payload, when there is room; a newer one replaces one that waits."""
        self._documents.update(documents)

    def answer(self, ack: messages.CommandAck) -> None:
        """Answer a command when there is room. An answer that is lost with the connection is asked for again."""
        self._answers.append(messages.encode(ack))

    def pump(self, now: float) -> None:
        """Send what may be sent now."""
        if not self.pump_documents() or now < self._burst_at:
            return
        if self._window.wait_s(now, self._room_for_events()) == 0.0:
            self._burst_at = now + self._burst_s
        while not self._busy() and (row := self._window.take(now, self._room_for_events())) is not None:
            payload = messages.encode(messages.event(row))
            if not self._send(self._topic, payload, row.seq, retain=False):
                return

    def pump_documents(self) -> bool:
        """Send the answers and documents that may be sent now; False when the connection is going down."""
        while self._answers and len(self._wire) < self._limit:
            if not self._send(self._answer_topic, self._answers.popleft(), None, retain=False):
                return False
        while self._documents and len(self._wire) < self._limit:
            topic = next(iter(self._documents))
            if not self._send(topic, self._documents.pop(topic), None, retain=True):
                return False
        return True

    def answered(self, mid: int, code: int, now: float) -> int | None:
        """Note the broker's answer to message `mid`; return the seq of a row that may be forgotten now, or None."""
        if mid not in self._wire:
            return None
        seq = self._wire.pop(mid)
        if seq is None:
            self.refusal = code if code >= FAILURE else self.refusal
            return None
        if code >= FAILURE or code == NOBODY:
            self.refusal = code
            self._window.refused(seq, now)
            return None
        self.refusal = 0
        return seq if self._window.accepted(seq, now) else None

    def wait_s(self, now: float) -> float | None:
        """Return the seconds until `pump` will have something to do, or None when that is for others to say."""
        if (self._answers or self._documents) and len(self._wire) < self._limit:
            return 0.0
        wait = self._window.wait_s(now, self._room_for_events())
        return None if wait is None else max(wait, self._burst_at - now)

    def told(self) -> bool:
        """Say whether every answer and document was sent and answered."""
        return not self._answers and not self._documents and None not in self._wire.values()

    def _room_for_events(self) -> int:
        """Return how many events may be on the wire, with the documents that are there now."""
        return self._limit - sum(1 for seq in self._wire.values() if seq is None)

    def _send(self, topic: str, payload: bytes, seq: int | None, *, retain: bool) -> bool:
        """Hand one message to paho; False means that the connection is going down, and `Closed` will say so."""
        mid = self.connection.publish(topic, payload, retain=retain)
        if mid is not None:
            self._wire[mid] = seq
        return mid is not None
