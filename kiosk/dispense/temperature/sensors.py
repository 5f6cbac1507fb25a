"""The thread that reads the sensors. One on a wire takes most of a second to answer, for which nobody else waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from kiosk import threads
from kiosk.clock import Clock
from kiosk.hardware.api import Meter
from kiosk.model import CELSIUS, Reading

FEEL_S = 60.0
"""How often the temperature is taken, in seconds: an excursion counts from a quarter of an hour."""

LOOK_S = 5.0
"""How old what is shown may be, in seconds, while the sensors answer."""

FIRST_S = 5.0
"""So long, in seconds of real time since the start, whoever wants to know waits for the first readings."""

SILENT_S = 30.0
"""A sensor that takes so long, in seconds, does not answer. Nobody is shown any longer what was read before."""

SILENT = "{0}: this sensor does not answer, so none is read any more. Check its plug and its power, restart the kiosk."


class Sensors:
    """Reads the meters, keeps what they say, and tells `feel` once a minute how warm it is.

    That is in °C by the first that knows, or None.
    """

    def __init__(self, meters: Mapping[str, Meter], clock: Clock, feel: Callable[[float | None], None]) -> None:
        self._meters = meters
        self._clock = clock
        self._feel = feel
        self._wait_s = min(LOOK_S, FEEL_S / clock.speed)
        self._stopped = threading.Event()
        self._looked = threading.Event()
        self._readings: tuple[Reading, ...] = ()
        self._asked: tuple[str, float] | None = None
        self._first_until = 0.0

    def start(self) -> None:
        """Begin."""
        self._first_until = time.monotonic() + FIRST_S
        threads.start("sensors", self._run)

    def stop(self) -> None:
        """End; a reading under way is not waited for."""
        self._stopped.set()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What they said last; nothing while one does not answer. Any thread; only at the start it may wait."""
        self._looked.wait(max(0.0, self._first_until - time.monotonic()))
        return () if self.silent else self._readings

    @property
    def silent(self) -> str | None:
        """Which of them does not answer, if one does not. Any thread may ask."""
        asked = self._asked
        return asked[0] if asked and time.monotonic() - asked[1] > SILENT_S else None

    def look(self) -> None:
        """Read them all, and wait for that."""
        readings = []
        for name, meter in self._meters.items():
            self._asked = name, time.monotonic()
            readings.append(meter.read())
        self._asked = None
        self._readings = tuple(readings)
        self._looked.set()

    def _run(self) -> None:
        due = self._clock.monotonic()
        while True:
            self.look()
            if self._stopped.is_set():
                return
            if self._clock.monotonic() >= due:
                due = self._clock.monotonic() + FEEL_S
                self._feel(self._celsius())
            if self._stopped.wait(self._wait_s):
                return

    def _celsius(self) -> float | None:
        known = (reading.value for reading in self._readings if reading.unit == CELSIUS)
        return next((celsius for celsius in known if celsius is not None), None)
