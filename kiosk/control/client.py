"""The typed client of the control API: what the staff pages and the command line use to ask the daemon."""

from __future__ import annotations

import datetime
import http.client
import socket
from typing import TypeVar
from urllib.parse import quote

import msgspec

from kiosk.decoding import Decoders
from kiosk.errors import BusyError, ConflictError, DaemonAwayError, NotFoundError, RequestError
from kiosk.model import (
    AdminCode,
    Audit,
    ConfirmDate,
    Decision,
    Events,
    Excursion,
    Excursions,
    Fact,
    HideRequest,
    KioskState,
    Menu,
    Now,
    Problem,
    Recall,
    RecallRequest,
    Recalls,
    RedeemRequest,
    Refusal,
    RefusalCode,
    RefusedError,
    RestockRequest,
    RestockResult,
    Restocks,
    ReviewRequest,
    Shortage,
    SinceCount,
    SlotDetail,
    Stock,
    Usage,
    Vend,
    VendRequest,
    VisitorCode,
)

T = TypeVar("T")

ANSWERS = Decoders(
    *(AdminCode, Audit, Events, Excursion, Excursions, KioskState, Problem, Recall, Recalls, RestockResult, Restocks),
    *(Menu, Now, Shortage, SinceCount, SlotDetail, Stock, Usage, Vend, VisitorCode),
)
"""What the daemon answers."""

