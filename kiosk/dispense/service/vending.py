"""One request after the other, slot after slot, until an item is out: what the vend thread does with metal."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from msgspec import Struct
from msgspec.structs import replace

from kiosk.clock import Clock
from kiosk.config import Product
from kiosk.dispense import words
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.rules import vend_steps
from kiosk.dispense.rules.choose import REST_S, RESTING_JAMS, candidates
from kiosk.dispense.service.attempt import attempt
from kiosk.dispense.service.requests import Order
from kiosk.dispense.service.stock_view import StockView
from kiosk.errors import LedgerError
from kiosk.hardware.machine import Machine
from kiosk.model import (
    Attempt,
    EventKind,
    Outcome,
    Purpose,
    Refusal,
    RefusalCode,
    SlotStock,
    Vend,
    VendRequest,
    VendState,
)

FALLEN = (Outcome.DISPENSED, Outcome.PRESUMED)
"""After these the request is over; after the others the next slot is tried.

After `unknown`, when it may have come out, the next is tried for what is essential only.
"""

AGAIN_S = 120.0
"""Who presses within so many seconds of a vend that no sensor saw is taken for somebody who found the tray empty."""


HANDS_OUT_S = 1.0
"""So long it is told by light and sound that something is about to turn behind the open door, before it does."""

EMERGENCY_WAIT_S = 0.3
"""How long an emergency waits for the disk, in seconds: its motor is on within 0.5 s of the press."""

WAIT_S = 4.5
"""How long anything else does: whoever asked gets an answer within 5 s."""

LEAST_WAIT_S = 0.05
"""A disk that is well has answered by then, also when the computer was slow to come so far."""


class VendCallbacks(Struct, frozen=True):
    """What is called while a vend goes on.

    `hands_out` is called before a coil turns behind the open door, `turning` once a motor is on, `beat` at each step.
    """

    hands_out: Callable[[], None]
    turning: Callable[[Vend], None]
    beat: Callable[[], None]
    hurry: Callable[[], bool]


class Vending:
    """Turns motors for requests. Belongs to the vend thread, which alone may call what does not say otherwise."""

    def __init__(self, *, machine: Machine, recorder: Recorder, stock_view: StockView, clock: Clock) -> None:
        self._machine = machine
        self._recorder = recorder
        self._stock_view = stock_view
        self._clock = clock
        self._hanging: list[str] = []
        self.ledger_opened = True
        """Set, by any thread, when the ledger was opened: it knows in which slots an item may hang."""
        # No moment is kept on the disk, but the failures in a row are: what had failed twice rests anew after a start.
        self._rest_from_start_until = clock.monotonic() + REST_S
        self._rests_until: dict[str, float] = {}
        self._presumed_at: dict[str, float] = {}
        self._drops_known = 0
        self._free_s = float("-inf")  # since when nothing but the disk keeps a motor waiting, on time.monotonic

    def serve(self, order: Order, product: Product, callbacks: VendCallbacks) -> Vend:
        """Try slot after slot until an item is out; always returns how it ended."""
        tried: list[Attempt] = []
        warning = None
        try:
            for slot in self._choose(order, product):
                if self._machine.door_is_open():
                    if not order.for_hands_inside:
                        return self._shut_out(order, tried)
                    self._warn_hands(slot.slot, callbacks)
                outcome = self._attempt(order, slot, tuple(tried), callbacks)
                tried.append(Attempt(slot=slot.slot, outcome=outcome))
                if outcome in FALLEN:
                    warning = words.warned(slot)
                if outcome in FALLEN or (outcome is Outcome.UNKNOWN and not order.essential):
                    break
        except LedgerError:
            return replace(self._done(order, tried), message=words.NO_LEDGER, refusal=RefusalCode.NO_LEDGER)
        finally:
            if not tried and order.request.slot:
                self._machine.decline(order.request.slot)
        vend = replace(self._done(order, tried), warning=warning)
        if tried and order.request.purpose is Purpose.TEST:
            vend = replace(vend, advice=self._machine.motor(tried[-1].slot).advice())
        if tried or not self._holds(order.sku):
            return vend
        return replace(vend, message=words.STUCK, refusal=RefusalCode.STUCK)

    def _shut_out(self, order: Order, tried: list[Attempt]) -> Vend:
        """Return the end of a request that is given up because somebody opened the door."""
        vend = self._done(order, tried)
        if tried:
            return vend
        refusal = Refusal(code=RefusalCode.DOOR_OPEN)
        return replace(vend, message=words.refused(refusal), refusal=refusal.code)

    def _warn_hands(self, slot: str, callbacks: VendCallbacks) -> None:
        """Give hands in the machine a moment to get out. A locker has a door of its own, and nothing in it turns."""
        if slot not in self._machine.lockers:
            callbacks.hands_out()
            self._clock.sleep(HANDS_OUT_S)
            self._free_s = time.monotonic()
            callbacks.beat()

    def _done(self, order: Order, tried: list[Attempt]) -> Vend:
        return done(order.request, tuple(tried), self._machine.lockers)

    def _holds(self, sku: str) -> bool:
        """Say whether there is any of a product, in a coil that gives out or in one that does not now."""
        return any(slot.on_hand + slot.unresolved for slot in self._stock_view.stock.slots if slot.sku == sku)

    def _choose(self, order: Order, product: Product) -> list[SlotStock]:
        """Return the slots to try, best first. Staff may test any slot; a visitor gets what is in service."""
        wanted = order.request.slot
        if wanted and order.request.purpose is Purpose.TEST:
            return [self._stock_view.slot(wanted)]
        fits = candidates(self._stock_view.stock.slots, product, self.resting())
        if product.essential:
            fits = self._others_first(fits, self._clock.monotonic())
        return [slot for slot in fits if slot.slot == wanted] if wanted else fits

    def resting(self) -> set[str]:
        """Return the slots that rest now. Any thread may ask."""
        now = self._clock.monotonic()
        return {slot.slot for slot in self._stock_view.stock.slots if self._rests(slot, now)}

    def _rests(self, slot: SlotStock, now: float) -> bool:
        """Say whether a slot rests: it failed twice in a row, the last time lately or before this start."""
        until = self._rests_until.get(slot.slot, self._rest_from_start_until)
        return slot.jams >= RESTING_JAMS and now < until

    def _others_first(self, fits: list[SlotStock], now: float) -> list[SlotStock]:
        """Put what was presumed a moment ago last, the latest last of all: who presses again found the tray empty."""
        if not self._presumed_at:
            return fits
        lately = {slot: at for slot, at in self._presumed_at.items() if now - at < AGAIN_S}
        return sorted(fits, key=lambda slot: lately.get(slot.slot, float("-inf")))

    def _attempt(self, order: Order, slot: SlotStock, tried: tuple[Attempt, ...], callbacks: VendCallbacks) -> Outcome:
        """Make one attempt: intent, motion, outcome."""
        self.account_strays()  # before the drop sensor begins to count anew
        name, request = slot.slot, order.request
        entry = self._recorder.begin(
            order.written,
            name,
            slot.sku,
            attempt=len(tried) + 1,
            lot=slot.lots[0].id if slot.lots else 0,
            essential=order.emergency,
            asked=order.asked,
        )

        def ready() -> None:
            if beam is not None:
                self._drops_known = 0  # it counts anew
            self._recorder.begun(entry, self._patience(order), _never if order.emergency else callbacks.hurry)

        def started() -> None:
            message = words.begun(locker=name in self._machine.lockers, again=bool(tried))
            callbacks.turning(Vend(id=request.id, state=VendState.TURNING, message=message, slot=name, attempts=tried))

        # While another coil turns by itself, nobody can tell from which of the two an item fell.
        motor = self._machine.motor(name)
        beam = None if set(self._machine.running_on()) - {name} or not motor.drops else self._machine.beam
        verdict = attempt(
            motor,
            beam,
            self._clock,
            nudges=0 if request.purpose is Purpose.TEST else vend_steps.NUDGES,
            ready=ready,
            started=started,
            beat=callbacks.beat,
        )
        self._free_s = time.monotonic()
        if beam is not None:
            self._drops_known = verdict.drops
        others = [other for other in self._hanging if other != name]
        self._recorder.end(entry, verdict, others)
        if verdict.driven:
            self._note_failure(slot, verdict.outcome)
        return verdict.outcome

    def _patience(self, order: Order) -> float:
        """Return until when an attempt waits to be written down, on `time.monotonic`."""
        since = max(order.asked_s, self._free_s)
        wait_s = EMERGENCY_WAIT_S if order.emergency else WAIT_S
        return max(since + wait_s, time.monotonic() + LEAST_WAIT_S)

    def _note_failure(self, slot: SlotStock, outcome: Outcome) -> None:
        """Remember the slots in which an item hangs that may fall later, and until when one rests that fails again."""
        self._hanging = [other for other in self._hanging if other != slot.slot]
        if outcome is Outcome.JAMMED:
            self._hanging.append(slot.slot)
        if outcome is Outcome.PRESUMED:
            self._presumed_at[slot.slot] = self._clock.monotonic()
        rest_s = 0.0 if outcome in FALLEN else REST_S
        self._rests_until[slot.slot] = self._clock.monotonic() + rest_s

    def account_strays(self) -> bool:
        """Record what fell outside a vend: from a coil in which an item hung, or one whose motor does not stop.

        Anything else that breaks the beam is no item of ours, such as a hand that reaches up from the tray. Returns
        whether anything was recorded.
        """
        if self.ledger_opened:
            self.ledger_opened = False
            jammed = [slot.slot for slot in self._stock_view.stock.slots if slot.jams]
            self._hanging = list(dict.fromkeys([*self._hanging, *jammed]))
        beam = self._machine.beam
        strays = 0 if beam is None else beam.seen() - self._drops_known
        leaking = self._leaking(strays) if strays > 0 else []
        if leaking:
            self._drops_known += strays
        for slot in leaking:
            self._recorder.unseen(slot, EventKind.STRAY_DROP)
        return bool(leaking)

    def _leaking(self, strays: int) -> list[str]:
        """Return a slot for each item that can have been lost without being turned: where one hung, or what runs on.

        Nobody can tell which of several it was. An item that hangs falls once, so all of them are settled by this.
        """
        hanging, self._hanging = self._hanging, []
        return [*hanging, *(self._machine.running_on() * strays)]


def _never() -> bool:
    """Nothing is more urgent than an emergency."""
    return False


def done(request: VendRequest, tried: tuple[Attempt, ...], lockers: Container[str]) -> Vend:
    """Return the end of a request, from the slots that were tried for it; `lockers` are those with a door."""
    if not tried:
        return Vend(id=request.id, state=VendState.DONE, message=words.SOLD_OUT, refusal=RefusalCode.SOLD_OUT)
    told = tried[-1]
    if told.outcome not in FALLEN:  # what may lie in the tray, or behind an open door, matters more than what stayed in
        told = next((one for one in tried if one.outcome is Outcome.UNKNOWN), told)
    message = words.said(told.outcome, request.purpose, told.slot, locker=told.slot in lockers)
    return Vend(
        id=request.id, state=VendState.DONE, message=message, outcome=told.outcome, slot=told.slot, attempts=tried
    )
