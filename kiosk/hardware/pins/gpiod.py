"""The Raspberry Pi's pins through gpiozero and libgpiod, where lgpio cannot be installed.

- Each pin is one request to the kernel: an output is claimed at the level it shall have, so it never pulses, and a
  change of pull or direction never gives the line away in between.
- One thread takes the kernel's edges; nothing that a listener raises ends it, and `fault` watches it.
- There is no PWM: what Python could make of it jitters too much for a servo. lgpio makes it in C.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero import PinFixedPull, PinPWMUnsupported, PinSetInput, PinUnknownPi
from gpiozero.pins.local import LocalPiFactory, LocalPiPin

from kiosk.clock import Clock
from kiosk.config import Config, Hardware
from kiosk.errors import HardwareError
from kiosk.hardware.pins.base import BaseBoard

LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
"""What the kernel calls the header's chip on Raspberry Pis 1 to 3, 4, and 5. Its number changed with kernels."""
EVENTS = 1024
"""Edges of one pin that the kernel keeps until they are read: the most it allows (GPIO_V2_LINES_MAX * 16)."""
BIASES = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
EDGES = {"both": Edge.BOTH, "rising": Edge.RISING, "falling": Edge.FALLING}
LEVELS = (Value.INACTIVE, Value.ACTIVE)


class NoPwmError(HardwareError, PinPWMUnsupported):
    """These pins cannot make the pulses that a servo or a dimmed light needs."""


