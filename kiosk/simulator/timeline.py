"""The simulated machine's time, and what is about to happen in it.

Nothing is stepped: every part works out when its next edge is due and puts it here. Time never passes an event
that has not happened yet, nor the end of anybody's wait, so no edge can be skipped however fast the machine runs.

Time stands while anybody who takes part works: the threads of drivers, whoever switched a motor on, whoever was just
woken; and while bytes that were sent on a simulated line were not taken yet. It passes only when all of them wait, so
how fast the computer is, and what else it does, changes nothing. A thread that takes no part holds nothing up.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk import threads
from kiosk.waits import Cable

Happening = Callable[[float], None]
Ready = Callable[[], bool]

JUMP_FROM = 1000.0
"""At this speed and above, whoever waits does not wait on the wall for what comes next but jumps there."""
LOOK_AGAIN_S = 0.02
"""Wall seconds after which a thread that waits looks again; a thread that takes no part wakes nobody."""
SHORTEST_S = 0.0002
STUCK_S = 60.0
"""Wall seconds after which whoever waits is told that time does not pass. It is an error in a driver or a test."""


class Waiter:
    """A thread that waits: until `ready()`, or `deadline` has come."""

    def __init__(self, lock: threading.RLock, ready: Ready, deadline: float, *, pushes: bool) -> None:
        self.ready = ready
        self.deadline = deadline
        self.pushes = pushes
        self.woken = False
        self.news = threading.Condition(lock)

    def due(self, now: float) -> bool:
        """Say whether it has nothing more to wait for."""
        return self.woken or self.deadline <= now or self.ready()


class Timeline:
    """Seconds since some moment, and a heap of happenings. Everything that happens, happens under `lock`."""

    def __init__(self, speed: float, *, flows: bool = True) -> None:
        """Begin. Unless it `flows`, time passes only while a thread that is no driver's waits for it, then at once."""
        self.lock = threading.RLock()
        self._news = threading.Condition(self.lock)
        self._speed = speed
        self._flows = flows
        self._events: list[tuple[float, int, Happening]] = []
        self._order = itertools.count()
        self._wall = time.monotonic()
        self._now = self._wall
        self._waiters: dict[threading.Thread, Waiter] = {}
        self._parts: set[threading.Thread] = set()
        self._starting = 0
        self._holders: dict[object, threading.Thread] = {}
        self._wakes_at = -math.inf
        self._happening = self._closed = False
        self.under_way: list[Ready] = []
        """Each says whether bytes are on their way between a driver and a simulated device."""
        self.cables: dict[Path, Cable] = {}
        """The far ends of the lines that this machine has, by their device files."""
        self._thread = threading.Thread(target=self._run, name="simulated-machine", daemon=True)
        self._thread.start()

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self.changing():
            self._speed = speed
            self._news.notify_all()

    def now(self) -> float:
        """Return the time in seconds. Waits for nobody: no clock does, and drivers ask it under locks of their own."""
        if self.lock.acquire(blocking=False):
            try:
                self._flow()
            finally:
                self.lock.release()
        return self._now

    def at(self, when: float, happening: Happening) -> None:
        """Let `happening` be called with its time when `when` has come; as soon as all wait if that is past."""
        with self.lock:
            if self._closed:
                return
            when = max(when, self._now)
            heapq.heappush(self._events, (when, next(self._order), happening))
            if when < self._wakes_at and not self._jumps():
                self._news.notify_all()

    # -- who takes part --------------------------------------------------------------------------------------------

    def start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """Start a driver's thread, which takes part from now until it ends."""
        with self.changing():
            self._starting += 1

        def run() -> None:
            me = threading.current_thread()
            with self.lock:
                self._starting -= 1
                self._parts.add(me)
            try:
                target()
            finally:
                with self.changing():
                    self._parts.discard(me)

        return threads.start(name, run)

    def join(self, thread: threading.Thread) -> None:
        """Wait until a thread of `start` has ended."""
        self.wait(lambda: not self._starting and thread not in self._parts)
        thread.join()

    def hold(self, who: object) -> None:
        """Let the calling thread take part until `release(who)`."""
        with self.changing():
            if not self._happening:  # a device does it, and not the thread in which that happens
                self._holders[who] = threading.current_thread()

    def release(self, who: object) -> None:
        """End what `hold(who)` began."""
        with self.changing():
            self._holders.pop(who, None)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def wait(self, ready: Ready, timeout_s: float = math.inf) -> bool:
        """Wait until `ready()` or all that is due in `timeout_s` has happened; say whether it is ready.

        `ready` is called under the lock, also by other threads. Raises RuntimeError if time does not pass as somebody
        who takes part neither waits here nor ends.
        """
        with self.lock:
            waiter = self._begin(ready, timeout_s)
            try:
                self._wait(waiter)
                return waiter.ready()
            finally:
                self._end()

    @contextmanager
    def away(self, back: Ready) -> Iterator[None]:
        """Hold nothing up while the calling thread waits for something else, until `back()`."""
        with self.lock:
            self._begin(back, math.inf)
            self._pump()
        try:
            yield
        finally:
            with self.lock:
                self._end()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change something on which depends whether time passes, under the lock, and let whoever waits know."""
        with self.lock:
            self._flow()
            yield
            self._wake()

    def _begin(self, ready: Ready, timeout_s: float) -> Waiter:
        me = threading.current_thread()
        self._flow()
        pushes = me not in self._parts or me in self._holders.values()
        waiter = self._waiters[me] = Waiter(self.lock, ready, self._now + max(0.0, timeout_s), pushes=pushes)
        return waiter

    def _end(self) -> None:
        self._flow()
        del self._waiters[threading.current_thread()]

    def _wait(self, waiter: Waiter) -> None:
        stood, since = math.nan, 0.0
        while True:
            self._pump()
            if waiter.ready() or waiter.deadline <= self._now:
                return
            waiter.woken = False
            waiter.news.wait(LOOK_AGAIN_S)
            if stood != self._now or not self._stands():
                stood, since = self._now, time.monotonic()
            elif waiter.pushes and time.monotonic() - since > STUCK_S:
                raise RuntimeError(f"Simulated time stands. {self._who_works()}")

    # -- how time passes -------------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Say whether time can still pass."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop. What has not happened yet never will, and nobody waits any more. May be called twice."""
        with self.lock:
            self._closed = True
            self._events.clear()
            self._news.notify_all()
            for waiter in self._waiters.values():
                waiter.news.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _flow(self) -> None:
        """Let pass what passed on the wall since the last time, if time passes by itself."""
        wall = time.monotonic()
        if self._flows and not self._stands():
            self._now = max(self._now, min(self._now + (wall - self._wall) * self._speed, self._due()))
        self._wall = wall

    def _due(self) -> float:
        """Return when the next thing happens, or somebody's wait ends."""
        due = min((waiter.deadline for waiter in self._waiters.values()), default=math.inf)
        return min(due, self._events[0][0]) if self._events else due

    def _stands(self) -> bool:
        if self._happening or self._starting or any(busy() for busy in self.under_way):
            return True
        if any(waiter.due(self._now) for waiter in self._waiters.values()):
            return True
        return any(part not in self._waiters for part in (*self._parts, *self._holders.values()))

    def _pump(self) -> None:
        """Let everything happen that is due, and time pass as far as nobody has to wait for it on the wall."""
        self._flow()
        while not self._stands():
            if self._events and self._events[0][0] <= self._now:
                self._happen()
            elif self._may_jump():
                self._now = self._due()
            else:
                break
        self._wake()

    def _happen(self) -> None:
        """Let all happen that is due, before anybody who waits for one of it sees only a part."""
        self._happening = True
        try:
            while self._events and self._events[0][0] <= self._now:
                at, _, happening = heapq.heappop(self._events)
                happening(at)
        finally:
            self._happening = False

    def _may_jump(self) -> bool:
        due = self._due()
        if due == math.inf or not (self._closed or any(waiter.pushes for waiter in self._waiters.values())):
            return False
        # A stepper's pauses in a machine that hurries are shorter than any wait on the wall.
        return self._jumps() or (self._speed > 1 and due - self._now < SHORTEST_S * self._speed)

    def _jumps(self) -> bool:
        return not self._flows or self._closed or self._speed >= JUMP_FROM

    def _wake(self) -> None:
        """Wake whoever waits for what is there now; if nobody does, whoever lets time pass."""
        works = False
        for waiter in self._waiters.values():
            if waiter.due(self._now):
                works = waiter.woken = True
                waiter.news.notify_all()
        if works or self._stands():
            return
        if self._jumps() and self._may_jump():
            next(waiter for waiter in self._waiters.values() if waiter.pushes or self._closed).news.notify_all()
        elif self._flows and self._due() < self._wakes_at:
            self._news.notify_all()

    def _run(self) -> None:
        with self.lock:
            while not self._closed:
                self._pump()
                self._wakes_at = math.inf if self._stands() or not self._flows else self._due()
                pause = None
                if self._wakes_at < math.inf:
                    # Whoever jumps makes things happen itself; waking up for each would only slow it down.
                    shortest = LOOK_AGAIN_S if self._jumps() else SHORTEST_S
                    pause = max((self._wakes_at - self._now) / self._speed, shortest)
                self._news.wait(pause)

    def _who_works(self) -> str:
        works = {part.name for part in (*self._parts, *self._holders.values()) if part not in self._waiters}
        bytes_lie = any(busy() for busy in self.under_way)
        return f"These neither wait on its clock nor end: {sorted(works) or 'none'}. Bytes unread: {bytes_lie}."
