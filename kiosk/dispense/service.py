"""The vend thread: the one owner of the motors and of the ledger. Everything that changes stock passes its inbox."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from msgspec.structs import replace

from kiosk.clock import Clock
from kiosk.config import Config, Product, Slot
from kiosk.dispense import machine, policy, words
from kiosk.dispense.attempt import attempt
from kiosk.dispense.choose import candidates
from kiosk.dispense.desk import Desk, Order
from kiosk.dispense.ledger import Intent, Ledger
from kiosk.dispense.parts import Parts
from kiosk.dispense.reader import Reader
from kiosk.dispense.shelf import Shelf
from kiosk.errors import BusyError, LedgerError, NotFoundError, RequestError
from kiosk.hardware.api import Signal
from kiosk.model import (
    Attempt,
    Outcome,
    Purpose,
    RestockRequest,
    RestockResult,
    SlotStock,
    Stock,
    Vend,
    VendRequest,
    VendState,
    new_request_id,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

IDLE_S = 1.0
"""How often the idle vend thread wakes to prove that it lives and to do what can wait."""

CARE_EVERY_S = 60.0
"""How often, while nothing moves, the drop sensor is proven and the outbox held against its bound."""

SHOW_END_S = 10.0
"""How long the light tells how a vend ended."""

FOLD_IDLE = 100
"""After so many transactions the write-ahead log is folded into the ledger while nobody waits."""

FOLD_BUSY = 200
"""After so many it is folded in right after a vend, even in a rush. The log's file, some 3 MB then, is used again
from its start: a commit that does not make a file longer needs no commit of the file system's journal as well."""

CHANGE_TIMEOUT_S = 60.0
"""How long a restock waits for a vend that is under way. The longest vend tries every slot of a product."""

FALLEN = (Outcome.DISPENSED, Outcome.PRESUMED)
"""After these the request is over; after the others the next slot is tried."""


