"""Any vending machine with an MDB bus, as whose cashless device we take part: Qibixx' MDB Pi HAT or MDB-USB.

The machine keeps its keypad, its motors and its drop sensor. A visitor chooses at its keypad, it asks whether that is
paid for (`c,STATUS,VEND,<amount>,<item>`), and we say yes (`C,VEND,<amount>`) once the kiosk has written down that an
item may leave, or no (`C,STOP`). Then it tells how it went, and this module believes it only in the right order: see
`kiosk.hardware.shared.protocol.mdb_session`, and docs/adr/0019 for what is believed and what cannot be known.

Lines: Qibixx, "Cashless Slave" and "Cashless Device - Accept a Vend Request from VMC in Always Idle",
docs.qibixx.com/mdb-products.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import SerialOptions
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board, Turn
from kiosk.hardware.shared.protocol import mdb_session as session
from kiosk.hardware.shared.protocol.mdb_interface import LOOK_S as TEND_S
from kiosk.hardware.shared.protocol.mdb_interface import Interface
from kiosk.hardware.shared.protocol.mdb_lines import Event, Heard, Request
from kiosk.hardware.shared.protocol.mdb_session import Effect, Stage, State
from kiosk.hardware.shared.serial_port import WRITE_TIMEOUT_S

AGAIN_S = 3.0
"""A request so shortly after a vend may be refused only because the kiosk still writes that one down."""
LOOK_S = 0.25
"""How often open requests and the cable are looked after."""

Price = Annotated[str, Meta(pattern=r"^[0-9]{1,7}(\.[0-9]{1,3})?\Z", examples=["0.17"])]
"""An amount of money as the machine writes it, without a currency."""


class Options(SerialOptions, frozen=True, kw_only=True):
    """One machine behind one interface. Times are in seconds."""

    drop_sensor: Annotated[
        bool,
        Meta(
            description="Whether the machine has a drop sensor, switched on, and reports a vend only when that saw the "
            "item; without one what came out is presumed"
        ),
    ]
    answer_s: Annotated[
        float,
        Meta(
            ge=5,
            le=600,
            description="How long a request may wait for its answer, for example while something else drops, before "
            "it is refused; a machine that waits less withdraws it by itself",
        ),
    ] = 60.0
    vend_s: Annotated[
        float,
        Meta(ge=5, le=300, description="How long the machine may take to give out; after that it is not known"),
    ] = 60.0
    credit: Annotated[
        Price | None,
        Meta(
            description="For a machine that lets nobody choose before it sees credit: how much it is shown, at least "
            "its highest price; none: visitors choose first, as MDB level 3 machines allow"
        ),
    ] = None


class Lane(NamedTuple):
    """What kiosk.toml says of an item."""

    slot: str
    item: int
    price: str | None


class Driver:
    """The machine as in `kiosk.hardware.api.Controller` and `Selector`. Its slots have the driver mdb_item."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Begin to look for the interface; nothing is raised if it is not there yet."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._lock = threading.RLock()
        self._state = State()
        self._lanes: dict[int, Lane] = {}
        self._selected: Callable[[str], bool] | None = None
        self._answered = 0
        self._results: queue.SimpleQueue[Effect] = queue.SimpleQueue()
        self._turning, self._turned_at = False, float("-inf")
        self._note: str | None = None
        self._closed = False
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        path, credit = board.device(options.port), options.credit
        with self._lock:  # what is heard waits until there is somebody to answer
            self._interface = Interface(name, path, credit, self._clock, heard=self._heard, opened=self._opened)
        self._clerk = self._clock.start(f"mdb-{name}", self._run)

    # -- for the kiosk ---------------------------------------------------------------------------------------------

    def on_select(self, selected: Callable[[str], bool]) -> None:
        """Call `selected` with each slot that a visitor chose; see `kiosk.hardware.api.Selector`."""
        self._selected = selected

    def fault(self) -> str | None:
        """Return a sentence for staff while the interface or the machine does not take part, or asks amiss."""
        return self._interface.fault() or self._note

    def close(self) -> None:
        """Refuse what is open, take no part any more and give the port back. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._do(session.deny(self._state, self._state.number))
            self._do(session.cut(self._state))
            self._closed, self._note = True, None
        self._wake.put(None)
        self._clock.join(self._clerk)
        self._interface.close()

    # -- for the slots ---------------------------------------------------------------------------------------------

    def add(self, lane: Lane) -> None:
        """Let a slot answer for its item. Raises HardwareError if another one does."""
        with self._lock:
            other = self._lanes.setdefault(lane.item, lane)
        if other is not lane:
            raise HardwareError(f"Item {lane.item} of {self._name} belongs to {other.slot} already.")

    def remove(self, lane: Lane) -> None:
        """Let nobody answer for its item any more; what was approved for it is not known."""
        with self._lock:
            if self._lanes.get(lane.item) is lane:
                del self._lanes[lane.item]
                if self._state.request is not None and self._state.request.item == lane.item:
                    self._do(session.deny(self._state, self._state.number))
                    self._do(session.cut(self._state))

    def asked(self) -> int | None:
        """Return the item that the machine asks for now and waits to hear of."""
        with self._lock:
            request = self._state.request
            return request.item if request is not None and self._state.stage is Stage.ASKED else None

    def refuse(self, item: int) -> None:
        """Say no to the machine if it asks for `item` now."""
        with self._lock:
            if self.asked() == item:
                self._do(session.deny(self._state, self._state.number))

    @property
    def limit_s(self) -> float:
        """`give` returns or raises within so many seconds."""
        return self._options.vend_s + 2 * WRITE_TIMEOUT_S

    def give(self, item: int, started: Callable[[], None]) -> Turn:
        """Approve the open request for `item` and wait for what becomes of it; ABSENT if there is none.

        `started` is called once the approval was written. Raises HardwareError when the machine does not tell: the
        approval was written then, or begun to be.
        """
        self._turning = True
        try:
            if (results := self._approve(item)) is None:
                return Turn.ABSENT
            deadline = self._clock.monotonic() + self._options.vend_s
            started()
            return self._result(item, results, deadline)
        finally:
            with self._lock:
                self._turning, self._turned_at = False, self._clock.monotonic()

    def _approve(self, item: int) -> queue.SimpleQueue[Effect] | None:
        """Write the approval, under the lock, so that nothing is taken in meanwhile; return where its end is told."""
        with self._lock:
            approved = session.approve(self._state, item)
            if approved is None or approved.request is None:
                return None
            if not self._interface.is_open:  # nothing was written, for certain
                self._do(session.cut(self._state))
                return None
            self._results = results = queue.SimpleQueue[Effect]()
            self._state = approved
            try:
                self._interface.write(f"C,VEND,{approved.request.amount}")
            except HardwareError:
                self._state, _ = session.cut(self._state)
                raise
            return results

    def _result(self, item: int, results: queue.SimpleQueue[Effect], deadline: float) -> Turn:
        ending = Effect.LOST
        waits = True
        while waits:
            left_s = deadline - self._clock.monotonic()
            try:
                ending, waits = self._clock.get(results, min(left_s, LOOK_S)), False
            except queue.Empty:
                waits = left_s > 0 and self._interface.is_open
        if ending is Effect.GAVE:
            return Turn.DELIVERED if self._options.drop_sensor else Turn.COMPLETED
        if ending is Effect.FAILED:
            return Turn.NOT_RETURNED
        with self._lock:
            if self._state.stage in {Stage.APPROVED, Stage.SAID}:  # else the next visitor asks already
                self._state, _ = session.cut(self._state)
        raise HardwareError(
            f"{self._name} was allowed to give out item {item} and did not tell what became of it. Look into the "
            "machine's tray and count that lane."
        )

    # -- what the interface says: in the port's thread -------------------------------------------------------------

    def _opened(self) -> None:
        with self._lock:
            self._note = None
            self._do(session.cut(self._state))
        self._wake.put(None)

    def _heard(self, event: Event | None) -> None:
        with self._lock:
            if self._closed:
                return
            if event is None:
                self._do(session.garbled(self._state))
                return
            asked = self._state.stage is Stage.ASKED
            self._do(session.heard(self._state, event, self._clock.monotonic()))
            if asked and self._state.stage is Stage.READY and event in {Heard.IDLE, Heard.ENABLED}:
                self._interface.doubt()  # a line of the last session that came late does not end the machine's wait
        if event in {Heard.INACTIVE, Heard.OFF}:
            self._wake.put(None)

    def _do(self, step: tuple[State, session.Effects]) -> None:
        """Carry out what the session decided. Called under the lock."""
        self._state, effects = step
        for effect in effects:
            match effect:
                case Effect.ASK:
                    self._wake.put(None)
                case Effect.DENY:
                    self._interface.say("C,STOP")
                case Effect.DENY_AGAIN:
                    self._interface.say("C,VEND,-1")
                case _:
                    self._results.put(effect)

    # -- what the machine waits for: in a thread of its own --------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            self._look_after_request()
            self._interface.tend(quiet=self._state.stage is Stage.READY)
            with contextlib.suppress(queue.Empty):
                self._clock.get(self._wake, TEND_S if self._state.stage is Stage.READY else LOOK_S)

    def _look_after_request(self) -> None:
        """Ask the kiosk about a request, and refuse one that has waited too long."""
        with self._lock:
            state, now = self._state, self._clock.monotonic()
            if state.stage is not Stage.ASKED or state.request is None:
                return
            overdue = now - state.since_s > self._options.answer_s
        taken = self._offer(state.request) if self._answered != state.number else True
        if taken is None and not overdue:
            return
        self._answered = state.number
        if overdue or not taken:
            with self._lock:
                self._do(session.deny(self._state, state.number))

    def _offer(self, request: Request) -> bool | None:
        """Say whether the kiosk takes a request; None if it has to be asked again in a moment."""
        lane = self._lanes.get(request.item)
        self._note = self._amiss(request, lane)
        if lane is None or self._note is not None:
            return False
        if self._selected is None:
            return None
        if self._selected(lane.slot):
            return True
        with self._lock:
            writes_down = self._turning or self._clock.monotonic() - self._turned_at < AGAIN_S
        return None if writes_down else False

    def _amiss(self, request: Request, lane: Lane | None) -> str | None:
        if lane is None:
            return f"{self._name}: the machine asked for item {request.item}, which no slot of kiosk.toml has."
        if lane.price is not None and Decimal(lane.price) != Decimal(request.amount):
            return (
                f"{lane.slot}: the machine wants {request.amount} for item {lane.item}, and kiosk.toml says "
                f"{lane.price}. Set the same price in both; until then it is refused."
            )
        return None