class GpiodPin(LocalPiPin):
    """One line of the header. It is claimed once it becomes an input or an output, not before."""

    def __init__(self, factory: GpiodFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._request: gpiod.LineRequest | None = None
        self._output = False
        self._bias = "floating"
        self._edges = "both"
        self._seen = 0

    def output_with_state(self, state: bool) -> None:
        """Make the pin an output that has the level `state` from its first instant."""
        self._apply(gpiod.LineSettings(direction=Direction.OUTPUT, output_value=LEVELS[bool(state)]))
        self._output = True

    def input_with_pull(self, pull: str) -> None:
        """Make the pin an input with its pull resistor at once."""
        if self.info.pull not in (pull, ""):  # GPIO 2 and 3: the board's resistor is stronger than the chip's
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        self._input(pull, Edge.NONE)

    def close(self) -> None:
        """Make the pin an input, which leaves it undriven, and give it back. May be called twice."""
        if self._request is not None:
            try:
                self._input("floating", Edge.NONE)
            finally:
                request, self._request = self._request, None
                request.release()

    def take_events(self) -> list[gpiod.EdgeEvent]:
        """Return the edges that wait, without waiting for one."""
        request = self._request
        return request.read_edge_events() if request is not None and request.wait_edge_events(0) else []

    def report(self, event: gpiod.EdgeEvent) -> None:
        """Tell the listener of an edge, with the kernel's time. Whatever it raises is remembered, not raised."""
        lost, self._seen = event.line_seqno - self._seen - 1, event.line_seqno
        if lost > 0:
            self.factory.failure = f"GPIO {self._number}: {lost} edges were lost. Restart the kiosk and report this."
        listens = self._when_changed
        listener = listens() if listens else None
        if listener is None:  # it was closed a moment ago
            return
        try:
            listener(event.timestamp_ns / 1e9, int(event.event_type is event.Type.RISING_EDGE))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end the edges of all pins
            self.factory.failure = (
                f"GPIO {self._number}: an edge was lost ({error!r}). Restart the kiosk and report this."
            )

    def _input(self, pull: str, edge: Edge) -> None:
        self._apply(gpiod.LineSettings(direction=Direction.INPUT, bias=BIASES[pull], edge_detection=edge))
        self._output, self._bias = False, pull

    def _apply(self, settings: gpiod.LineSettings) -> None:
        """Change the line, claiming it if need be. A line whose edges are not asked for is not listened to."""
        if self._request is None:
            self._request = self.factory.chip.request_lines({self._number: settings}, "kiosk", EVENTS)
            self._seen = 0
        else:
            self.factory.edges.forget(self._request.fd)
            self._request.reconfigure_lines({self._number: settings})
        if settings.edge_detection is Edge.NONE:
            self._seen += len(self.take_events())  # edges that nobody asks for any more
        else:
            self.factory.edges.watch(self._request.fd, self)

    def _claimed(self) -> gpiod.LineRequest:
        if self._request is None:
            self._input(self._bias, Edge.NONE)
        assert self._request is not None
        return self._request

    def _get_function(self) -> str:
        return "output" if self._output else "input"

    def _set_function(self, value: str) -> None:
        if value == "output":
            self.output_with_state(self.state)
        else:
            self._input(self._bias, Edge.NONE)

    def _get_state(self) -> bool:
        return self._claimed().get_value(self._number) is Value.ACTIVE

    def _set_state(self, value: bool) -> None:
        if not self._output:
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if value not in (0, 1):
            raise self._no_pwm()
        self._claimed().set_value(self._number, LEVELS[bool(value)])

    def _get_pull(self) -> str:
        return self._bias

    def _set_pull(self, value: str) -> None:
        self.input_with_pull(value)

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise self._no_pwm()

    def _no_pwm(self) -> NoPwmError:
        return NoPwmError(
            f"GPIO {self._number} cannot make the pulses that a servo needs: these pins are driven by gpiod. Install "
            'lgpio as docs/install.md says, and set hardware.pins = "auto".'
        )

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        self._edges = value
        if self._when_changed:
            self._enable_event_detect()

    def _enable_event_detect(self) -> None:
        self._input(self._bias, EDGES[self._edges])

    def _disable_event_detect(self) -> None:
        self._input(self._bias, Edge.NONE)


class Edges:
    """The thread that takes the edges of all pins from the kernel."""

    def __init__(self) -> None:
        self.failure: str | None = None
        self._pins: dict[int, GpiodPin] = {}
        self._lock = threading.Lock()  # held while a pin is read or given back, never while a listener runs
        self._ready = select.epoll()
        self._ends = os.eventfd(0)
        self._ready.register(self._ends, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="edges", daemon=True)
        self._thread.start()

    def alive(self) -> bool:
        """Say whether edges are still taken."""
        return self._thread.is_alive()

    def watch(self, line: int, pin: GpiodPin) -> None:
        """Report the edges of the file descriptor `line` to `pin` from now on."""
        with self._lock:
            self._pins[line] = pin
            self._ready.register(line, select.EPOLLIN)

    def forget(self, line: int) -> None:
        """Report no more edges of `line`; afterwards it may be closed. Nothing happens if it was not watched."""
        with self._lock:
            if self._pins.pop(line, None) is not None:
                self._ready.unregister(line)

    def stop(self) -> None:
        """End the thread. May be called twice, and by a listener."""
        os.eventfd_write(self._ends, 1)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            for line, _ in self._ready.poll():
                if line == self._ends:
                    return
                for pin, event in self._take(line):
                    pin.report(event)

    def _take(self, line: int) -> Iterator[tuple[GpiodPin, gpiod.EdgeEvent]]:
        with self._lock:
            pin = self._pins.get(line)
            try:
                events = pin.take_events() if pin else []
            except OSError as error:
                self._pins.pop(line, None)
                self._ready.unregister(line)
                self.failure = f"{pin!r} no longer reports ({error}). Restart the kiosk and report this."
                return
        for event in events:
            if pin:
                yield pin, event


class GpiodFactory(LocalPiFactory):
    """The Pi's own header."""

    def __init__(self) -> None:
        """Find and open the header's chip. Raises PinUnknownPi, or OSError if there is none or it may not be used."""
        super().__init__()
        self.pin_class = GpiodPin
        self.failure: str | None = None
        self._get_revision()
        self.chip = _header()
        self.edges = Edges()

    def close(self) -> None:
        """Give every pin back. May be called twice."""
        super().close()
        if self.chip:
            self.edges.stop()
            self.chip.close()


class GpiodBoard(BaseBoard):
    """The pins of this Raspberry Pi."""

    pins = "gpiod"

    def __init__(self, hardware: Hardware, clock: Clock) -> None:
        """Open the header. Raises HardwareError when this is no Pi or the pins may not be used."""
        super().__init__(hardware, clock, sys_root=Path("/sys"), dev_root=Path("/dev"))
        try:
            self.pin_factory: Any = GpiodFactory()
        except PinUnknownPi as error:
            raise HardwareError(
                'This is not a Raspberry Pi. Set hardware.pins = "simulator" to run the simulated machine.'
            ) from error
        except OSError as error:
            raise HardwareError(
                f"The GPIO pins cannot be opened ({error}). Add the kiosk's user to the group gpio, "
                "and check that /dev/gpiochip0 is there."
            ) from error

    def fault(self) -> str | None:
        """Return a sentence when edges no longer arrive."""
        if not self.pin_factory.edges.alive():
            return "The pins no longer report: their thread has ended. Restart the kiosk."
        failure: str | None = self.pin_factory.failure or self.pin_factory.edges.failure
        return failure

    def close(self) -> None:
        """Make every pin an input again, which leaves outputs undriven. May be called twice."""
        self.pin_factory.close()


def open_board(config: Config, clock: Clock | None) -> GpiodBoard:
    """Open this Raspberry Pi's pins."""
    return GpiodBoard(config.hardware, clock or Clock())


def _header() -> gpiod.Chip:
    """Open the chip that the header's pins belong to, whatever its number."""
    for path in sorted(Path("/dev").glob("gpiochip*")):
        chip = gpiod.Chip(str(path))
        if chip.get_info().label in LABELS:
            return chip
        chip.close()
    raise FileNotFoundError(f"none of /dev/gpiochip* is one of {', '.join(LABELS)}")
