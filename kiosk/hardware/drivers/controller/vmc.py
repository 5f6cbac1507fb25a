"""A whole vending machine that is driven over its "upper computer" port, as several Chinese makers build them.

The machine polls, and decides itself how long a motor turns; we order one selection at a time and listen to what it
says about it. What is believed of that, and what it means for the count, stands in docs/adr/0018.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.config import SerialOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.protocol import vmc_codes as codes
from kiosk.hardware.shared.protocol.vmc_frames import LAST_NUMBER, Command, Decoder, check_text, drive_text
from kiosk.hardware.shared.protocol.vmc_session import Event, Heard, Session
from kiosk.hardware.shared.serial_port import SerialPort

SILENT_S = 3.0
"""A machine that said nothing for so long is not there: it polls every 200 ms."""
GONE_S = 10.0
"""In the middle of a drive it may be silent for as long as a motor turns; after this it is gone."""
BETTER_S = 3.0
"""So long an ending that is not sure waits for a better one: the machine says it five times in half a second."""
LOOK_S = 0.5
"""How often whoever waits looks whether the port is still open, in seconds."""
OPENS_S = 0.2
"""So long, in seconds of real time, a port that is being opened is waited for: a cable that is out stays out longer."""
VEND_S = 30.0
"""A motor makes its turn in 5 s at most, and machines turn again when nothing fell."""
ELEVATOR_VEND_S = 60.0
"""An elevator comes up, takes the item and goes down."""


class Options(SerialOptions, frozen=True, kw_only=True):
    """One machine. Times are in seconds."""

    baudrate: Annotated[int, Meta(ge=1200, le=115200, description="The speed that its manual gives, in baud")] = 57600
    elevator: Annotated[bool, Meta(description="True if an elevator carries the items down")] = False
    drop_sensor: Annotated[
        bool,
        Meta(description="True if it has a drop sensor that works; else no item is ever known to have come out"),
    ] = True
    answer_s: Annotated[
        float, Meta(ge=1, le=10, description="An order that it has not taken up within this was not heard")
    ] = 2.5
    vend_s: Annotated[
        Annotated[float, Meta(ge=5, le=300)] | None,
        Meta(description="The longest that it may take for one item; none: 30, or 60 with an elevator"),
    ] = None


class Ending(Struct, frozen=True):
    """How an attempt at a selection ended, and what was wrong with it, in words, if anything was."""

    turn: Turn
    why: str | None = None
    told: bool = False
    """These are the machine's own words."""
    runs_on: bool = False


