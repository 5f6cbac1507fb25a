"""What staff, and the programme from afar, may change. Every change is made between two vends."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Protocol, TypeVar

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.dispense.ledger import Ledger
from kiosk.dispense.service.stock_view import StockView
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import (
    Decision,
    Excursion,
    HideRequest,
    Recall,
    RecallRequest,
    RestockLine,
    RestockRequest,
    RestockResult,
)

T = TypeVar("T")


class Change(Protocol):
    """Has a change made between two vends, and waits for it."""

    def __call__(self, change: Callable[[], T], /) -> T: ...


class StockChanges:
    """Changes that people make. May be called from any thread.

    Everything raises BusyError when an item drops for longer than a change waits, and LedgerError when the disk
    fails; nothing was changed then. A disk that does not answer raises DiskStalledError, which says what is known.
    """

    def __init__(self, config: Config, ledger: Ledger, stock_view: StockView, clock: Clock, change: Change) -> None:
        self.names = {product.sku: product.name for product in config.products}
        """What people call each product, by sku."""
        # What is essential comes out past its date too, when there is no other: it never blocks its coil.
        self._refuses = {one.sku for one in config.products if one.expired == "refuse" and not one.essential}
        self._ledger = ledger
        self._stock_view = stock_view
        self._clock = clock
        self._change = change

    def restock(self, request: RestockRequest) -> RestockResult:
        """Record a restock visit, all of it or nothing; see `ledger.restocks`.

        Raises NotFoundError for an unknown slot or product; RequestError when more would be inside than fits, when a
        slot stands there twice, or when what goes in is past its date; ConflictError when a count was overtaken.
        """
        slots = [line.slot for line in request.lines]
        if twice := {slot for slot in slots if slots.count(slot) > 1}:
            raise RequestError(f"{', '.join(sorted(twice))} stands in this visit twice. Nothing was saved.")
        for line in request.lines:
            self._check(line)
        return self._change(lambda: self._ledger.restocks.commit(request))

    def undo(self, restock_id: str) -> RestockResult:
        """Take a restock visit back; see `ledger.restocks`."""
        return self._change(lambda: self._ledger.restocks.undo(restock_id))

    def recall(self, request: RecallRequest) -> Recall:
        """Lock a lot wherever it is; see `ledger.recalls`. Raises NotFoundError for an unknown product."""
        if request.sku is not None:
            self._product(request.sku)
        return self._change(lambda: self._ledger.recalls.recall(request))

    def lift(self, recall_id: str) -> Recall:
        """End a recall."""
        return self._change(lambda: self._ledger.recalls.lift(recall_id))

    def review(self, excursion: int, decision: Decision) -> Excursion:
        """Record a decision about an excursion; see `ledger.excursions`."""
        return self._change(lambda: self._ledger.excursions.review(excursion, decision, self.names))

    def hide(self, request: HideRequest) -> None:
        """Take a product off the menu, or put it back on. Raises NotFoundError."""
        self._product(request.sku)
        self._change(lambda: self._ledger.hide(request.sku, hidden=request.hidden))

    def confirm_date(self, date: datetime.date) -> None:
        """Take the clock for right, since a person at the kiosk says so of the `date` that it shows.

        Raises ConflictError when it shows another one by now.
        """
        if date != self._clock.local_date():
            raise ConflictError("The kiosk's clock shows another date by now. Look again.")
        self._change(self._ledger.calendar.confirm)
        self._clock.vouch()

    def once(self, command_id: str, command: Callable[[], str]) -> str:
        """Carry out a command from the programme, unless that was done before; return the answer it gets.

        A power cut between the two is harmless: every command can be carried out twice.
        """
        if said := self._change(lambda: self._ledger.done(command_id)):
            return said
        said = command()
        self._change(lambda: self._ledger.note_command(command_id, said))
        return said

    def _check(self, line: RestockLine) -> None:
        capacity = self._stock_view.slot(line.slot).capacity
        if line.sku is not None:
            self._product(line.sku)
        if (line.sku or self._stock_view.sku(line.slot)) in self._refuses:
            self._check_dates(line)
        if line.out > line.found and not line.after:
            raise RequestError(
                f"{line.slot}: {line.out} taken out of {line.found} are too many. Correct one of the two."
            )
        if max(line.found, line.inside_before, line.inside_after) > capacity:
            told = f"{line.inside_before} counted" if line.after else f"{line.found - line.out} left inside"
            raise RequestError(
                f"{line.slot} holds {capacity}: {told} and {line.put_in} added are too many. "
                "Correct one of the two numbers."
            )

    def _check_dates(self, line: RestockLine) -> None:
        """Refuse what would block the coil at once."""
        for added in line.added:
            if added.expiry is not None and added.expiry < self._ledger.calendar.today():
                raise RequestError(
                    f"{line.slot}: lot {added.lot or 'without a number'} was good until {added.expiry.isoformat()} and "
                    "would block this coil. Do not put it in, or correct the date. Nothing was saved."
                )

    def _product(self, sku: str) -> None:
        if sku not in self.names:
            raise NotFoundError(f"This kiosk has no product {sku!r}.")