class Service:
    """Gives out items, one at a time, and keeps the count.

    `vend`, `press`, `find`, `restock`, `forget` and `stock` may be called from any thread; `run` is the vend
    thread. `on_events` is called after events were added, to wake telemetry; it must not block.
    """

    def __init__(self, config: Config, parts: Parts, ledger: Ledger, reader: Reader, clock: Clock) -> None:
        self._config = config
        self._slots: dict[str, Slot] = {slot.id: slot for slot in config.slots}
        self._products: dict[str, Product] = {product.sku: product for product in config.products}
        self._parts = parts
        self._ledger = ledger
        self._reader = reader
        self._clock = clock
        self._shelf = Shelf(config, ledger.counts())
        self._desk = Desk()
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._visit = policy.Visit()
        self._owed: list[str] = []
        self._hanging = [slot for slot, count in ledger.counts().items() if count.jams]
        self._drops_known = 0
        self._care_at = self._ready_at = float("-inf")
        self._last: str | None = None
        self._progress = time.monotonic()
        self.ledger_fault: str | None = None
        """What to tell staff while the ledger cannot be written."""
        self.on_events: Callable[[], None] = lambda: None

    # -- from any thread -------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether an item is dropping now."""
        return self._desk.busy

    def stock(self) -> Stock:
        """Return what is in every slot. Never waits."""
        return self._shelf.stock

    def slot(self, slot: str) -> SlotStock:
        """Return what is in one slot. Raises NotFoundError."""
        return self._shelf.slot(slot)

    def press(self, sku: str) -> None:
        """Take a button press. Runs in the driver's callback thread: admits, queues and returns; never raises."""
        try:
            self._submit(VendRequest(id=new_request_id(), sku=sku))
        except RequestError as error:
            log.debug("A press was not taken: %s", error)

    def vend(self, request: VendRequest) -> Vend:
        """Ask for an item and return at once; the same id again moves nothing and returns what became of it.

        Raises NotFoundError for an unknown product or slot, BusyError while another item drops, and RequestError
        when the request names both or neither, or is refused (door open, visit's limit reached).
        """
        if past := self._past(request):
            return past
        return self._submit(request)

    def find(self, request_id: str, wait_s: float = 0.0) -> Vend:
        """Return what became of a request, waiting up to `wait_s` seconds for its end. Raises NotFoundError."""
        if vend := self._desk.find(request_id, wait_s):
            return vend
        if past := self._from_ledger(request_id):
            return past
        raise NotFoundError(f"No vend has the id {request_id}.")

    def restock(self, request: RestockRequest) -> RestockResult:
        """Record a count and a filling; see Ledger.restock. Waits for a vend that is under way.

        Raises NotFoundError for an unknown slot, RequestError when more would be inside than fits.
        """
        capacity = self.slot(request.slot).capacity
        if request.found + request.added > capacity:
            raise RequestError(
                f"{request.slot} holds {capacity}: {request.found} found and {request.added} added are too many. "
                "Correct one of the two numbers."
            )
        return self._change(lambda: self._ledger.restock(request))

    def forget(self, ranges: list[tuple[int, int]]) -> None:
        """Take acknowledged events out of the outbox, when the vend thread has time."""
        self._inbox.put(lambda: self._ledger.forget(ranges))

    def stray(self) -> None:
        """Take notice that the drop sensor saw something. Runs in the callback thread; only queues."""
        self._inbox.put(self._account_strays)

    def stop(self) -> None:
        """End the vend thread after what it is doing now."""
        self._inbox.put(None)

    def progressed_within(self, seconds: float) -> bool:
        """Say whether the vend thread proved in the last `seconds` of real time that it lives."""
        return time.monotonic() - self._progress < seconds

    # -- admission -------------------------------------------------------------------------------------------------

    def _submit(self, request: VendRequest) -> Vend:
        order = self._order(request)
        self._check(order)
        vend, new = self._desk.admit(order)
        if new:
            self._inbox.put(lambda: self._serve(order))
        return vend

    def _order(self, request: VendRequest) -> Order:
        if (request.sku is None) == (request.slot is None):
            raise RequestError("Ask for a product (sku) or for a slot, not for both. Nothing was moved.")
        if request.purpose is Purpose.TEST and request.slot is None:
            raise RequestError("A test turn needs a slot. Nothing was moved.")
        sku = self.slot(request.slot).sku if request.slot else str(request.sku)
        if sku not in self._products:
            raise NotFoundError(f"This kiosk has no product {sku!r}.")
        return Order(request, sku, self._products[sku].essential)

    def _check(self, order: Order) -> None:
        """Refuse what policy refuses. An essential product and a test turn by staff pass it by."""
        if order.essential or order.request.purpose is Purpose.TEST:
            return
        if self._parts.door is not None and self._parts.door.is_open():
            raise RequestError(words.DOOR_OPEN)
        limit = self._products[order.sku].limit_per_visit
        if not policy.allows(self._visit, order.sku, limit, self._clock.monotonic()):
            raise RequestError(words.LIMIT)

    def _past(self, request: VendRequest) -> Vend | None:
        """Return what became of this id before, if anything; it must have been asked for the same."""
        if asked := self._reader.request(request.id):
            if asked.slot != request.slot or asked.purpose != request.purpose:
                raise RequestError("This id was used for another request. Make a new one. Nothing was moved.")
            return self.find(request.id)
        return None

    def _from_ledger(self, request_id: str) -> Vend | None:
        request = self._reader.request(request_id)
        if request is None:
            return None
        tried = self._reader.attempts(request_id)
        return _done(request, tried)

    def _change(self, change: Callable[[], T]) -> T:
        """Have the vend thread make a change, and wait for it."""
        future: Future[T] = Future()

        def make() -> None:
            try:
                result = change()
                self._committed()  # before the answer: whoever asks next must find what was saved
            except (RequestError, LedgerError) as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._inbox.put(make)
        try:
            return future.result(CHANGE_TIMEOUT_S)
        except FutureTimeoutError as error:
            raise BusyError("An item is still dropping. Try again in a minute; it was not saved yet.") from error

    # -- the vend thread -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve the inbox until `stop`. Anything it raises is a defect and ends the process; systemd restarts it."""
        self._prove_beam()
        while True:
            self._beat()
            try:
                job = self._inbox.get(timeout=IDLE_S)
            except queue.Empty:
                job = self._idle
            if job is None:
                return
            self._keep(job)

    def _beat(self) -> None:
        self._progress = time.monotonic()

    def _keep(self, write: Callable[[], None]) -> None:
        """Do something with the ledger; a failure is told to staff and does not stop the machine."""
        try:
            write()
        except LedgerError as error:
            self._note_ledger(error)

    def _note_ledger(self, error: LedgerError) -> None:
        """Keep a failure for the state. The log gets it at DEBUG only: its time would tell when somebody was here."""
        log.debug("%s", error)
        self.ledger_fault = str(error)

    def _idle(self) -> None:
        """Do what can wait, when nobody does."""
        now = self._clock.monotonic()
        if now >= self._care_at:
            self._care_at = now + CARE_EVERY_S
            self._prove_beam()
            self._ledger.trim(self._config.telemetry.keep_rows)
        self._account_strays()
        if now >= self._ready_at:
            self._ready_at = float("inf")
            self._parts.show(Signal.READY)
        self._pay_owed()
        self._ledger.checkpoint(FOLD_IDLE)

    def _prove_beam(self) -> None:
        if self._parts.beam is not None:
            self._parts.beam.prove()

    def _serve(self, order: Order) -> None:
        """Try slot after slot until an item is out; always ends with an answer for whoever asked."""
        self._keep(self._account_strays)
        tried: list[Attempt] = []
        try:
            for slot in self._choose(order):
                tried.append(Attempt(slot=slot, outcome=self._attempt(order, slot, tuple(tried))))
                if tried[-1].outcome in FALLEN:
                    break
            vend = _done(order.request, tuple(tried))
        except LedgerError:
            vend = replace(_done(order.request, tuple(tried)), message=words.NO_LEDGER)
        if vend.outcome in FALLEN and order.request.purpose is Purpose.VISITOR:
            self._visit = policy.took(self._visit, order.sku, self._clock.monotonic())
        if not tried:
            self._keep(lambda: self._ledger.sold_out(order.request, order.sku))
        self._answer(vend)

    def _choose(self, order: Order) -> list[str]:
        """Return the slots to try, best first. Staff may test any slot; a visitor gets what is in service."""
        wanted = order.request.slot
        if wanted and order.request.purpose is Purpose.TEST:
            return [wanted]
        fits = [slot.slot for slot in candidates(self._shelf.stock.slots, order.sku)]
        return [slot for slot in fits if slot == wanted] if wanted else fits

    def _attempt(self, order: Order, slot: str, tried: tuple[Attempt, ...]) -> Outcome:
        """Make one attempt: intent, motion, outcome."""
        intent = self._intent(order, slot, len(tried) + 1)

        def started() -> None:
            self._keep(self._publish)  # from here on the count says that one may have left
            self._parts.show(Signal.WORKING)
            message = words.TRYING_NEXT if tried else words.DROPPING
            self._desk.tell(
                Vend(id=order.request.id, state=VendState.TURNING, message=message, slot=slot, attempts=tried)
            )

        verdict = attempt(
            self._parts.motor(slot),
            self._parts.beam,
            self._clock,
            nudges=0 if order.request.purpose is Purpose.TEST else machine.NUDGES,
            started=started,
            beat=self._beat,
        )
        self._drops_known, self._last = verdict.drops, slot
        if intent is not None:
            others = [other for other in self._hanging if other != slot]
            self._keep(lambda: self._ledger.outcome(intent, verdict, others))
        self._note_hanging(slot, verdict.outcome)
        return verdict.outcome

    def _intent(self, order: Order, slot: str, attempt: int) -> Intent | None:
        """Commit the intent. Naloxone comes out even when the ledger fails; the slot is then owed a count."""
        try:
            intent = self._ledger.intent(order.request, slot, order.sku, attempt)
        except LedgerError as error:
            self._note_ledger(error)
            if not order.essential:
                raise
            self._owed.append(slot)
            return None
        self.ledger_fault = None
        return intent

    def _note_hanging(self, slot: str, outcome: Outcome) -> None:
        """Remember the slots in which an item hangs that may fall later."""
        self._hanging = [other for other in self._hanging if other != slot]
        if outcome is Outcome.JAMMED:
            self._hanging.append(slot)

    def _answer(self, vend: Vend) -> None:
        """Tell whoever asked, and everybody else, how it ended."""
        self._parts.show(Signal.TAKE if vend.outcome in FALLEN else Signal.SORRY)
        self._ready_at = self._clock.monotonic() + SHOW_END_S
        self._keep(self._committed)
        self._desk.finish(vend)
        self._ledger.checkpoint(FOLD_BUSY)

    def _publish(self) -> None:
        self._shelf.update(self._ledger.changed(), self._owed)

    def _committed(self) -> None:
        """Publish the new stock and wake whoever reports it."""
        self._publish()
        self.on_events()

    def _account_strays(self) -> None:
        """Record what fell outside a vend: from a coil in which an item hung, or one whose motor does not stop.

        Anything else that breaks the beam is no item of ours, such as a hand that reaches up from the tray.
        """
        beam = self._parts.beam
        strays = 0 if beam is None else beam.seen() - self._drops_known
        while strays > 0 and (slot := self._leaking()):
            strays -= 1
            self._drops_known += 1
            self._ledger.unseen(slot, "stray_drop")
            self._committed()

    def _leaking(self) -> str | None:
        """Return a slot that can lose an item without being turned."""
        if self._hanging:
            return self._hanging.pop()
        return self._last if self._last and self._parts.motor(self._last).fault() else None

    def _pay_owed(self) -> None:
        """Record the items that left while the ledger could not be written, now that it can."""
        while self._owed:
            self._ledger.unseen(self._owed[-1], "unrecorded")
            self._owed.pop()
            self.ledger_fault = None
            self._committed()


def _done(request: VendRequest, tried: tuple[Attempt, ...]) -> Vend:
    """Return the end of a request, from the slots that were tried for it."""
    vend = Vend(id=request.id, state=VendState.DONE, message=words.SOLD_OUT, attempts=tried)
    if not tried:
        return vend
    last = tried[-1]
    message = words.said(last.outcome, request.purpose, last.slot)
    return replace(vend, message=message, outcome=last.outcome, slot=last.slot)
