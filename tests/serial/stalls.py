"""How much time the computer lost to others: what a machine in a hurry must be forgiven."""

from __future__ import annotations

import threading
import time
from typing import Self

NAP_S = 0.002


class Stalls:
    """Naps all the time and adds up by how much it overslept, as every other thread did. Seconds of real time."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            began = time.monotonic()
            time.sleep(NAP_S)
            self.total_s += max(0.0, time.monotonic() - began - 2 * NAP_S)
