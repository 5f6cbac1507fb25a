"""Tells staff where telemetry stands, from whatever thread asks, also while the ledger does not answer."""

from __future__ import annotations

from kiosk.errors import KioskError
from kiosk.model import Backlog, Link
from kiosk.telemetry.link import Stage, Standing, sentence
from kiosk.telemetry.report import Report
from kiosk.telemetry.source import Source


class LinkState:
    """What is known of the line to the broker `host`, empty for none. The telemetry thread keeps it up to date."""

    def __init__(self, host: str, release_s: int, source: Source, report: Report) -> None:
        self._host = host
        self._release_s = release_s
        self._source = source
        self._report = report
        self._backlog: Backlog | None = None
        self.standing = Standing(stage=Stage.STOPPED if host else Stage.OFF)
        """How far telemetry has come."""
        self.deaf = ""
        """A sentence, after a space, about why no commands are taken although some are expected."""

    def link(self) -> Link:
        """Return it with how many events wait: while the ledger does not answer, how many it told last."""
        standing, doubts = self.standing, self.deaf
        try:
            self._backlog = self._source.backlog()
        except KioskError as error:
            if self._backlog is None:
                text = f"It is not known how many events wait: {error}"
                return Link(text=text, connected=standing.connected, pending=0)
            doubts += f" So it was when the ledger answered last: {error}"
        backlog = self._backlog
        text = sentence(
            standing,
            host=self._host,
            release_s=self._release_s,
            pending=backlog.pending,
            unreleased=max(0, backlog.last_seq - self._report.released),
            dropped=backlog.dropped,
        )
        return Link(text=text + doubts, connected=standing.connected, pending=backlog.pending, dropped=backlog.dropped)
