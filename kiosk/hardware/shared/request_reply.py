"""Requests and answers over a serial port on which only the asked one speaks: relay boards, lock boards."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kiosk.clock import Clock
from kiosk.errors import HardwareError
from kiosk.hardware.shared.serial_port import SerialPort

T = TypeVar("T")

MOST = 4096
"""No answer is as long. More unread bytes than this are noise; the oldest are dropped."""


class Exchange:
    """One request at a time, each with its answer. May be used from any thread."""

    def __init__(
        self, name: str, path: Path, baudrate: int, clock: Clock, opened: Callable[[], None] = lambda: None
    ) -> None:
        """Begin to look for the port; nothing is raised if it is not there yet.

        `opened` is called in the port's thread each time it was found; it may only put on a queue.
        """
        self._name = name
        self._clock = clock
        self._lock = clock.lock()
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._silent = False
        self._place = path.name
        self._opened = opened
        self.stumbles = 0
        """How often the line was not as it should be: no answer in time, something unasked, the port lost and found.

        Answers to other requests may be under way after such a moment.
        """
        self.port = SerialPort(name, path, baudrate, clock, self._received)
        self.port.start()

    def ask(self, request: bytes, answer: Callable[[bytes], T | None], timeout_s: float, tries: int = 1) -> T:
        """Send `request` and return what `answer` makes of the bytes that came since, as soon as it is not None.

        `answer` is given all of them at each new piece, noise included, and must not raise. The request is sent
        again, up to `tries` times in all, after `timeout_s` seconds of the board's clock without an answer: more than
        once only if it may be carried out twice. Raises HardwareError when none came; whether it was carried out is
        then not known.
        """
        with self._lock:
            for _ in range(tries):
                if (found := self._once(request, answer, timeout_s)) is not None:
                    self._silent = False
                    return found
                self.stumbles += 1
            self._silent = True
        raise HardwareError(self.fault() or f"{self._name} did not answer.")

    def fault(self) -> str | None:
        """Return a sentence for staff while the port is not open, or after a request that got no answer."""
        if trouble := self.port.fault():
            return trouble
        if self._silent:
            return (
                f"{self._name} does not answer at {self._place}: check its power, the two wires A and B, its address "
                "and its speed."
            )
        return None

    def close(self) -> None:
        """Give the port back. May be called twice."""
        self.port.close()

    def _received(self, piece: bytes) -> None:
        self._pieces.put(piece)
        if not piece:
            self.stumbles += 1
            self._opened()

    def _once(self, request: bytes, answer: Callable[[bytes], T | None], timeout_s: float) -> T | None:
        while not self._pieces.empty():
            self._pieces.get_nowait()  # a late answer to an earlier request is no answer to this one
            self.stumbles += 1
        try:
            self.port.write(request)
        except HardwareError:
            self.stumbles += 1
            raise
        deadline = self._clock.monotonic() + timeout_s
        heard = b""
        while (left_s := deadline - self._clock.monotonic()) > 0:
            try:
                piece = self._clock.get(self._pieces, left_s)
            except queue.Empty:
                break
            if not piece:
                return None  # the port was lost and found: whoever is there now did not get the request
            heard = (heard + piece)[-MOST:]
            if (found := answer(heard)) is not None:
                return found
        return None
