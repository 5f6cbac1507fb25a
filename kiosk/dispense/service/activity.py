"""What the machine does now, for a screen or a voice that follows it: nothing of who asked, and in memory only."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

from msgspec.structs import replace

from kiosk.errors import KioskError
from kiosk.model import Now, Purpose, RefusedError, Stage, Vend, VendState

OVER_S = 10.0
"""How long it is told how a request ended, in seconds; lights and sounds tell it as long."""

KEPT = 32
"""So many of the latest are kept, so that whoever follows misses none: an end is shown for a moment only, when another
request waits. Once the machine is idle none of them is."""

FOLLOWERS = 3
"""So many wait for the next as long as they like: a screen, a voice, and one more. Of more than that, who has waited
longest makes room: it may be one who has gone away."""

MOST = 2 * FOLLOWERS
"""So many wait at all; whoever comes then is answered at once."""

AT_LEAST_S = 1.0
"""So long nobody has to make room, in seconds, so that no two who ask in turn keep each other busy."""

STAGES = {VendState.WAITING: Stage.WAITING, VendState.TURNING: Stage.TURNING, VendState.DONE: Stage.OVER}


class Activity:
    """Holds the latest, and lets others wait for the next. May be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin, idle. `clock` is in seconds."""
        self._clock = clock
        self._changed = threading.Condition()
        # Not from 0: whoever followed the process before would take the same number for the same thing.
        self._shown = deque([Now(version=secrets.randbelow(2**31), stage=Stage.IDLE)], maxlen=KEPT)
        self._idle_at = float("inf")
        self._followed = self._waiting = 0
        self._ended = False

    def tell(self, sku: str, purpose: Purpose, vend: Vend, waiting: int) -> None:
        """Show how the request that is served stands, and how many wait for their turn."""
        tried = [attempt.slot for attempt in vend.attempts]
        with self._changed:
            self._show(
                Now(
                    version=0,
                    stage=STAGES[vend.state],
                    sku=sku,
                    slot=vend.slot,
                    purpose=purpose,
                    tried=tried.index(vend.slot) if vend.slot in tried else len(tried),
                    waiting=waiting,
                    outcome=vend.outcome,
                    refusal=vend.refusal,
                    message=vend.message,
                    warning=vend.warning,
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
        """Return what it does now; with `after` what came after that version, as long as that is kept.

        While nothing did, it waits up to `wait_s` seconds, or less when FOLLOWERS came later, and not after the `end`.
        """
        began = self._clock()
        with self._changed:
            if wait_s <= 0 or self._waiting >= MOST:
                return self._following(after)
            self._followed += 1
            self._waiting += 1
            self._changed.notify_all()
            mine = self._followed
            try:
                while (now := self._following(after)).version == after:
                    left_s = self._stays_until(began, wait_s, mine) - self._clock()
                    if left_s <= 0:
                        break
                    self._changed.wait(min(left_s, max(0.0, self._idle_at - self._clock())))
                return now
            finally:
                self._waiting -= 1

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _stays_until(self, began: float, wait_s: float, mine: int) -> float:
        """Return how long the one who came as number `mine` stays."""
        if self._ended:
            return began
        makes_room = mine <= self._followed - FOLLOWERS
        return began + (min(wait_s, AT_LEAST_S) if makes_room else wait_s)

    def _following(self, after: int | None) -> Now:
        latest = self._latest()
        if after is None or not self._shown[0].version <= after < latest.version:
            return latest
        return next(shown for shown in self._shown if shown.version > after)

    def _show(self, now: Now) -> None:
        now = replace(now, version=self._shown[-1].version)
        self._idle_at = self._clock() + OVER_S if now.stage is Stage.OVER else float("inf")
        if now != self._shown[-1]:
            if now.stage is Stage.IDLE:
                self._shown.clear()  # nobody is to read later what was taken, and in which order
            self._shown.append(replace(now, version=now.version + 1))
            self._changed.notify_all()

    def _latest(self) -> Now:
        if self._clock() >= self._idle_at:
            self._show(Now(version=0, stage=Stage.IDLE))
        return self._shown[-1]
