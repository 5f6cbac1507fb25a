"""Who is being served: one vend at a time, each request known by its id, and anybody may wait for its end."""

from __future__ import annotations

import threading
from collections import OrderedDict

from msgspec import Struct
from msgspec.structs import replace

from kiosk.dispense import words
from kiosk.errors import BusyError, ConflictError
from kiosk.model import Vend, VendRequest, VendState

REMEMBERED = 200
"""So many requests are answered from memory; older ones from the ledger."""


class Order(Struct, frozen=True):
    """A request that was admitted, for the product `sku`. `token` is what an anonymous code uses up by it."""

    request: VendRequest
    sku: str
    essential: bool
    token: bytes | None = None


class Desk:
    """Admits requests. Every method may be called from any thread and holds its lock for microseconds only."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._serving: Order | None = None
        self._next: Order | None = None
        self._vends: OrderedDict[str, Vend] = OrderedDict()
        self._asked: dict[str, VendRequest] = {}

    def admit(self, order: Order) -> tuple[Vend, bool]:
        """Return what is known of the request, and whether it is new and now has to be carried out.

        Raises ConflictError when the id was used to ask for something else, and BusyError while another request is
        served, with one exception: an essential product that is asked
        for during the vend of another product waits, as the one that comes next. It is never turned away.
        """
        with self._changed:
            if known := self._vends.get(order.request.id):
                same_request(self._asked.get(known.id, order.request), order.request)
                return known, False
            if self._serving is None:
                self._serving = order
            elif order.essential and self._next is None and self._serving.sku != order.sku:
                self._next = order
            else:
                raise BusyError(words.BUSY)
            self._asked[order.request.id] = replace(order.request, code=None)
            return self._put(Vend(id=order.request.id, state=VendState.WAITING, message=words.WAITING)), True

    def tell(self, vend: Vend) -> None:
        """Publish how a request stands now."""
        with self._changed:
            self._put(vend)

    def finish(self, vend: Vend) -> None:
        """Publish how a request ended, and let the next one begin."""
        with self._changed:
            self._serving, self._next = self._next, None
            self._put(vend)
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

    def _over(self, request_id: str) -> bool:
        vend = self._vends.get(request_id)
        return vend is None or vend.state is VendState.DONE

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
