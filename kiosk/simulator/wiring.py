"""The wires between the pins and the simulated machine: gpiozero mock pins whose other end is a part."""

from __future__ import annotations

from collections.abc import Callable

from gpiozero import PinFixedPull
from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.simulator.timeline import Timeline

Driven = Callable[[bool | None], None]
"""Told of an output: high, low, or None while nobody drives the pin."""


class WiredPin(MockPin):
    """A pin with a wire. As an output it tells the part at once; as an input it shows what the part drives."""

    _hertz: float | None = None

    def output_with_state(self, state: bool) -> None:
        """Become an output at `state`, without a pulse, as the real pins do."""
        self._function = "output"
        self._set_state(state)

    def _set_function(self, value: str) -> None:
        if value == "input":
            self._function = value
            self.factory.wiring.undriven(self._number)
            self._state = self.factory.wiring.level(self._number, self._pull == "up")
        else:
            self.output_with_state(False)

    def _set_pull(self, value: str) -> None:
        if self.info.pull and value != self.info.pull:
            raise PinFixedPull(f"{self!r} has a fixed pull resistor")
        self._pull = value
        if self._function == "input":
            self._state = self.factory.wiring.level(self._number, self._pull == "up")

    def _change_state(self, value: bool) -> bool:
        # The base class keeps every change for ever, for its own tests; a kiosk runs for months.
        changed: bool = self._state != value
        self._state = value
        return changed

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        wiring, hertz = self.factory.wiring, self._hertz
        wiring.pulses[self._number] = value / hertz if hertz else 0.0
        wiring.output(self._number, bool(value))

    def _get_frequency(self) -> float | None:
        return self._hertz

    def _set_frequency(self, value: float | None) -> None:
        self._hertz = value

    def report(self, at: float, level: bool) -> None:
        """Show `level`, and call back if somebody listens. `at` is in seconds of the machine's time."""
        with self.factory.timeline.changing():
            if self._function == "input" and self._change_state(level) and self._when_changed is not None:
                super(MockPin, self)._call_when_changed(at, level)


class WiredFactory(MockFactory):
    """Makes wired pins. Its ticks are the machine's time."""

    def __init__(self, wiring: Wiring, timeline: Timeline) -> None:
        super().__init__(revision="a02082", pin_class=WiredPin)
        self.wiring = wiring
        self.timeline = timeline

    def ticks(self) -> float:
        return self.timeline.now()


class Wiring:
    """Which part is at the other end of which pin (BCM numbers)."""

    def __init__(self, timeline: Timeline) -> None:
        self._lock = timeline.lock
        self._levels: dict[int, bool] = {}
        self._outputs: dict[int, bool | None] = {}
        self._listeners: dict[int, Driven] = {}
        self._pins: dict[int, WiredPin] = {}
        self.pulses: dict[int, float] = {}
        """How many seconds long the pulses of an output are; 0 for one that is simply on or off."""
        self.factory = WiredFactory(self, timeline)

    def connect(self, pin: int, driven: Driven) -> None:
        """Tell `driven` of every change of the output `pin`."""
        self._listeners[pin] = driven

    def drive(self, pin: int, level: bool, at: float) -> None:
        """Put a level on the input `pin`. Whoever listens above is called before this returns."""
        with self._lock:
            if self._levels.get(pin) != level:
                self._levels[pin] = level
                self._pin(pin).report(at, level)

    def _pin(self, pin: int) -> WiredPin:
        if pin not in self._pins:
            self._pins[pin] = self.factory.pin(pin)
        return self._pins[pin]

    def level(self, pin: int, floating: bool) -> bool:
        """Return the level that is on the input `pin`; `floating` if no part drives it."""
        return self._levels.get(pin, floating)

    def output(self, pin: int, level: bool | None) -> None:
        """Carry an output's level to the part at the other end."""
        with self._lock:
            if self._outputs.get(pin) != level:
                self._outputs[pin] = level
                if pin in self._listeners:
                    self._listeners[pin](level)

    def undriven(self, pin: int) -> None:
        """Carry to the part that nobody drives the pin now; drivers of motors have pull-downs, so they are off."""
        if self._outputs.get(pin) is not None:
            self.output(pin, None)
