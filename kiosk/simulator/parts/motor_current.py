"""A current sensor in the motors' supply, and its converter, which answers each clock of its SPI pins."""

from __future__ import annotations

from kiosk.simulator.cabinet import Cabinet, Entry
from kiosk.simulator.coil import Coil
from kiosk.simulator.faults import Fault
from kiosk.simulator.small_part import KeptPart

MOTOR_A = 0.8
"""What each motor that turns draws."""
TOO_MUCH_A = 9.0


class Body(KeptPart):
    """An MCP3008 or one of its family (data sheets DS21295, DS21034, DS21298): it listens on rising edges.

    After the start bit come single-ended, then three bits of channel and a pause, or with two channels one bit of
    channel and one that asks for the most significant bit first. A null bit and the value follow on falling edges.
    """

    accepts = frozenset({Fault.OVERCURRENT, Fault.UNPLUGGED})

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self._bits = 12 if self.options.adc.startswith("MCP32") else 10
        self._two_channels = self.options.adc.endswith("2")
        self._needed = 4 if self._two_channels else 6
        self._data = False
        self._selected = False
        self._asked: list[bool] = []
        self._answer: list[bool] = []
        wiring = cabinet.wiring
        wiring.connect(self.options.select_pin, self._select)
        wiring.connect(self.options.clock_pin, self._clock)
        wiring.connect(self.options.mosi_pin, self._listen)

    def amperes(self) -> float:
        """Return what the motors draw now, in amperes."""
        if Fault.OVERCURRENT in self.faults:
            return TOO_MUCH_A
        at = self.cabinet.timeline.now()
        coils = [part for part in self.cabinet.parts.values() if isinstance(part, Coil)]
        return MOTOR_A * sum(coil.seen(at).turning for coil in coils)

    def _select(self, level: bool | None) -> None:
        self._selected = level is False
        self._asked, self._answer = [], []

    def _listen(self, level: bool | None) -> None:
        self._data = bool(level)

    def _clock(self, level: bool | None) -> None:
        if not self._selected or Fault.UNPLUGGED in self.faults:
            self._say(False)
        elif level:
            self._hear()
        elif self._answer:
            self._say(self._answer.pop(0))

    def _hear(self) -> None:
        if (self._asked or self._data) and len(self._asked) < self._needed:
            self._asked.append(self._data)
            if len(self._asked) == self._needed:
                self._convert()

    def _convert(self) -> None:
        """Measure the channel that was asked for; the null bit goes before."""
        _start, _single, *bits = self._asked
        channel = int(bits[0]) if self._two_channels else 4 * bits[0] + 2 * bits[1] + bits[2]
        options = self.options
        volts = options.zero_v + self.amperes() * options.v_per_a if channel == options.channel else 0.0
        most = (1 << self._bits) - 1
        value = max(0, min(most, int(volts / options.reference_v * (most + 1))))
        self._answer = [False, *(bool(value >> place & 1) for place in reversed(range(self._bits)))]

    def _say(self, level: bool) -> None:
        self.cabinet.wiring.drive(self.options.miso_pin, level, self.cabinet.timeline.now())
