"""The kiosk's documents, and the mark up to which events may leave. Nothing is rendered between two releases."""

from __future__ import annotations

import time

from kiosk.clock import Clock
from kiosk.telemetry import messages
from kiosk.telemetry.release import Cadence
from kiosk.telemetry.source import Source

_SNAPSHOTS = 5


class Report:
    """What the kiosk says of itself.

    `released` is the highest event that may leave, 0 before the first release; `state` is the state document as of
    that event, None before it. Both change together, at a moment of the grid or, with `release_s = 0`, at once.
    """

    def __init__(self, source: Source, kiosk_id: str, clock: Clock, release_s: float, refresh_s: float) -> None:
        self.released = 0
        self.state: bytes | None = None
        self._source = source
        self._kiosk_id = kiosk_id
        self._clock = clock
        self._cadence = Cadence(release_s, kiosk_id, self._wall()) if release_s else None
        self._refresh_s = refresh_s
        self._refresh_at = 0.0
        self._due = False

    def changed(self) -> None:
        """Note that something may have happened. It is told at once only when nothing holds it back."""
        self._due = self._due or self._cadence is None

    def update(self) -> bool:
        """Release what is due; return whether the state document is a new one.

        Raises KioskError when the source does not answer; the release is then still due.
        """
        if self._cadence is not None:
            self._due = self._cadence.due(self._wall()) or self._due
        elif time.monotonic() >= self._refresh_at:
            self._refresh_at = time.monotonic() + self._refresh_s
            self._due = True
        if not self._due:
            return False
        seq, state = self._snapshot()
        renewed = state != self.state
        self.released, self.state, self._due = seq, state, False
        return renewed

    def wait_s(self) -> float:
        """Return the seconds of real time until `update` may have something to do."""
        if self._due:
            return 0.0
        if self._cadence is None:
            return max(0.0, self._refresh_at - time.monotonic())
        return self._cadence.wait_s(self._wall()) / self._clock.speed

    def status(self, *, online: bool) -> tuple[str, bytes]:
        """Return topic and payload of the status."""
        payload = messages.status(self._source.epoch, online, self._source.state().software)
        return messages.status_topic(self._kiosk_id), messages.encode(payload)

    def documents(self) -> list[tuple[str, bytes]]:
        """Return topics and payloads of all that is retained: status, meta, and the state if it was released."""
        products = (
            messages.ProductInfo(
                sku=p.sku, name=p.name, pictogram=p.pictogram, essential=p.essential, description=p.description
            )
            for p in self._source.products()
        )
        meta = messages.encode(messages.site_info(self._source.state().site, products))
        return [self.status(online=True), (messages.meta_topic(self._kiosk_id), meta), *self.state_document()]

    def state_document(self) -> list[tuple[str, bytes]]:
        """Return topic and payload of the released state document, or nothing before the first release."""
        return [] if self.state is None else [(messages.state_topic(self._kiosk_id), self.state)]

    def _snapshot(self) -> tuple[int, bytes]:
        """Read stock and event number together: again, if an event came in between."""
        for _ in range(_SNAPSHOTS):
            backlog = self._source.backlog()
            stock, kiosk = self._source.stock(), self._source.state()
            if self._source.backlog().last_seq == backlog.last_seq:
                break
        document = messages.state(
            self._source.epoch,
            backlog.last_seq,
            hour=self._clock.hour(),
            clock_ok=self._clock.synced(),
            stock=stock,
            kiosk=kiosk,
            dropped=backlog.dropped,
        )
        return backlog.last_seq, messages.encode(document)

    def _wall(self) -> float:
        return time.time() * self._clock.speed
