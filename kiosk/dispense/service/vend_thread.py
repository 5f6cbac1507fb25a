"""The vend thread: the one owner of the motors. Everything that changes stock passes its inbox, and then the writer."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.dispense.ledger import Calendar, Doubt
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.rules.menu import menu
from kiosk.dispense.service import sign
from kiosk.dispense.service.admission import Admission
from kiosk.dispense.service.earlier_requests import EarlierRequests
from kiosk.dispense.service.housekeeping import Housekeeping
from kiosk.dispense.service.requests import Order, Requests, same_request
from kiosk.dispense.service.sign import Sign
from kiosk.dispense.service.stock_changes import StockChanges
from kiosk.dispense.service.stock_view import StockView
from kiosk.dispense.service.vending import EMERGENCY_WAIT_S, FALLEN, WAIT_S, VendCallbacks, Vending, done
from kiosk.dispense.worker import Job
from kiosk.errors import BusyError, KioskError, LedgerError, NotFoundError
from kiosk.hardware.api import Signal
from kiosk.hardware.machine import Machine
from kiosk.model import Menu, Outcome, Purpose, RefusalCode, SlotStock, Stock, Vend, VendRequest, new_request_id

if TYPE_CHECKING:
    from kiosk.dispense.codes.anonymous_codes import Codes

log = logging.getLogger(__name__)
T = TypeVar("T")

IDLE_S = 1.0
"""How often the idle vend thread wakes to prove that it lives and to do what can wait."""

IDLE_AT_LEAST_S = 5.0
"""What can wait is done at least so often, in seconds, however many small things come in between vends."""

FULL = 0.9
"""When so much of the write-ahead log is in use it is folded in right after a vend: 140 vends in an hour do that."""

LOOK_EVERY = 8
"""After so many vends it is looked at how much is in use. They add less to it than is left when it is FULL."""

NOT_UNMET = (RefusalCode.NO_LEDGER, RefusalCode.DOOR_OPEN)
"""Who is refused for these may have one in a moment: it is no demand that the kiosk did not meet."""

CHANGES = 3
"""So many changes by staff wait at once for a vend that is under way."""

CHANGE_TIMEOUT_S = 60.0
"""How long a change by staff waits for a vend that is under way. The longest vend tries every slot of a product."""


class Service:
    """Gives out items, one at a time, and keeps the count.

    All but `run` and `step` may be called from any thread; `run` is the vend thread. `on_events` is called after
    events were added, to wake telemetry; it must not block.
    """

    def __init__(
        self, config: Config, machine: Machine, storage: Storage, clock: Clock, codes: Codes | None = None
    ) -> None:
        self._machine = machine
        self._ledger = ledger = storage.ledger
        self._reader = storage.reader
        self._reader.hear_damage(self._hear_of_damage)
        self._clock = clock
        self.requests = Requests()
        """What is under way, and what became of it."""
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.sign = Sign(machine, clock)
        """What lights and sounds tell visitors."""
        self._progress = self._idled = time.monotonic()
        self._recorder = recorder = Recorder(storage, clock, config)
        self._earlier_requests = EarlierRequests(recorder, ledger, storage.reader)
        self._stock_view = stock_view = StockView(config, machine.lockers)
        self.admission = Admission(
            config=config,
            machine=machine,
            stock_view=stock_view,
            calendar=ledger.calendar,
            clock=clock,
            requests=self.requests,
            codes=codes,
        )
        """The rules of who gets what, and anonymous codes."""
        self._served = 0
        self._waiting = threading.BoundedSemaphore(CHANGES)
        self._painting = threading.Lock()
        self.on_events: Callable[[], None] = lambda: None
        self._publish()
        self._vending = Vending(machine=machine, recorder=recorder, stock_view=stock_view, clock=clock)
        self._housekeeping = Housekeeping(
            config=config,
            machine=machine,
            recorder=recorder,
            ledger=ledger,
            stock_view=stock_view,
            clock=clock,
            forget=self.admission.forget_codes,
        )
        self.changes = StockChanges(config, ledger, stock_view, clock, self._change)
        """What staff and the programme may change."""
        self._opening = recorder.open(on_opened=self._take_over, on_written=self._publish)

    # -- from any thread -------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether an item is dropping now."""
        return self.requests.busy

    @property
    def ledger_fault(self) -> str | None:
        """What to tell staff while something cannot be written."""
        return self._recorder.fault

    @property
    def damaged(self) -> bool:
        """Whether the ledger turned out not to be whole. A new start sets it aside."""
        return self._recorder.damaged

    @property
    def mistrusted(self) -> tuple[str, ...]:
        """Slots whose stock was not the sum of its movements when the ledger was opened."""
        return self._ledger.mistrusted

    @property
    def doubt(self) -> Doubt | None:
        """Why no count is certain; None once every slot was counted, and before the ledger was opened."""
        return self._ledger.doubt

    def opened_within(self, seconds: float) -> bool:
        """Wait until the ledger was opened, or could not be; False when the disk has not answered after `seconds`."""
        return self._opening.ended(seconds)

    def stock(self) -> Stock:
        """Return what is in every slot. Never waits."""
        return self._stock_view.stock

    def slot(self, slot: str) -> SlotStock:
        """Return what is in one slot. Raises NotFoundError."""
        return self._stock_view.slot(slot)

    def menu(self) -> Menu:
        """Return what may be had now."""
        refusal = self.admission.no_ledger if self._recorder.away else self.admission.refusal
        return menu(self.admission.products.values(), self.stock().slots, self._vending.resting(), refusal)

    def press(self, request: VendRequest) -> bool:
        """Take what somebody presses who has no screen: it is answered by light and sound. Says whether it is served.

        Runs in a driver's callback thread: admits, queues and returns, and never raises.
        """
        urgent = False
        try:
            order = self.admission.order(request)
            urgent = order.emergency
            self._submit(order)
        except KioskError as error:
            log.debug("A press was not taken: %s", error)
            self.requests.activity.refused(request.sku, error)
            self.sign.answer(sign.refused(error), urgent=urgent)
            return False
        return True

    def vend(self, request: VendRequest) -> Vend:
        """Ask for an item and return at once; the same id again moves nothing and returns what became of it.

        Raises NotFoundError for an unknown product or slot, BusyError while another item drops, ConflictError when
        the id was used to ask for something else, and RequestError when the request names both or neither, or is
        refused (door open, or what `policy` says). A disk that does not answer raises DiskStalledError, and keeps no
        emergency waiting.
        """
        order = self.admission.order(request)
        try:
            if past := self._past(order):
                return past
        except LedgerError:
            if not order.emergency:
                raise
            # Naloxone waits for no look-up. It is written under an id of its own, in case this one was used before.
            order = replace(order, alias=new_request_id())
        return self._submit(order)

    def find(self, request_id: str, wait_s: float = 0.0) -> Vend:
        """Return what became of a request, waiting up to `wait_s` seconds for its end. Raises NotFoundError."""
        if vend := self.requests.find(request_id, wait_s):
            return vend
        if past := self._earlier_requests.past(request_id):
            return done(*past, self._machine.lockers)
        raise NotFoundError(f"No vend has the id {request_id}.")

    def forget(self, ranges: list[tuple[int, int]]) -> None:
        """Take acknowledged events out of the outbox, when the vend thread has time."""
        self._inbox.put(lambda: self._write(lambda: self._ledger.outbox.forget(ranges)))

    def check(self) -> None:
        """Look through the whole ledger. Takes seconds; belongs into a thread of its own, now and then."""
        try:
            self._reader.check()
        except LedgerError as error:
            self._hear_of_damage(error)

    def _hear_of_damage(self, error: LedgerError) -> None:
        self._inbox.put(lambda: self._write(lambda: self._recorder.note(error)))

    def _write(self, write: Callable[[], object]) -> None:
        """Have something written that nobody waits for."""
        self._recorder.later(write)

    @property
    def calendar(self) -> Calendar:
        """The date by which expiry is judged. Asking it reads no file."""
        return self._ledger.calendar

    def stray(self) -> None:
        """Take notice that the drop sensor saw something. Runs in the callback thread; only queues."""
        self._inbox.put(self._account_strays)

    def feel(self, celsius: float | None) -> None:
        """Take note of how warm it is inside, in °C; None when no sensor knows."""
        self._inbox.put(lambda: self._housekeeping.take_temperature(celsius))

    def stop(self) -> None:
        """End the vend thread after what it is doing now, and after whoever was told that theirs comes next."""
        self._inbox.put(None)

    def progressed_within(self, seconds: float) -> bool:
        """Say whether the vend thread proved in the last `seconds` of real time that it lives."""
        return time.monotonic() - self._progress < seconds

    # -- admission -------------------------------------------------------------------------------------------------

    def _submit(self, order: Order) -> Vend:
        if not order.passes_rules:
            order = self.admission.allowed(order)
        vend, before = self.requests.admit(order)
        if before is None:
            return vend
        # Told here, and not by the vend thread, which a slow disk may hold up: whoever pressed was heard.
        if before:
            self.sign.answer(Signal.NOTED, urgent=order.emergency)
        else:
            self.sign.working(urgent=order.emergency)
        self._inbox.put(self._serve)
        return vend

    def _past(self, order: Order) -> Vend | None:
        """Return what became of this id before, if anything; it must have been asked for the same.

        Raises DiskStalledError when the ledger does not tell in time, which in an emergency is at once.
        """
        request = order.request
        past = self._earlier_requests.past(request.id, urgent=order.emergency)
        if past is None:
            return None
        same_request(past[0], request)
        return self.requests.find(request.id, 0) or done(*past, self._machine.lockers)

    def _change(self, change: Callable[[], T]) -> T:
        """Have a change made between two vends, and wait for it."""
        if not self._waiting.acquire(blocking=False):
            raise BusyError("Others wait here already until an item is out. Try again in a minute; nothing was saved.")
        try:
            return self._change_in_turn(change)
        finally:
            self._waiting.release()

    def _change_in_turn(self, change: Callable[[], T]) -> T:
        asked: Future[Job[T]] = Future()

        def ask() -> None:
            if asked.set_running_or_notify_cancel():
                try:
                    asked.set_result(self._recorder.change(change))
                except BaseException as error:
                    asked.set_exception(error)
                    raise

        self._inbox.put(ask)
        try:
            job = asked.result(CHANGE_TIMEOUT_S)
        except FutureTimeoutError as error:
            if asked.cancel():
                raise BusyError("An item is still dropping. Try again in a minute; nothing was saved.") from error
            job = asked.result()
        try:
            return self._recorder.collect(job, time.monotonic() + WAIT_S)
        finally:
            self._publish()

    # -- the vend thread -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve the inbox until `stop`. Anything it raises is a defect and ends the process; systemd restarts it."""
        self._housekeeping.prove_beam()
        while self.step(IDLE_S):
            pass

    def finish(self) -> None:
        """Have written what must not wait for the next start. Only after the last `run`."""
        self._housekeeping.end()

    def step(self, timeout_s: float) -> bool:
        """Do the next thing in the inbox, or what can wait if none comes within `timeout_s` seconds of real time.

        Returns False once the service was stopped.
        """
        self._beat()
        try:
            job = self._idle if self._overdue() else self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            job = self._idle
        if job is not None:
            job()
        elif self.requests.busy:  # somebody was told that it is coming
            self._inbox.put(None)
        else:
            return False
        return True

    def _overdue(self) -> bool:
        return self._progress - self._idled > IDLE_AT_LEAST_S and not self.requests.busy

    def _beat(self) -> None:
        self._progress = time.monotonic()

    def _idle(self) -> None:
        """Do what can wait, when nobody does."""
        self._idled = self._progress
        self._account_strays()
        self.sign.idle()
        self._housekeeping.do()
        self._publish()

    def _serve(self) -> None:
        """Carry out the request whose turn it is; always ends with an answer for whoever asked."""
        order = self.requests.serving()
        report = VendCallbacks(self.sign.hands_out, self._turning, self._beat, self.requests.is_hurried)
        vend = self._vending.serve(order, self.admission.products[order.sku], report)
        if order.request.purpose is Purpose.VISITOR:
            if vend.outcome in FALLEN and not order.essential:
                self.admission.took(order)
            elif vend.outcome not in (*FALLEN, Outcome.UNKNOWN) and vend.refusal not in NOT_UNMET:
                empty = vend.refusal is RefusalCode.SOLD_OUT
                self._recorder.unmet(order.written.id, order.sku, empty=empty)
        self._answer(order, vend)

    def _turning(self, vend: Vend) -> None:
        """Tell that a motor is on; from here on the count says that one may have left."""
        self._publish()
        self.requests.tell(vend)

    def _answer(self, order: Order, vend: Vend) -> None:
        """Tell whoever asked, and everybody else, how it ended."""
        self.sign.ended(out=vend.outcome in FALLEN, urgent=order.emergency)
        self._recorder.catch_up(time.monotonic() + EMERGENCY_WAIT_S, self.requests.is_hurried)
        self._publish()
        self.requests.finish(vend)
        self._served += 1
        if self._served % LOOK_EVERY == 0:
            self._write(lambda: self._ledger.relieve(FULL))

    def _account_strays(self) -> None:
        if self._vending.account_strays():
            self._publish()

    # -- what everybody may read -----------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Show what was written since the last time, and wake whoever reports it. Any thread may."""
        with self._painting:
            news = self._recorder.news()
            self._stock_view.update(news.counts, news.owed)
            self._stock_view.arrange(news.lot_queues, self._ledger.calendar.today())
        if news.events:
            self.on_events()

    def _take_over(self) -> None:
        """Let the machine know what the ledger knows, once it is open."""
        self._publish()
        self._earlier_requests.load()
        self._vending.ledger_opened = True
