"""Qibixx' MDB interface at its port: set up, kept on, and listened to.

115200 baud 8N1, lines of text. What `C,SETCONF` sets is lost with the interface's power and may be set only while it is
off (Qibixx, "Configuration", docs.qibixx.com/mdb-products). It says what changes and nothing else, so a quiet one is
greeted with `C,1`: one that is on says so, and one that lost its power is on again. It never repeats a request, and
the machine takes no other until that one is answered: so after any moment in which a line may have been lost, whatever
is open and not known here is refused, once a greeting was answered in time again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from kiosk.clock import Clock
from kiosk.errors import HardwareError
from kiosk.hardware.shared.protocol.mdb_lines import Event, Heard, Lines, asks, parse, spoilt
from kiosk.hardware.shared.serial_port import SerialPort

BAUD = 115200
KEEP_S = 1.0
"""How often a quiet interface is greeted: in a shorter gap a lost request goes unnoticed."""
LOST_S = 3.5
"""How often it is greeted when it did not answer the last time; rarely enough to tell to what a late answer belongs."""
LOOK_S = 0.5
"""How often is looked whether it is to be greeted."""
SILENT_S = 2.0
"""An interface that says nothing for so long after it was greeted is not there. It answers in milliseconds."""
SETTLE_S = 0.1
"""Between one line of the set-up and the next, so that each has been carried out."""
SET_UP_AGAIN_S = 5.0
"""The set-up itself makes the interface say that it is inactive; later than this it lost its power."""
START_EVERY_S = 2.0
"""How often a machine that wants credit first is offered it."""

GREETED = frozenset({'c,ERR,"cashless is on"', "c,ERR,cashless is on", "c,STATUS,INACTIVE"})
"""What it answers to a greeting: while it was on, and while it was off."""
STATES = frozenset({Heard.ENABLED, Heard.IDLE, Heard.DISABLED, Heard.INACTIVE, Heard.OFF})


class Interface:
    """The interface. `heard` is told in the port's thread of each line, None for what may have been a request."""

    def __init__(
        self,
        name: str,
        path: Path,
        credit: str | None,
        clock: Clock,
        *,
        heard: Callable[[Event | None], None],
        opened: Callable[[], None],
    ) -> None:
        """Begin to look for it; nothing is raised if it is not there yet.

        `heard` is also called, with None, out of `tend`.
        `opened` is called in the port's thread when the port was opened, so that whatever was open before is void.
        With `credit` a session with so much is begun whenever the machine is ready.
        """
        self._name = name
        self._credit = credit
        self._clock = clock
        self._heard = heard
        self._opened = opened
        self._lines = Lines()
        self._status: Heard | None = None
        self._set_up_due, self._set_up_at = False, float("-inf")
        self._heard_at = self._greeted_at = self._started_at = clock.monotonic()
        self._waits_since: float | None = None
        self._owed = 0
        """How many greetings it may still answer."""
        self._unsure = self._sound = self._greet_next = False
        self._port = SerialPort(name, path, BAUD, clock, self._received)
        self._port.start()

    @property
    def is_open(self) -> bool:
        """Whether its port is open now."""
        return self._port.is_open

    def write(self, line: str) -> None:
        """Write a line at once. Raises HardwareError as `SerialPort.write`."""
        self._port.write(f"{line}\n".encode())

    def say(self, line: str) -> None:
        """Write a line that may be lost: an answer to it, or the next greeting, will tell."""
        with contextlib.suppress(HardwareError):
            self.write(line)

    def tend(self, *, quiet: bool) -> None:
        """Do what is due; greet it, offer credit and refuse what is not known only while it is `quiet`.

        Called by one thread, every `LOOK_S` seconds.
        """
        if self._set_up_due:
            self._set_up()
        now = self._clock.monotonic()
        if not quiet or not self._port.is_open:
            return
        if self._is_silent():
            self._unsure, self._sound = True, False
        elif self._unsure and self._sound:
            self._unsure = False
            self._heard(None)
        if self._offers_credit() and now - self._started_at >= START_EVERY_S:
            self._started_at = now
            self.say(f"C,START,{self._credit}")
        quiet_s, waits_s = now - max(self._greeted_at, self._heard_at), now - self._greeted_at
        lost = waits_s >= LOST_S or (self._greet_next and not self._owed)
        if lost if self._waits_since is not None else self._greet_next or quiet_s >= KEEP_S:
            self._greet()

    def doubt(self) -> None:
        """Note that the machine may wait for an answer to something that was not heard."""
        self._unsure, self._sound, self._greet_next = True, False, True

    def fault(self) -> str | None:
        """Return a sentence for staff while it, or the machine behind it, does not take part."""
        if trouble := self._port.fault():
            return trouble
        if self._port.is_open and self._is_silent():
            return f"{self._name}: the MDB interface does not answer. Check its power, and switch it off and on."
        if self._status in {Heard.INACTIVE, Heard.OFF}:
            return (
                f"{self._name}: the vending machine does not speak to the MDB interface. Check that the machine is on, "
                "the MDB cable, and that the interface's jumpers are set for a peripheral."
            )
        if self._status is Heard.DISABLED:
            return f"{self._name}: the vending machine takes no requests now. See its own display; close its door."
        return None

    def close(self) -> None:
        """Take no part in the machine any more and give the port back. May be called twice."""
        self.say("C,0")
        self._status = None
        self._port.close()

    def _received(self, data: bytes) -> None:
        if not data:
            self._lines.forget()
            self._status, self._set_up_due = None, True
            self._waits_since, self._unsure = None, False
            self._opened()
        for line in self._lines.feed(data):
            event, now = parse(line), self._clock.monotonic()
            if event is None:
                if asks(line):
                    self._heard(None)
                if spoilt(line):
                    self._owed = max(0, self._owed - 1)
                    self.doubt()
                continue
            self._answered(now, greeting=line in GREETED)
            if isinstance(event, Heard) and event in STATES:
                self._status = event
                lost_power = event in {Heard.INACTIVE, Heard.OFF} and now - self._set_up_at > SET_UP_AGAIN_S
                self._set_up_due = self._set_up_due or lost_power
            self._heard(event)

    def _greet(self) -> None:
        now = self._clock.monotonic()
        self._owed = 1 if now - self._greeted_at >= LOST_S else self._owed + 1
        self._greeted_at, self._greet_next = now, False
        if self._waits_since is None:
            self._waits_since = self._greeted_at
        self.say("C,1")

    def _answered(self, now: float, *, greeting: bool) -> None:
        """Note that it was heard, and whether that was in time: what is late may have been overtaken by a request."""
        self._heard_at = now
        if self._is_silent():
            self.doubt()
        # With two greetings unanswered nobody knows to which of them an answer belongs.
        alone, self._owed = self._owed == 1, max(0, self._owed - greeting)
        if self._waits_since is not None and (greeting or not self._unsure):
            self._sound, self._waits_since = greeting and alone and now - self._greeted_at <= SILENT_S, None

    def _is_silent(self) -> bool:
        since = self._waits_since
        return since is not None and self._clock.monotonic() - since > SILENT_S

    def _set_up(self) -> None:
        """Make it play a cashless device at which visitors choose first, or that offers credit."""
        self._set_up_due, self._set_up_at = False, self._clock.monotonic()
        for line in ("C,0", f"C,SETCONF,mdb-always-idle={int(self._credit is None)}"):
            self.say(line)
            self._clock.sleep(SETTLE_S)
        self._greet()

    def _offers_credit(self) -> bool:
        return self._credit is not None and self._status is Heard.ENABLED