class Driver:
    """A controller as in `kiosk.hardware.api.Controller`. One selection at a time is driven."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to answer the machine as soon as its port is there; nothing is raised if it is not there yet."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._vend_s = options.vend_s or (ELEVATOR_VEND_S if options.elevator else VEND_S)
        self._busy = threading.Lock()
        self._lock = threading.Lock()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._decoder = Decoder()
        self._opened_at = self._clock.monotonic()
        # The machine may still hold the last number of an earlier talk, and take the same one for a repeat.
        self._session = Session(random.randint(1, LAST_NUMBER), asks_health=options.elevator)  # noqa: S311
        self._closed = self._stopped = False
        path = board.device(options.port)
        self._port = SerialPort(name, path, options.baudrate, board.clock, self._received)
        self._port.start()

    @property
    def limit_s(self) -> float:
        """How long `vend` may take, in seconds: a question, an order, a drive, and a better word about its end."""
        return 2 * self._options.answer_s + self._vend_s + BETTER_S + 2 * LOOK_S

    def vend(self, selection: int, started: Callable[[], None], *, try_sold_out: bool) -> Ending:
        """Have the machine drive a selection, 1 to 999, and return what it says came of it, within `limit_s`.

        `started` is called once the machine took up the order. With `try_sold_out` the machine's own counter does not
        matter. ABSENT: the order was never said, so nothing moved. Raises HardwareError when it was said and what came
        of it is not known. It is never ordered a second time.
        """
        if not self._busy.acquire(blocking=False):
            return Ending(Turn.ABSENT, why="was not driven: the machine is busy with another selection")
        try:
            return self._vend(selection, started, try_sold_out=try_sold_out)
        finally:
            with self._lock:
                self._session.cancel()
                self._session.follow(None)
            self._busy.release()

    def stop_waiting(self) -> None:
        """Let a `vend` that is under way end with HardwareError soon; the machine itself cannot be stopped."""
        self._stopped = True
        self._events.put(Event(Heard.RESTARTED))

    def fault(self) -> str | None:
        """Return a sentence for staff if the machine does not poll, or says that something in it is wrong."""
        if self._closed:
            return None
        if trouble := self._port.fault():  # it names the machine itself
            return trouble
        if silent := self._silence():
            return f"{self._name}: {silent}."
        with self._lock:
            health, strange = codes.HEALTH.get(self._session.health), sorted(self._session.strange)
        if health:
            return f"{self._name} says: {health}."
        if strange:
            said = ", ".join(str(selection) for selection in strange)
            return (
                f"{self._name} gave from selection {said} though the kiosk had not asked for it: count that slot and "
                "lock the machine's own keypad, then restart the kiosk."
            )
        return None

    def close(self) -> None:
        """Give the port back; a drive that is under way is ended by the machine. May be called twice."""
        self._closed = True
        self.stop_waiting()
        self._port.close()

    # -- one attempt --------------------------------------------------------------------------------------------------

    def _vend(self, selection: int, started: Callable[[], None], *, try_sold_out: bool) -> Ending:
        if self._closed:
            raise HardwareError(f"{self._name} was closed.")
        self._port.wait_open(OPENS_S)
        if silent := self._silence():
            return Ending(Turn.ABSENT, why=f"was not driven: {silent}")
        with self._lock:
            self._drain()
            self._stopped = False
            self._session.follow(selection)
            self._session.order(Command.CHECK, check_text(selection))
        refused = self._check(try_sold_out=try_sold_out)
        if isinstance(refused, Ending):
            return refused
        if refused is Heard.STATE:  # it may be driven; otherwise it moves already, unasked: an order before was late
            with self._lock:
                sensor, elevator = self._options.drop_sensor, self._options.elevator
                self._session.order(Command.DRIVE, drive_text(selection, drop_sensor=sensor, elevator=elevator))
            if not self._taken():
                return Ending(Turn.ABSENT, why=f"was not driven: {self._deaf()}")
        started()
        return self._result()

    def _check(self, *, try_sold_out: bool) -> Ending | Heard:
        """Ask for the selection; return STATE if it may be driven, WORKING if it moves already, or why not."""
        acknowledged = False
        for event in self._heard(self._options.answer_s):
            if event.heard is Heard.STATE:
                why = codes.STATES.get(event.code)
                if why is None or (try_sold_out and event.code == codes.SOLD_OUT):
                    return Heard.STATE
                return Ending(Turn.ABSENT, why, told=True)
            if event.heard is Heard.WORKING:
                return Heard.WORKING
            if event.heard is Heard.NOT_TAKEN:
                break
            acknowledged = acknowledged or event.heard is Heard.TAKEN
        if acknowledged:  # it hears us, and does not know the question: it decides itself what can be driven
            return Heard.STATE
        return Ending(Turn.ABSENT, why=f"was not driven: {self._deaf()}")

    def _taken(self) -> bool:
        """Wait until the machine took up the order; False if it was never said. Raises HardwareError if in doubt."""
        for event in self._heard(self._options.answer_s):
            if event.heard is Heard.RESULT:
                self._events.put(event)
            if event.heard in (Heard.TAKEN, Heard.WORKING, Heard.RESULT):
                with self._lock:
                    self._session.cancel()  # it moves: if not by this order, then by no other
                return True
            if event.heard in (Heard.NOT_TAKEN, Heard.RESTARTED):
                break
        with self._lock:
            said = self._session.cancel()
        if said == 0 and not self._closed:
            return False
        raise HardwareError(f"{self._name} did not say whether it took up an order: count the slot.")

    def _result(self) -> Ending:
        """Wait for how it ends, as long as that may take."""
        told: int | None = None
        deadline = self._clock.monotonic() + self._vend_s
        while (left_s := deadline - self._clock.monotonic()) > 0:
            event = next(self._heard(left_s), None)
            if event is None or event.heard is Heard.RESTARTED:
                break
            if event.heard is Heard.RESULT:
                if event.sure:
                    return self._ending(event.code, sure=True)
                if told is None:
                    deadline = min(deadline, self._clock.monotonic() + BETTER_S)
                told = event.code
        if told is None:
            raise HardwareError(f"{self._name} did not say how it ended: {self._deaf()}.")
        return self._ending(told, sure=False)

    def _ending(self, code: int, *, sure: bool) -> Ending:
        """Say what an ending that the machine told is worth."""
        if code in codes.SUCCESSES:
            saw = sure and self._options.drop_sensor and code == codes.SENSOR_SAW
            return Ending(Turn.DELIVERED if saw else Turn.COMPLETED)
        if code == codes.ENDED:
            raise HardwareError(f"{self._name} {codes.RESULTS[code]}.")
        turn = Turn.NOT_STARTED if code == codes.NO_MOTOR else Turn.NOT_RETURNED
        return Ending(turn, codes.RESULTS[code], told=True, runs_on=code == codes.RUNS_ON)

    # -- what the machine says ----------------------------------------------------------------------------------------

    def _received(self, data: bytes) -> None:
        """Answer the machine at once, in the port's thread, and hand on what it means."""
        now = self._clock.monotonic()
        with self._lock:
            if not data:
                self._decoder.clear()
                self._opened_at = now
            for packet in self._decoder.feed(data, now):
                answer, events = self._session.hear(packet, now)
                for event in events:
                    self._events.put(event)
                if answer:
                    with suppress(HardwareError):  # the port was lost this moment; its own fault tells
                        self._port.write(answer)

    def _heard(self, timeout_s: float) -> Iterator[Event]:
        """Give what is heard, until so much time has passed or nothing more can be heard."""
        deadline = self._clock.monotonic() + timeout_s
        while (left_s := deadline - self._clock.monotonic()) > 0 and not self._gone():
            with suppress(queue.Empty):
                yield self._clock.get(self._events, min(left_s, LOOK_S))

    def _gone(self) -> bool:
        silent_s = self._clock.monotonic() - max(self._session.heard_at, self._opened_at)
        return self._closed or self._stopped or not self._port.is_open or silent_s > GONE_S

    def _drain(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._events.get_nowait()

    def _silence(self) -> str | None:
        """Say what is wrong if the machine does not poll."""
        if trouble := self._port.fault():
            return trouble.rstrip(".")
        silent_s = self._clock.monotonic() - max(self._session.heard_at, self._opened_at)
        if silent_s < SILENT_S:
            return None
        return (
            "the machine does not poll; check that it is on, its RS-232 cable, and that its menu says it has an upper "
            "computer"
        )

    def _deaf(self) -> str:
        return self._silence() or "the machine polls but takes up nothing; check the wire from the kiosk to it"
