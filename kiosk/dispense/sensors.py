"""The thread that reads the sensors. One on a wire takes most of a second to answer, for which no press may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from kiosk import threads
from kiosk.clock import Clock
from kiosk.hardware.api import Meter

EVERY_S = 60.0
"""How often the temperature is taken, in seconds: an excursion counts from a quarter of an hour."""

CELSIUS = "°C"


class Sensors:
    """Reads the meters once a minute and tells `feel` how warm it is: °C of the first that knows, or None."""

    def __init__(self, meters: Sequence[Meter], clock: Clock, feel: Callable[[float | None], None]) -> None:
        self._meters = meters
        self._wait_s = EVERY_S / clock.speed
        self._feel = feel
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin."""
        threads.start("sensors", self._run)

    def stop(self) -> None:
        """End; a reading under way is not waited for."""
        self._stopped.set()

    def _run(self) -> None:
        while True:
            readings = [meter.read() for meter in self._meters]
            known = [reading.value for reading in readings if reading.unit == CELSIUS and reading.value is not None]
            if self._stopped.is_set():
                return
            self._feel(known[0] if known else None)
            if self._stopped.wait(self._wait_s):
                return
