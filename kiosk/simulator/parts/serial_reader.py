"""A card or barcode reader at the far end of a serial line."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.line import Line
from kiosk.simulator.small_part import KeptPart


class Body(KeptPart):
    """A reader that sends what is held up to it."""

    accepts = Line.accepts

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._line = Line(cabinet, self.options.port, _ignore)
        self._line.set_faults(self.faults)

    def type(self, text: str) -> None:
        """Hold up a card or code that says `text`."""
        self.send(f"{text}\r\n".encode())

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        with self.cabinet.timeline.lock:
            self._line.say(data)

    def changed(self) -> None:
        self._line.set_faults(self.faults)

    def close(self) -> None:
        """Take the device file away. May be called twice."""
        self._line.close()


def _ignore(_data: bytes, _at: float) -> None:
    """It is told nothing."""
