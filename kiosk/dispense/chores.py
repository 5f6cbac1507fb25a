"""What the kiosk does for itself while nobody waits. Each chore is short, so that a press is served at once.

The vend thread proves the parts; what has to be written is written by the writer's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kiosk.clock import HOUR_S, HOURS_A_DAY, Clock
from kiosk.config import Config, Product
from kiosk.dispense import excursion
from kiosk.dispense.choose import in_stock
from kiosk.dispense.excursion import Ranges, State
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.parts import Parts
from kiosk.dispense.scribe import Scribe
from kiosk.dispense.shelf import Shelf
from kiosk.dispense.worker import Job

CARE_EVERY_S = 60.0
"""How often the drop sensor is proven, and the ledger looked after."""

KEEP_COURSE_EVERY_S = 600.0
"""How often the course of the temperatures is kept when nothing came of it: so much is lost in a power cut."""

FOLD_IDLE = 100
"""After so many transactions the write-ahead log is folded into the ledger while nobody waits."""


class Chores:
    """Looks after the parts and the ledger. Belongs to the vend thread, which alone may call it."""

    def __init__(
        self,
        *,
        config: Config,
        parts: Parts,
        scribe: Scribe,
        ledger: Ledger,
        shelf: Shelf,
        clock: Clock,
        forget: Callable[[], None],
    ) -> None:
        """Prepare. `forget` is called once a minute, to forget what nobody may know any longer."""
        self._config = config
        self._parts = parts
        self._scribe = scribe
        self._ledger = ledger
        self._shelf = shelf
        self._clock = clock
        self._forget = forget
        self._care_at = float("-inf")
        self._tidying: Job[None] | None = None
        self._care_due = False
        self._hour = clock.stamp().hour
        self._folding = True
        self._ranges = dict(_ranges(config.products))
        self._courses: dict[str, State] | None = None
        self._sampled_at: float | None = None
        self._kept_at = float("-inf")

    def do(self) -> None:
        """Do what is due with the parts, and have written what is due; never wait for the disk."""
        now = self._clock.monotonic()
        if now >= self._care_at:
            self._care_at = now + CARE_EVERY_S
            self.prove_beam()
            self._care_due = True
        if self._tidying is None or self._tidying.ended(0):
            care, self._care_due = self._care_due, False
            self._tidying = self._scribe.later(lambda: self._tidy(care=care))

    def _tidy(self, *, care: bool) -> None:
        """Look after the ledger, in the writer's thread."""
        if care:
            self._scribe.heal()
            self._scribe.keep(lambda: self._ledger.outbox.trim(self._config.telemetry.keep_rows))
            self._scribe.keep(self._ledger.calendar.keep)
            self._forget()
            self._folding = True
        if self._clock.stamp().hour != self._hour:
            self._hour = self._clock.stamp().hour
            self._scribe.keep(self._note_outages)
        if self._folding:
            self._scribe.keep(self._fold)
        self._scribe.keep(self._scribe.settle)
        self._scribe.keep(lambda: self._ledger.checkpoint(FOLD_IDLE))

    def prove_beam(self) -> None:
        """Have the drop sensor show that it sees."""
        if self._parts.beam is not None:
            self._parts.beam.prove()

    def _note_outages(self) -> None:
        """Count an hour for each product that is out of stock when a new hour begins.

        Whole hours only: the minute in which the last item left is nobody's business. Over many outages the sum is
        right all the same, for as many are counted too long as too short.
        """
        for product in self._config.products:
            if not in_stock(self._shelf.stock.slots, product):
                self._ledger.retention.out_of_stock(self._hour // HOURS_A_DAY, product.sku, HOUR_S // 60)

    def _fold(self) -> None:
        """Fold one chunk of what is too old; the rest waits for the next idle moment."""
        self._folding = False
        trusted = self._ledger.calendar.trusted_hour()
        if trusted:
            kept_from = trusted - self._config.privacy.keep_days * HOURS_A_DAY
            self._folding = self._ledger.retention.fold(kept_from)
            self._ledger.forget_damaged(kept_from)

    def take_temperature(self, celsius: float | None) -> None:
        """Have the temperature, None while no sensor knows it, held against each product's range."""
        if self._ranges:
            now = self._clock.monotonic()
            self._scribe.later(lambda: self._keep_temperature(celsius, now))

    def _keep_temperature(self, celsius: float | None, now: float) -> None:
        if self._courses is None:
            self._courses = self._ledger.heat.courses()
        elapsed_s = 0.0 if self._sampled_at is None else now - self._sampled_at
        keep_all = now - self._kept_at >= KEEP_COURSE_EVERY_S
        for sku, ranges in self._ranges.items():
            state, effects = excursion.advance(self._courses.get(sku, State()), celsius, elapsed_s, ranges)
            if effects or keep_all:
                self._ledger.heat.keep(sku, state, effects, excursion.summary(state, ranges))
            self._courses[sku] = state
        self._sampled_at = now
        if keep_all:
            self._kept_at = now


def _ranges(products: tuple[Product, ...]) -> Iterator[tuple[str, Ranges]]:
    for product in products:
        if product.temperature_c is not None:
            yield product.sku, Ranges(label=product.temperature_c, allowed=product.excursion_c)