REFUSALS: dict[str, type[RequestError]] = {
    "busy": BusyError,
    "conflict": ConflictError,
    "not_found": NotFoundError,
}
"""Which error a `Problem.error` becomes; any other `RefusalCode` becomes RefusedError, all else RequestError."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("kiosk", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Client:
    """Ask the daemon at the control socket `path`.

    Each call opens a connection of its own, so one client may serve many threads. `timeout_s` bounds each wait;
    it must be longer than the longest `wait_s` (30 s). Every call raises DaemonAwayError when nobody answers,
    and RequestError or one of its kinds when the daemon refuses, in which case nothing was changed.
    """

    def __init__(self, path: str, timeout_s: float = 35.0) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def state(self) -> KioskState:
        """Return the whole kiosk at a glance."""
        return self._ask("GET", "/v1/state", KioskState)

    def stock(self) -> Stock:
        """Return what is in every slot."""
        return self._ask("GET", "/v1/stock", Stock)

    def slot(self, slot: str) -> SlotDetail:
        """Return one slot with its lots and latest events. Raises NotFoundError."""
        return self._ask("GET", f"/v1/slots/{quote(slot, safe='')}", SlotDetail)

    def since(self, slot: str, as_of: int) -> SinceCount:
        """Return what came of a count that began and ended at a slot's version `as_of`. Raises NotFoundError."""
        return self._ask("GET", f"/v1/slots/{quote(slot, safe='')}/since?as_of={as_of}", SinceCount)

    def vend(self, request: VendRequest) -> Vend:
        """Ask for an item; return at once. The same id again moves nothing and returns what became of it.

        Raises RefusedError, or BusyError while another item drops, when none comes out now.
        """
        return self._ask("POST", "/v1/vends", Vend, request)

    def wait_vend(self, request_id: str, wait_s: float) -> Vend:
        """Return a request's state, at once when done or too many wait, else after at most `wait_s` (0 to 30 s)."""
        return self._ask("GET", f"/v1/vends/{quote(request_id, safe='')}?wait_s={wait_s:g}", Vend)

    def now(self, after: int | None = None, wait_s: float = 0.0) -> Now:
        """Return what the machine does now; with `after` what it does next, after at most `wait_s` (0 to 30 s)."""
        query = "" if after is None else f"?after={after}&wait_s={wait_s:g}"
        return self._ask("GET", f"/v1/now{query}", Now)

    def menu(self) -> Menu:
        """Return what may be had now."""
        return self._ask("GET", "/v1/menu", Menu)

    def end_visit(self) -> None:
        """Say that whoever stood at the machine is done: the next person took nothing yet."""
        self._send("POST", "/v1/visit/end")

    def restock(self, request: RestockRequest) -> RestockResult:
        """Record a restock visit, all of it or nothing. Raises ConflictError when a count was overtaken."""
        return self._ask("POST", "/v1/restocks", RestockResult, request)

    def restocks(self, limit: int = 10) -> Restocks:
        """Return up to `limit` (1 to 100) of the latest restock visits, newest first."""
        return self._ask("GET", f"/v1/restocks?limit={limit}", Restocks)

    def undo_restock(self, restock_id: str) -> RestockResult:
        """Take a visit back: each slot then says all that may be inside, and waits for a new count.

        Raises NotFoundError for an unknown visit, ConflictError when one of its slots was counted again since.
        """
        return self._ask("POST", f"/v1/restocks/{quote(restock_id, safe='')}/undo", RestockResult)

    def recall(self, request: RecallRequest) -> Recall:
        """Lock a lot wherever it is, now and later. The same id again changes nothing."""
        return self._ask("POST", "/v1/recalls", Recall, request)

    def recalls(self) -> Recalls:
        """Return every recall this kiosk knows."""
        return self._ask("GET", "/v1/recalls", Recalls)

    def lift_recall(self, recall_id: str) -> Recall:
        """End a recall: its lots are given out again. Raises NotFoundError."""
        return self._ask("POST", f"/v1/recalls/{quote(recall_id, safe='')}/lift", Recall)

    def excursions(self) -> Excursions:
        """Return the excursions that wait for a decision, and the latest others."""
        return self._ask("GET", "/v1/excursions", Excursions)

    def review_excursion(self, excursion_id: int, decision: Decision) -> Excursion:
        """Decide about the lots of an excursion. Raises NotFoundError, or ConflictError when it was decided."""
        return self._ask("POST", f"/v1/excursions/{excursion_id}/review", Excursion, ReviewRequest(decision=decision))

    def hide(self, request: HideRequest) -> Stock:
        """Take a product off the menu or put it back on. Raises NotFoundError for an unknown product."""
        return self._ask("POST", "/v1/hidden", Stock, request)

    def confirm_date(self, date: datetime.date) -> None:
        """Say that the `date` which the kiosk's clock shows is right. Raises ConflictError if it shows another."""
        self._send("POST", "/v1/clock", ConfirmDate(date=date))

    def shortage(self) -> Shortage:
        """Return unmet demand and time out of stock."""
        return self._ask("GET", "/v1/shortage", Shortage)

    def usage(self, first: datetime.date, last: datetime.date) -> Usage:
        """Return what was given out from one day to another, both included, at most 400 days."""
        return self._ask("GET", f"/v1/usage?from={first}&to={last}", Usage)

    def audit(self) -> Audit:
        """Return what every slot has given out since the ledger began, and what was asked for in vain."""
        return self._ask("GET", "/v1/audit", Audit)

    def new_code(self) -> VisitorCode:
        """Make an anonymous code. Raises RequestError when codes are off or one was made a moment ago."""
        return self._ask("POST", "/v1/codes", VisitorCode)

    def events(self, limit: int = 50, before: int | None = None) -> Events:
        """Return up to `limit` (1 to 500) events, newest first, older than sequence `before`."""
        older = "" if before is None else f"&before={before}"
        return self._ask("GET", f"/v1/events?limit={limit}{older}", Events)

    def make_admin_code(self) -> AdminCode:
        """Make a one-time code for a staff sign-in; an earlier unused one is void."""
        return self._ask("POST", "/v1/admin-codes", AdminCode)

    def redeem_admin_code(self, code: str) -> None:
        """Use up a one-time code. Raises RequestError when it is wrong, used or too old."""
        self._send("POST", "/v1/admin-codes/redeem", RedeemRequest(code=code))

    def _ask(self, method: str, path: str, answer: type[T], body: Fact | None = None) -> T:
        content = self._send(method, path, body)
        try:
            return ANSWERS.decode(content, answer)
        except msgspec.DecodeError as error:
            raise DaemonAwayError(
                f"The kiosk daemon gave an answer that does not fit ({error}): it has another version. Restart both."
            ) from error

    def _send(self, method: str, path: str, body: Fact | None = None) -> bytes:
        connection = _UnixConnection(self._path, self._timeout_s)
        try:
            content = b"{}" if body is None and method == "POST" else msgspec.json.encode(body) if body else None
            headers = {"Connection": "close"} | ({"Content-Type": "application/json"} if content is not None else {})
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            remedy = (
                "You may not use it: run this with sudo, or join the group kiosk."
                if isinstance(error, PermissionError)
                else "See `systemctl status kiosk`; systemd starts it again by itself."
            )
            raise DaemonAwayError(f"The kiosk daemon does not answer on {self._path} ({error}). {remedy}") from error
        finally:
            connection.close()
        if response.status >= 400:
            _refuse(answer)
        return answer


def _refuse(answer: bytes) -> None:
    """Raise the error that the daemon's refusal stands for."""
    try:
        problem = ANSWERS.decode(answer, Problem)
    except msgspec.DecodeError as error:
        raise DaemonAwayError("The control socket gave an answer that is not the kiosk daemon's.") from error
    if kind := REFUSALS.get(problem.error):
        raise kind(problem.message)
    try:
        code = RefusalCode(problem.error)
    except ValueError:
        raise RequestError(problem.message) from None
    raise RefusedError(problem.message, Refusal(code=code, wait_s=problem.wait_s, opens=problem.opens))
