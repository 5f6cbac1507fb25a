"""Looks after the parts and the ledger while nobody waits. Each job is short, so that a press is served at once.

The vend thread proves the parts; what has to be written is written by the writer's thread, when an hour begins.
Between two vends of the same hour it would stand in the log between theirs, and its known moment would tell that one
came before it and the other after.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from kiosk.clock import HOUR_S, HOURS_A_DAY, Clock
from kiosk.config import Config, Product
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.rules.choose import in_stock
from kiosk.dispense.service.attempt import shows_that_it_sees
from kiosk.dispense.service.stock_view import StockView
from kiosk.dispense.temperature import excursion
from kiosk.dispense.temperature.excursion import Ranges, State
from kiosk.dispense.worker import Job
from kiosk.hardware.machine import Machine

CARE_EVERY_S = 60.0
"""How often the drop sensor is proven, and what could not be written is tried again."""

CROWDED = 0.5
"""When so much of the write-ahead log is in use, in an hour of some 80 vends, it is folded in at a random moment."""

CROWDED_S = 300.0
"""How long that moment is away on average, in seconds."""


class Housekeeping:
    """Looks after the parts and the ledger. Belongs to the vend thread, which alone may call it."""

    def __init__(
        self,
        *,
        config: Config,
        machine: Machine,
        recorder: Recorder,
        ledger: Ledger,
        stock_view: StockView,
        clock: Clock,
        forget: Callable[[], None],
    ) -> None:
        """Prepare. `forget` is called once a minute, to forget what nobody may know any longer."""
        self._config = config
        self._machine = machine
        self._recorder = recorder
        self._ledger = ledger
        self._stock_view = stock_view
        self._clock = clock
        self._forget = forget
        self._care_at = float("-inf")
        self._tidying: Job[None] | None = None
        self._care_due = False
        self._hour: int | None = None
        self._folding = self._wiping = False
        self._ranges = dict(_ranges(config.products))
        self._courses: dict[str, State] | None = None
        self._sampled_at: float | None = None
        self._chance = random.SystemRandom()

    def do(self) -> None:
        """Do what is due with the parts, and have written what is due; never wait for the disk."""
        now = self._clock.monotonic()
        if now >= self._care_at:
            self._care_at = now + CARE_EVERY_S
            self.prove_beam()
            self._care_due = True
        if self._tidying is None or self._tidying.ended(0):
            care, self._care_due = self._care_due, False
            self._tidying = self._recorder.later(lambda: self._tidy(care=care))

    def _tidy(self, *, care: bool) -> None:
        """Look after the ledger, in the writer's thread."""
        if care:
            self._recorder.reopen()
            # Within an hour these write only when somebody begins to vouch for the clock, and what no moment hangs on.
            self._recorder.try_write(self._ledger.calendar.keep)
            self._recorder.try_write(lambda: self._ledger.outbox.trim(self._config.telemetry.keep_rows))
        hour = self._clock.stamp().hour
        if hour != self._hour:
            if self._hour is not None:
                self._recorder.try_write(lambda: self._note_outages(hour))
            self._hour = hour
            self._begin_hour()
        if self._folding:
            self._recorder.try_write(self._fold)
        self._recorder.try_write(self._recorder.settle)
        if self._wiping and not self._folding:
            self._recorder.try_write(self._wipe)
        if self._chance.random() * CROWDED_S < 1.0:  # it is done about once a second
            self._recorder.try_write(lambda: self._ledger.relieve(CROWDED))

    def end(self) -> None:
        """Have written what must not wait for the next start."""
        self._recorder.later(self._keep_courses)
        self._recorder.later(self._recorder.settle)
        self._recorder.later(self._wipe)

    def prove_beam(self) -> None:
        """Have the drop sensor show that it sees."""
        beam = self._machine.beam
        if beam is not None:
            with self._clock.taking_part():
                shows_that_it_sees(beam)

    def _begin_hour(self) -> None:
        """Write down what waited for an hour to begin; then the log is folded in and wiped, which is seen as well."""
        try_write = self._recorder.try_write
        try_write(self._keep_courses)
        try_write(self._ledger.calendar.keep)
        self._forget()
        self._folding = self._wiping = True

    def _note_outages(self, hour: int) -> None:
        """Count an hour for each product that is out of stock when a new hour begins.

        Whole hours only: the minute in which the last item left is nobody's business. Over many outages the sum is
        right all the same, for as many are counted too long as too short.
        """
        for product in self._config.products:
            if not in_stock(self._stock_view.stock.slots, product):
                self._ledger.retention.out_of_stock(hour // HOURS_A_DAY, product.sku, HOUR_S // 60)

    def _fold(self) -> None:
        """Fold one chunk of what is too old; the rest waits for the next idle moment."""
        self._folding = False
        trusted = self._ledger.calendar.trusted_hour()
        if trusted:
            kept_from = trusted - self._config.privacy.keep_days * HOURS_A_DAY
            self._folding = self._ledger.retention.fold(kept_from)
            self._ledger.forget_damaged(kept_from)

    def _wipe(self) -> None:
        """Fold in and wipe the write-ahead log; when somebody reads just now, it is tried again at the next call."""
        self._wiping = not self._ledger.fold()

    def take_temperature(self, celsius: float | None) -> None:
        """Have the temperature, None while no sensor knows it, held against each product's range.

        What comes of it is written at once; the course of a quiet time when the next hour begins.
        """
        if self._ranges:
            now = self._clock.monotonic()
            self._recorder.later(lambda: self._keep_temperature(celsius, now))

    def _keep_temperature(self, celsius: float | None, now: float) -> None:
        if self._courses is None:
            self._courses = self._ledger.excursions.courses()
        elapsed_s = 0.0 if self._sampled_at is None else now - self._sampled_at
        for sku, ranges in self._ranges.items():
            state, effects = excursion.advance(self._courses.get(sku, State()), celsius, elapsed_s, ranges)
            if effects:
                self._ledger.excursions.keep(sku, state, effects, excursion.summary(state, ranges))
            self._courses[sku] = state
        self._sampled_at = now

    def _keep_courses(self) -> None:
        for sku, state in (self._courses or {}).items():
            if sku in self._ranges:
                self._ledger.excursions.keep(sku, state, (), excursion.summary(state, self._ranges[sku]))


def _ranges(products: tuple[Product, ...]) -> Iterator[tuple[str, Ranges]]:
    for product in products:
        if product.temperature_c is not None:
            yield product.sku, Ranges(label=product.temperature_c, allowed=product.excursion_c)
