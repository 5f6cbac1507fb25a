"""Who gets what: a request becomes an order, unless a rule refuses it. What was taken lately is in memory only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.clock import Clock
from kiosk.config import Config, Product
from kiosk.dispense import words
from kiosk.dispense.codes.allowances import Allowances
from kiosk.dispense.ledger import Calendar
from kiosk.dispense.rules import policy
from kiosk.dispense.rules.policy import Asked
from kiosk.dispense.service.requests import Order, Requests
from kiosk.dispense.service.stock_view import StockView
from kiosk.errors import BusyError, NotFoundError, RequestError
from kiosk.hardware.machine import Machine
from kiosk.model import Purpose, Refusal, RefusalCode, VendRequest, VisitorCode

if TYPE_CHECKING:
    from kiosk.dispense.codes.anonymous_codes import Codes


class Admission:
    """Applies the rules. May be called from any thread; only the vend thread may say what came out."""

    def __init__(
        self,
        *,
        config: Config,
        machine: Machine,
        stock_view: StockView,
        calendar: Calendar,
        clock: Clock,
        requests: Requests,
        codes: Codes | None,
    ) -> None:
        """Prepare, with nothing taken."""
        self.products: dict[str, Product] = {product.sku: product for product in config.products}
        self._machine = machine
        self._stock_view = stock_view
        self._calendar = calendar
        self._clock = clock
        self._requests = requests
        self.codes = codes
        """Makes and checks anonymous codes, where the programme has them."""
        self._allowances = Allowances()
        self._visit = policy.Visit()
        self._lock = threading.Lock()
        self.on_visit_end: Callable[[], None] = lambda: None
        """Called when somebody says that whoever stood here is done."""

    def order(self, request: VendRequest) -> Order:
        """Return what a request asks for. Raises RequestError, or NotFoundError for an unknown product or slot."""
        if (request.sku is None) == (request.slot is None):
            raise RequestError("Ask for a product (sku) or for a slot, not for both. Nothing was moved.")
        if request.purpose is Purpose.TEST and request.slot is None:
            raise RequestError("A test turn needs a slot. Nothing was moved.")
        sku = self._stock_view.sku(request.slot) if request.slot else str(request.sku)
        if sku not in self.products:
            raise NotFoundError(f"This kiosk has no product {sku!r}.")
        return Order(request, sku, self.products[sku].essential)

    def allowed(self, order: Order) -> Order:
        """Refuse what policy refuses. An essential product and a test turn by staff never come here."""
        if self._machine.door_is_open():
            raise words.refuse(Refusal(code=RefusalCode.DOOR_OPEN))
        product = self.products[order.sku]
        code_left, token = self._allowance(order.request, product)
        refusal = self._decide(product, code_left)
        if refusal is not None:
            raise words.refuse(refusal)
        return Order(order.request, order.sku, essential=False, token=token)

    def refusal(self, product: Product) -> Refusal | None:
        """Return what keeps a product from whoever asks now, without a code; None when nothing does."""
        if self._machine.door_is_open() and not product.essential:
            return Refusal(code=RefusalCode.DOOR_OPEN)
        return self._decide(product, code_left=None)

    def no_ledger(self, product: Product) -> Refusal | None:
        """Return what keeps a product in while nothing can be written down."""
        return None if product.essential else Refusal(code=RefusalCode.NO_LEDGER)

    def _decide(self, product: Product, code_left: int | None) -> Refusal | None:
        held = [slot for slot in self._stock_view.stock.slots if slot.sku == product.sku]
        return policy.decide(
            product,
            Asked(
                now_s=self._clock.monotonic(),
                visit=self._visit,
                left=sum(slot.on_hand for slot in held),
                local_time=self._clock.local_time() if self._clock.synced() else None,
                hidden=any(slot.hidden for slot in held),
                code_left=code_left,
            ),
        )

    def _allowance(self, request: VendRequest, product: Product) -> tuple[int | None, bytes | None]:
        """Return how much a code may still take of a product, and the token of its next use; None without a code."""
        if self.codes is None or request.code is None or product.limit_per_code is None:
            return None, None
        if self._requests.busy:
            raise BusyError(words.BUSY)
        opened = self.codes.check(request.code, self._calendar.when())
        return self._allowances.left(opened, product.sku, product.limit_per_code)

    def forget_codes(self) -> None:
        """Forget what codes took that nobody can use any more."""
        self._allowances.expire(self.codes.accepted(self._calendar.when()) if self.codes else ())

    def new_code(self) -> VisitorCode:
        """Make an anonymous code. Raises RequestError when codes are off, or when one was made a moment ago."""
        if self.codes is None:
            raise RequestError("This kiosk gives out no codes, and nothing here needs one.")
        when = self._calendar.when()
        return VisitorCode(code=self.codes.issue(when), until=self.codes.last_day(when))

    def took(self, order: Order) -> None:
        """Take note that an ordinary item came out: it uses up what its visit and its code may take."""
        with self._lock:
            self._visit = policy.took(self._visit, order.sku, self._clock.monotonic())
        if order.token is not None:
            self._allowances.spend(order.token)

    def end_visit(self) -> None:
        """Take note that whoever stood here is done: the next person took nothing yet. A cool-down goes on."""
        with self._lock:
            self._visit = policy.ended(self._visit, self._clock.monotonic())
        self.on_visit_end()
