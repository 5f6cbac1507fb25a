"""Who vouches for the clock: the kernel, a real-time clock that was set, or a person. Looks until one of them does.

A Raspberry Pi has no clock that runs without power. Whatever sets it, timesyncd, chrony, ntpd or a GPS receiver, tells
the kernel so; a real-time clock tells the time itself. Once somebody vouched, that holds until the machine is switched
off, also without a network, for its clock then drifts by seconds a day.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk import threads
from kiosk.clock import HOUR_S, Clock

log = logging.getLogger(__name__)

EVERY_S = 10.0
"""How often it is asked, in seconds."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

REAL_TIME_CLOCKS = Path("/sys/class/rtc")

TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not in step with anything (STA_UNSYNC)."""

TIMEX_BYTES = 512
"""More than the kernel's struct timex has on any machine; zeroes ask and change nothing."""

APART_S = 120.0
"""A real-time clock from which the kernel was set is not further from it, in seconds, unless somebody set the kernel's
clock by hand since."""

TIMEDATED = ("org.freedesktop.timedate1", "/org/freedesktop/timedate1", "org.freedesktop.timedate1")


class Timekeeper:
    """Vouches for `clock` as soon as somebody does. `known_hour` is an hour since 1970 that is surely past.

    That somebody vouched is noted in `folder` at once, for this boot only: the kernel forgets within hours without a
    network, and a daemon that was started again must not ask a person again.
    """

    def __init__(self, clock: Clock, folder: Path, known_hour: Callable[[], int]) -> None:
        self._clock = clock
        self._note = folder / "clock"
        self._known_hour = known_hour
        self._stopped = threading.Event()
        clock.on_vouch = self._write

    def start(self) -> None:
        """Begin to look, at once and from a thread of its own."""
        threads.start("clock", self._run)

    def stop(self) -> None:
        """End; a question under way is not waited for."""
        self._stopped.set()

    def look(self) -> bool:
        """Ask everybody once; return whether the clock can be relied on."""
        if not self._clock.vouched and (
            self._noted() or kernel_in_step() or real_time_clock_says(self._clock.wall(), self._known_hour())
        ):
            self._clock.vouch()
        return self._clock.vouched

    def _run(self) -> None:
        while not self.look():
            if self._stopped.wait(EVERY_S):
                return

    def _noted(self) -> bool:
        return _read(self._note) == _read(BOOT_ID) != ""

    def _write(self) -> None:
        try:
            self._note.write_text(_read(BOOT_ID))
        except OSError as error:
            log.debug("That somebody vouched for the clock could not be noted: %s", error)


def kernel_in_step() -> bool:
    """Ask the kernel whether something keeps its clock in step.

    A hardened unit may not call adjtimex(2), for the call also sets the clock; systemd-timedated then answers for it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    state: int = libc.adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    if state == -1 and ctypes.get_errno() == errno.EPERM:
        return _timedated_says()
    return 0 <= state < TIME_ERROR


def _timedated_says() -> bool:
    command = ["busctl", "--system", "--timeout=5", "get-property", *TIMEDATED, "NTPSynchronized"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.debug("systemd-timedated does not say whether the clock is set: %s", error)
        return False
    return done.stdout.strip() == "b true"


def real_time_clock_says(wall_s: float, known_hour: int, folder: Path = REAL_TIME_CLOCKS) -> bool:
    """Say whether the kernel took the time `wall_s` from a real-time clock that was set.

    One that was never set, or whose battery is empty, shows a time before `known_hour`, or cannot be read.
    """
    for device in sorted(folder.glob("rtc*")):
        shown = _read(device / "since_epoch")
        if _read(device / "hctosys") == "1" and shown.isdecimal():
            return int(shown) >= known_hour * HOUR_S and abs(int(shown) - wall_s) <= APART_S
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
