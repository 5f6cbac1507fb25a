"""A Modbus RTU relay and input board on RS-485, such as Waveshare's "Modbus RTU Relay" and "IO 8CH" and their like.

The board counts the length of a pulse itself, so a motor stops even if the computer dies. What switches something on
is sent once; what reads or switches off may be repeated. Each board needs a serial adapter of its own: several boards
on one pair of wires are refused by `kiosk check-config`, as each has the line to itself.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import SerialOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.protocol import modbus
from kiosk.hardware.shared.request_reply import Exchange

CHECK_S = 10.0
"""How often an idle board is asked whether its relays are all off."""
AGAIN_S = 1.0
"""How often a board that does not answer is told to switch all off."""
LOOK_S = 0.05
"""How often the inputs are read after a turn: four times while a coil that runs on passes its home switch."""
WATCH_S = 6.0
"""How long after a turn that is: two turns of a coil that does not stop."""
TRIES = 3
EXCHANGE_BITS = 200
"""A request and its answer have at most 20 bytes, each of ten bits with its start and stop."""
OPENS_S = 0.2
"""A port that is there is open within a few milliseconds; so long is waited for it."""

Channels = Annotated[int, Meta(ge=1, le=32)]


class Options(SerialOptions, frozen=True, kw_only=True):
    """One board."""

    baudrate: Annotated[int, Meta(ge=1200, le=256000, description="Bits a second, as the board is set; 8N1")] = 9600
    address: Annotated[int, Meta(ge=1, le=247, description="The board's Modbus address")] = 1
    relays: Annotated[Channels, Meta(description="How many relays or outputs it has")] = 8
    inputs: Annotated[Channels, Meta(description="How many inputs it has")] = 8
    answer_s: Annotated[
        float,
        Meta(ge=0.02, le=2, description="Seconds after which a silent board did not hear, besides those of the bytes"),
    ] = 0.1
    pulses: Annotated[
        bool,
        Meta(
            description="The board times pulses itself (function 05 at 0x0200). false: we switch on and off, which is "
            "less safe, as a motor runs on if the computer or the cable fails during a turn"
        ),
    ] = True


class RefusedError(HardwareError):
    """The board answered that it will not do it."""


class Seen(NamedTuple):
    """What the inputs were at a moment of the board's clock, the first in the lowest bit."""

    at: float
    bits: int
    stumbles: int
    """`Driver.stumbles` right after. If it differs between two readings, they are not compared."""


Listener = Callable[[Seen], None]


