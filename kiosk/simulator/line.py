"""The far end of a serial line: a pseudo terminal at which a simulated device speaks its bytes, well or badly.

The device file appears below the directory that stands for /dev, under the name that kiosk.toml gives; drivers open
it as they would a real one. While bytes are under way the machine's time stands, as a computer that is busy elsewhere
would otherwise miss answers that a real one gets. Both ends count them, as the kernel hands them over when it likes.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterator
from functools import partial

from kiosk.hardware.pins.base import device_below
from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.faults import Fault
from kiosk.simulator.timeline import Timeline
from kiosk.waits import Cable

LATE_S = 3.0
"""How late an answer comes that is late, in seconds of the machine's time: after every driver gave up."""
STALLED_BYTES = 3
"""A line that stalls stops after so many bytes of each message."""

Mangle = Callable[[bytes], list[tuple[float, bytes]]]
"""Makes of one message those that arrive in its place, each with how many machine seconds later that happens."""


class SimulatedCable(Cable):
    """Counts the bytes between a driver and the line at the other end."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._to_device = self._to_driver = 0
        self._broke = False
        self.listened_to = False
        """Whether a driver has the port open: what is sent to nobody is lost."""

    def busy(self) -> bool:
        """Say whether bytes are under way, or a driver does not know yet that its cable was pulled."""
        return self._to_device > 0 or self._to_driver > 0 or self._broke

    @contextlib.contextmanager
    def opening(self) -> Iterator[None]:
        with self._timeline.changing():
            yield
            self.listened_to = True

    def sends(self, number: int) -> None:
        with self._timeline.changing():
            if not self._broke:
                self._to_device = max(0, self._to_device + number)

    def took(self, number: int) -> None:
        with self._timeline.changing():
            self._to_driver = max(0, self._to_driver - number)

    def closed(self) -> None:
        with self._timeline.changing():
            self.listened_to, self._broke, self._to_driver = False, False, 0

    def said(self, number: int) -> None:
        """Note that the device wrote so many bytes. Called under the timeline's lock, like all below."""
        self._to_driver += number

    def heard(self, number: int) -> None:
        """Note that the device took so many bytes, and did what follows from them."""
        self._to_device = max(0, self._to_device - number)

    def pulled(self) -> None:
        """Note that what is under way is lost."""
        self._to_device, self._broke = 0, self.listened_to


class Line:
    """One line. `heard` is called with what the host wrote, under the timeline's lock, and answers by `say`."""

    accepts = frozenset(
        {
            Fault.CABLE_OUT,
            Fault.LINE_DROPS,
            Fault.LINE_CORRUPTS,
            Fault.LINE_STALLS,
            Fault.LINE_LATE,
            Fault.LINE_TWICE,
        }
    )
    """The faults that a line can have; the part at its end passes them on to `set_faults`."""

    def __init__(self, cabinet: Cabinet, port: str, heard: Callable[[bytes, float], None]) -> None:
        """Make the device file for `port`, as kiosk.toml names it, and begin to listen."""
        self._cabinet = cabinet
        self._timeline = cabinet.timeline
        self._path = device_below(port, cabinet.dev_root)
        self._heard = heard
        self.faults: frozenset[Fault] = frozenset()
        self.mangle: Mangle | None = None
        """Replaces what the device says, for tests that try every kind of noise."""
        self.mangle_heard: Mangle | None = None
        """Replaces what the device hears, piece by piece as it comes."""
        self._master = self._slave = -1
        self._closed = False
        self._wake_read, self._wake_write = os.pipe()
        self._cable = self._timeline.cables[self._path] = SimulatedCable(self._timeline)
        self._timeline.under_way.append(self._cable.busy)
        self._plug_in()
        self._thread = threading.Thread(target=self._run, name=f"line-{self._path.name}", daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Send `data` to the host, or what the line's faults make of it. Called under the timeline's lock."""
        if Fault.LINE_DROPS in self.faults:
            return
        if Fault.LINE_CORRUPTS in self.faults:
            spoilt = self._cabinet.chance.randrange(len(data))
            data = data[:spoilt] + bytes([data[spoilt] ^ (1 << self._cabinet.chance.randrange(8))]) + data[spoilt + 1 :]
        if Fault.LINE_STALLS in self.faults:
            data = data[:STALLED_BYTES]
        messages = self.mangle(data) if self.mangle else [(0.0, data)]
        late_s = LATE_S if Fault.LINE_LATE in self.faults else 0.0
        for after_s, message in messages * (2 if Fault.LINE_TWICE in self.faults else 1):
            self._later(after_s + late_s, partial(self._send, message))

    def set_faults(self, faults: set[Fault]) -> None:
        """Let the line have exactly these faults, of those that it can have. Pulls the cable, or puts it back."""
        with self._timeline.changing():
            was_out = Fault.CABLE_OUT in self.faults
            self.faults = frozenset(faults & self.accepts)
            is_out = Fault.CABLE_OUT in self.faults
            if is_out and not was_out:
                self._pull()
            elif was_out and not is_out:
                self._plug_in()

    def close(self) -> None:
        """Take the device file away. May be called twice."""
        with self._timeline.changing():
            if self._closed:
                return
            self._closed = True
            self._pull()
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _plug_in(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._path)
        self._wake()

    def _pull(self) -> None:
        self._path.unlink(missing_ok=True)
        for end in (self._slave, self._master):
            if end >= 0:
                os.close(end)
        self._master = self._slave = -1
        self._cable.pulled()
        self._wake()

    def _later(self, after_s: float, do: Callable[[], None]) -> None:
        if after_s > 0:
            self._timeline.at(self._timeline.now() + after_s, lambda _: do())
        else:
            do()

    def _hear(self, data: bytes) -> None:
        for after_s, message in self.mangle_heard(data) if self.mangle_heard else [(0.0, data)]:
            self._later(after_s, lambda message=message: self._heard(message, self._timeline.now()))  # type: ignore[misc]

    def _send(self, data: bytes) -> None:
        if self._master >= 0 and self._cable.listened_to:
            with contextlib.suppress(OSError):
                self._cable.said(os.write(self._master, data))

    def _run(self) -> None:
        while not self._closed:
            master = self._master
            watched = [self._wake_read] if master < 0 else [self._wake_read, master]
            try:
                ready, _, _ = select.select(watched, [], [])
            except (OSError, ValueError):
                continue  # the cable was pulled at this very moment
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
            with self._timeline.changing():
                if self._master == master and master in ready:
                    with contextlib.suppress(OSError):
                        data = os.read(master, 4096)
                        self._hear(data)
                        self._cable.heard(len(data))

    def _wake(self) -> None:
        os.write(self._wake_write, b"\0")
