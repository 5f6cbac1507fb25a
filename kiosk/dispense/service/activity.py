"""What the machine does now, for a screen or a voice that follows it: nothing of who asked, and in memory only."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from kiosk.errors import KioskError
from kiosk.model import Now, Purpose, RefusedError, Stage, Vend, VendState

OVER_S = 10.0
"""How long it is told how a request ended, in seconds; lights and sounds tell it as long."""

STAGES = {VendState.WAITING: Stage.WAITING, VendState.TURNING: Stage.TURNING, VendState.DONE: Stage.OVER}


class Activity:
    """Holds the latest, and lets others wait for the next. May be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin, idle. `clock` is in seconds."""
        self._clock = clock
        self._changed = threading.Condition()
        # Not from 0: whoever followed the process before would take the same number for the same thing.
        self._now = Now(version=secrets.randbelow(2**31), stage=Stage.IDLE)
        self._idle_at = float("inf")

    def tell(self, sku: str, purpose: Purpose, vend: Vend, waiting: int) -> None:
        """Show how the request that is served stands, and how many wait for their turn."""
        with self._changed:
            self._show(
                Now(
                    version=0,
                    stage=STAGES[vend.state],
                    sku=sku,
                    slot=vend.slot,
                    purpose=purpose,
                    tried=len(vend.attempts) - (vend.outcome is not None),
                    waiting=waiting,
                    outcome=vend.outcome,
                    refusal=vend.refusal,
                    message=vend.message,
                )
            )

    def refused(self, sku: str | None, error: KioskError) -> None:
        """Show that a press got nothing. A request that is under way goes on to be shown."""
        with self._changed:
            if self._latest().stage in (Stage.IDLE, Stage.OVER):
                told = Now(version=0, stage=Stage.OVER, sku=sku, message=str(error))
                if isinstance(error, RefusedError):
                    why = error.refusal
                    told = replace(told, refusal=why.code, wait_s=why.wait_s, opens=why.opens)
                self._show(told)

    def now(self, after: int | None = None, wait_s: float = 0.0) -> Now:
        """Return what it does now; while that is still version `after`, wait for the next, up to `wait_s` seconds."""
        until = self._clock() + wait_s
        with self._changed:
            while (now := self._latest()).version == after and (left_s := until - self._clock()) > 0:
                self._changed.wait(min(left_s, max(0.0, self._idle_at - self._clock())))
            return now

    def _show(self, now: Now) -> None:
        self._now = replace(now, version=self._now.version + 1)
        self._idle_at = self._clock() + OVER_S if now.stage is Stage.OVER else float("inf")
        self._changed.notify_all()

    def _latest(self) -> Now:
        if self._clock() >= self._idle_at:
            self._show(Now(version=0, stage=Stage.IDLE))
        return self._now