class Driver:
    """The board. Relays and inputs are numbered from 1, as they are labelled. May be used from any thread."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the board; once it answers, all its relays are switched off. Raises nothing."""
        self.name = name
        self.options = options
        self.clock = board.clock
        self.answer_s = options.answer_s + EXCHANGE_BITS / options.baudrate
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._exchange = Exchange(
            f"Relay board {name} (address {options.address})",
            board.device(options.port),
            options.baudrate,
            board.clock,
            lambda: self._wake.put(None),
        )
        self._refused: dict[bytes, str] = {}
        self._unclean = 0
        self._busy = 0
        self._gate = board.clock.lock()
        self._listeners: list[Listener] = []
        self._watch_until = float("-inf")
        self._closed = False
        self._exchange.port.wait_open(OPENS_S)
        self._keeper = board.clock.start(f"relays-{name}", self._keep)

    @property
    def stumbles(self) -> int:
        """How often anything was wrong on the line. While it stays the same, each answer is that to its request."""
        return self._exchange.stumbles + self._unclean

    def pulse(self, relay: int, tenths: int) -> None:
        """Switch a relay on for so many tenths of a second, once.

        Raises RefusedError, or HardwareError when no answer came; then nobody knows whether it is on.
        """
        self._ask(modbus.pulse(self.options.address, relay - 1, tenths))

    def on(self, relay: int) -> None:
        """Switch a relay on, once. Raises as `pulse` does."""
        self._ask(modbus.switch(self.options.address, relay - 1, True))

    def off(self, relay: int) -> bool:
        """Switch a relay off and read it back; True if it is off for certain.

        Not certain is an answer on a line on which anything was wrong meanwhile: it may be that to another request.
        Raises HardwareError when no answer came.
        """
        before = self.stumbles
        self._ask(modbus.switch(self.options.address, relay - 1, False))
        is_on = self._ask(modbus.read(modbus.READ_COILS, self.options.address, self.options.relays)).bit(relay - 1)
        return not is_on and self.stumbles == before

    def is_on(self, relay: int) -> bool:
        """Read a relay back. Raises HardwareError when no answer came."""
        return self._ask(modbus.read(modbus.READ_COILS, self.options.address, self.options.relays)).bit(relay - 1)

    def look(self) -> Seen:
        """Read the inputs once. Raises HardwareError when no answer came."""
        found = self._ask(modbus.read(modbus.READ_INPUTS, self.options.address, self.options.inputs))
        return Seen(self.clock.monotonic(), int.from_bytes(found.data, "little"), self.stumbles)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Leave the relays to whoever holds this; afterwards the inputs are read for a while, for `listen`."""
        with self._gate:
            self._busy += 1
        try:
            yield
        finally:
            with self._gate:
                self._busy -= 1
            self.watch()

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with each reading of the inputs while nobody uses the relays, in our thread."""
        self._listeners.append(listener)

    def watch(self) -> None:
        """Read the inputs often for a while."""
        self._watch_until = self.clock.monotonic() + WATCH_S
        self._wake.put(None)

    def fault(self) -> str | None:
        """Return a sentence for staff if the board does not answer, or does not do what it is told."""
        return self._exchange.fault() or next(iter(self._refused.copy().values()), None)

    @property
    def reachable(self) -> bool:
        """Whether the port is open, though the board may not answer."""
        return self._exchange.port.is_open

    def close(self) -> None:
        """Switch all relays off, if the board answers, and give the port back. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._wake.put(None)
        self.clock.join(self._keeper)
        self._clear()
        self._exchange.close()

    def _ask(self, question: modbus.Question, tries: int = 1) -> modbus.Found:
        found = self._exchange.ask(question.request, question.answer, self.answer_s, tries)
        function, kind = question.request[1], question.request[1:3]  # a pulse and OFF are different things
        if not found.alone:
            self._unclean += 1
        if found.refusal is not None:
            self._refused[kind] = (
                f"Relay board {self.name} (address {self.options.address}) refuses function {function:02}: "
                f"{found.refusal}. Check relays, inputs and pulses in its options."
            )
            raise RefusedError(self._refused[kind])
        self._refused.pop(kind, None)
        return found

    def _keep(self) -> None:
        """Switch everything off once the board answers, whenever it was away; then look after it."""
        known = -1
        while not self._closed:
            with self._gate:
                if not self._busy:
                    known = self._tend(known)
            self._rest(answers=known >= 0)

    def _tend(self, known: int) -> int:
        """Do what is due, and return `stumbles` as of when all relays were last known to be off."""
        try:
            if self._watched():
                seen = self.look()
                for listener in self._listeners:
                    listener(seen)
            elif known != self.stumbles or self._any_on():
                return self.stumbles if self._clear() else -1
        except HardwareError:
            return -1
        return known

    def _any_on(self) -> bool:
        relays = self._ask(modbus.read(modbus.READ_COILS, self.options.address, self.options.relays), TRIES)
        return any(relays.data)

    def _clear(self) -> bool:
        """Switch all relays off; say whether the board did."""
        try:
            self._ask(modbus.all_off(self.options.address, self.options.relays), TRIES)
        except HardwareError:
            return False
        return True

    def _watched(self) -> bool:
        return bool(self._listeners) and self.clock.monotonic() < self._watch_until

    def _rest(self, *, answers: bool) -> None:
        if not self._exchange.port.is_open:
            self._exchange.port.wait_open(0.2)
            return
        rest_s = LOOK_S if self._watched() else CHECK_S if answers else AGAIN_S
        try:
            self.clock.get(self._wake, rest_s)
        except queue.Empty:
            return
