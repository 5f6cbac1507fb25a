"""Admits vend requests, one vend at a time, and remembers how each ended, by request id."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

from msgspec import Struct, field
from msgspec.structs import replace

from kiosk.dispense import words
from kiosk.dispense.service.activity import Activity
from kiosk.errors import BusyError, ConflictError
from kiosk.model import Purpose, Vend, VendRequest, VendState

REMEMBERED = 200
"""So many requests are answered from memory; older ones from the ledger."""


EMERGENCIES = 2
"""So many visitors' requests for what is essential are under way at once, the one that drops and those that come next.

Two people at the machine are both served without another press. One frightened person who hammers on the button gets
two, not ten: the next visitor may need the other eight. Whoever presses after that is answered, and presses again."""


class Order(Struct, frozen=True):
    """A request for the product `sku`. `token` is what an anonymous code uses up by it.

    `asked_s` is when it came, on `time.monotonic`. `alias` is the id that it is written down under where nobody could
    look up in time whether its own was used before.
    """

    request: VendRequest
    sku: str
    essential: bool
    token: bytes | None = None
    asked_s: float = field(default_factory=time.monotonic)
    alias: str = ""

    @property
    def written(self) -> VendRequest:
        """The request as it is written down."""
        return replace(self.request, id=self.alias) if self.alias else self.request

    @property
    def asked(self) -> str:
        """The id that it was asked under, if it is written down under another."""
        return self.request.id if self.alias else ""

    @property
    def emergency(self) -> bool:
        """Whether a visitor may need it to live. A test turn of the same coil is none: it never waits for its turn."""
        return self.essential and self.request.purpose is Purpose.VISITOR

    @property
    def passes_rules(self) -> bool:
        """Whether no rule is asked: what is essential is never refused, and staff's test turn is no visitor's."""
        return self.essential or self.request.purpose is Purpose.TEST

    @property
    def for_hands_inside(self) -> bool:
        """Whether it turns although the door is open: an emergency, or staff who ask for a test with the door open."""
        return self.passes_rules


class Requests:
    """Admits requests. Every method may be called from any thread and holds its lock for microseconds only."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._serving: Order | None = None
        self._next: deque[Order] = deque()
        self._vends: OrderedDict[str, Vend] = OrderedDict()
        self._asked: dict[str, VendRequest] = {}
        self.activity = Activity()
        """What the machine does now, for whoever follows it."""

    def admit(self, order: Order) -> tuple[Vend, int | None]:
        """Return what is known of the request, and how many come before it if it is new and has to be carried out.

        Raises ConflictError when the id was used to ask for something else, and BusyError while another request is
        served. Only an emergency waits then, as one that comes next, while there are no more than EMERGENCIES.
        """
        with self._changed:
            if known := self._vends.get(order.request.id):
                same_request(self._asked.get(known.id, order.request), order.request)
                return known, None
            before = [] if self._serving is None else [self._serving, *self._next]
            if before and not order.emergency:
                raise BusyError(words.BUSY)
            if sum(other.emergency for other in before) >= EMERGENCIES:
                raise BusyError(words.TWO_COMING)
            if before:
                self._next.append(order)
            else:
                self._serving = order
            self._asked[order.request.id] = replace(order.request, code=None)
            vend = self._put(Vend(id=order.request.id, state=VendState.WAITING, message=words.WAITING))
            self._show(self._serving)
            return vend, len(before)

    def serving(self) -> Order:
        """Return the order that is to be carried out now. Each that was admitted is, in the order of admission."""
        with self._changed:
            self._show(self._serving)
            assert self._serving is not None
            return self._serving

    def tell(self, vend: Vend) -> None:
        """Publish how a request stands now."""
        with self._changed:
            self._put(vend)
            self._show(self._serving)

    def finish(self, vend: Vend) -> None:
        """Publish how a request ended, and let the next one begin."""
        with self._changed:
            served, self._serving = self._serving, self._next.popleft() if self._next else None
            self._put(vend)
            self._show(served, waiting=len(self._next) + (self._serving is not None))
            self._changed.notify_all()

    def find(self, request_id: str, wait_s: float) -> Vend | None:
        """Return a request's state: at once when it is done or unknown here, else after at most `wait_s` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._over(request_id), wait_s)
            return self._vends.get(request_id)

    @property
    def busy(self) -> bool:
        """Whether something is dropping now."""
        return self._serving is not None

    def is_hurried(self) -> bool:
        """Say whether an emergency waits for what is served now: nothing else ever does."""
        return bool(self._next)

    def _over(self, request_id: str) -> bool:
        vend = self._vends.get(request_id)
        return vend is None or vend.state is VendState.DONE

    def _show(self, order: Order | None, waiting: int | None = None) -> None:
        """Let whoever follows the machine know how an order stands."""
        if order is not None and (vend := self._vends.get(order.request.id)):
            waiting = len(self._next) if waiting is None else waiting
            self.activity.tell(order.sku, order.request.purpose, vend, waiting)

    def _put(self, vend: Vend) -> Vend:
        self._vends[vend.id] = vend
        if len(self._vends) > REMEMBERED:
            oldest, _ = self._vends.popitem(last=False)
            self._asked.pop(oldest, None)
        return vend


def same_request(before: VendRequest, now: VendRequest) -> None:
    """Raise ConflictError if an id that was used `before` is used `now` to ask for something else."""
    if (before.sku, before.slot, before.purpose) != (now.sku, now.slot, now.purpose):
        raise ConflictError("This id was used for another request. Make a new one. Nothing was moved.")
