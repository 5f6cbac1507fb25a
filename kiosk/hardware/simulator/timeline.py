"""The simulated machine's time, and what is about to happen in it.

Nothing is stepped: every part works out when its next edge is due and puts it here. Time never passes an event
that has not happened yet, so no edge can be skipped however fast the machine runs or however busy the computer is.

While a motor is on, time passes only when the thread that switched it on waits. A real motor would run on while
that thread is held up by other work of the computer; at fifty times life that would be whole turns.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from kiosk.clock import Clock

T = TypeVar("T")
Happening = Callable[[float], None]

JUMP_FROM = 1000.0
"""At this speed and above, whoever turned a motor does not wait for what comes next but jumps there."""
PATIENCE_S = 0.1
"""Wall seconds after which time passes again though the one who switched a motor on waits not, or bytes lie unread."""
SHORT_WAIT_S = 0.1
"""Whoever jumps does so over a wait in which nothing happens too, if it is shorter than this or a motor is on."""
LOOK_AGAIN_S = 0.02
SHORTEST_S = 0.0002


class Timeline:
    """Seconds since some moment, and a heap of happenings. Everything that happens, happens under `lock`."""

    def __init__(self, speed: float) -> None:
        self.lock = threading.RLock()
        self._news = threading.Condition(self.lock)
        self._speed = speed
        self._events: list[tuple[float, int, Happening]] = []
        self._order = itertools.count()
        self._wall = time.monotonic()
        self._now = self._wall
        self._holds: set[str] = set()
        self._operator = 0
        self._waits = False
        self._waited = self._wall
        self._wakes_at = 0.0
        self._idle = False
        self._closed = False
        self.under_way: list[Callable[[], bool]] = []
        """Each says whether bytes are on their way between a driver and a simulated device: time stands meanwhile."""
        self._under_way_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="simulated-machine", daemon=True)
        self._thread.start()

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self.lock:
            self._flow()
            self._speed = speed
            self._news.notify_all()

    def now(self) -> float:
        """Return the time in seconds."""
        with self.lock:
            self._flow()
            return self._now

    def at(self, when: float, happening: Happening) -> None:
        """Let `happening` be called with its time when `when` has come; at once if that is past."""
        with self.lock:
            when = max(when, self._now)
            heapq.heappush(self._events, (when, next(self._order), happening))
            mine = bool(self._holds) and self._operator == threading.get_ident()
            if self._idle or (when < self._wakes_at and not mine and not self._jumps()):
                self._news.notify_all()

    def hold(self, who: str) -> None:
        """Let time pass only while the calling thread waits, until `release(who)`."""
        with self.lock:
            self._flow()
            self._operator = threading.get_ident()
            self._waits = False
            self._waited = self._wall
            self._holds.add(who)
            if self._idle:
                self._news.notify_all()

    def release(self, who: str) -> None:
        """Let time pass again by itself."""
        with self.lock:
            self._flow()
            self._holds.discard(who)
            if not self._jumps():
                self._news.notify_all()

    def wait(self, source: queue.SimpleQueue[T], timeout_s: float) -> T:
        """Take the next thing from `source`. Raises queue.Empty once all that is due in `timeout_s` has happened."""
        deadline = self.now() + timeout_s
        while source.empty():
            pause = self._let_pass(deadline)
            if pause is None:
                break
            if pause > 0:
                try:
                    return source.get(timeout=pause)
                except queue.Empty:
                    pass
                finally:
                    self._stop_waiting()
        return source.get_nowait()

    def alive(self) -> bool:
        """Say whether time can still pass."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop. What has not happened yet never will. May be called twice."""
        with self.lock:
            self._closed = True
            self._news.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _flow(self) -> None:
        wall = time.monotonic()
        if not self._stands(wall):
            now = self._now + (wall - self._wall) * self._speed
            self._now = max(self._now, min(now, self._events[0][0])) if self._events else now
        self._wall = wall

    def _stands(self, wall: float) -> bool:
        if any(busy() for busy in self.under_way):
            self._under_way_since = self._under_way_since or wall
            if wall - self._under_way_since < PATIENCE_S:
                return True
        else:
            self._under_way_since = None
        return bool(self._holds) and not self._waits and wall - self._waited < PATIENCE_S

    def _let_pass(self, deadline: float) -> float | None:
        """Return the wall seconds to wait for more, 0 if something happened, None when the deadline has come."""
        with self.lock:
            self._flow()
            mine = self._operator == threading.get_ident()
            if mine:
                self._jump(deadline)
            if (mine or not self._holds) and self._happen():
                return 0.0
            if self._now >= deadline:
                return None
            pause = deadline - self._now
            if mine:
                self._waits, self._waited = True, self._wall
                if self._events:
                    pause = min(pause, self._events[0][0] - self._now)
            pause = max(pause / self._speed, SHORTEST_S)
            return min(pause, LOOK_AGAIN_S) if self._holds else pause

    def _stop_waiting(self) -> None:
        with self.lock:
            if self._operator == threading.get_ident():
                self._flow()
                self._waits = False

    def _jumps(self) -> bool:
        return self._speed >= JUMP_FROM

    def _jump(self, deadline: float) -> None:
        if self._jumps():
            if self._events and self._events[0][0] <= deadline:
                self._now = self._events[0][0]
            elif self._holds or deadline - self._now < SHORT_WAIT_S:
                self._now = max(self._now, deadline)
        elif self._speed > 1 and self._holds and self._under_way_since is None:
            # A stepper's pauses in a machine that hurries are shorter than any wait on the wall.
            due = min(deadline, self._events[0][0]) if self._events else deadline
            if due - self._now < SHORTEST_S * self._speed:
                self._now = max(self._now, due)

    def _happen(self) -> bool:
        happened = False
        while self._events and self._events[0][0] <= self._now:
            at, _, happening = heapq.heappop(self._events)
            happening(at)
            happened = True
        return happened

    def _run(self) -> None:
        with self.lock:
            while not self._closed:
                self._flow()
                if not self._holds or self._wall - self._waited > PATIENCE_S:
                    self._happen()
                pause: float | None = None
                self._wakes_at = float("inf")
                if self._holds:
                    pause = PATIENCE_S / 2
                elif self._events:
                    self._wakes_at = self._events[0][0]
                    # Whoever jumps makes things happen itself; waking up for each would only slow it down.
                    shortest = LOOK_AGAIN_S if self._jumps() else SHORTEST_S
                    pause = max((self._wakes_at - self._now) / self._speed, shortest)
                self._idle = pause is None
                self._news.wait(pause)
                self._idle = False


class TimelineClock(Clock):
    """The clock that drivers above a simulated machine wait on."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        super().__init__(timeline.speed)

    @property
    def speed(self) -> float:
        return self._timeline.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._timeline.speed = speed

    def monotonic(self) -> float:
        return self._timeline.now()

    def sleep(self, seconds: float) -> None:
        nothing: queue.SimpleQueue[None] = queue.SimpleQueue()
        try:
            self.get(nothing, seconds)
        except queue.Empty:
            return

    def get(self, source: queue.SimpleQueue[T], timeout_s: float) -> T:
        return self._timeline.wait(source, max(0.0, timeout_s))
