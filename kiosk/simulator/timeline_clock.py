"""The clock that drivers above a simulated machine wait on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from kiosk.clock import Clock
from kiosk.simulator.timeline import Timeline
from kiosk.waits import Cable

T = TypeVar("T")


class TimelineClock(Clock):
    """The time of a simulated machine. It stands while anybody who takes part works."""

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
        self._timeline.wait(lambda: False, seconds)

    def get(self, source: queue.SimpleQueue[T], timeout_s: float | None = None) -> T:
        self._timeline.wait(lambda: not source.empty(), float("inf") if timeout_s is None else timeout_s)
        return source.get_nowait()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        return self._timeline.wait(event.is_set, timeout_s)

    def start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        return self._timeline.start(name, target)

    def join(self, thread: threading.Thread) -> None:
        self._timeline.join(thread)

    def lock(self) -> AbstractContextManager[object]:
        return _Lock(self._timeline)

    def away(self, back: Callable[[], bool]) -> AbstractContextManager[None]:
        return self._timeline.away(back)

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        who = object()
        self._timeline.hold(who)
        try:
            yield
        finally:
            self._timeline.release(who)

    def cable(self, path: Path) -> Cable:
        return self._timeline.cables.get(path) or super().cable(path)


class _Lock:
    """A lock; whoever waits for it holds nothing up."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._held = False

    def __enter__(self) -> None:
        with self._timeline.lock:
            self._timeline.wait(lambda: not self._held)
            self._held = True

    def __exit__(self, *_: object) -> None:
        with self._timeline.changing():
            self._held = False
