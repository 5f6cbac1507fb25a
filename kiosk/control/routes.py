"""The control API: what the staff pages and the command line may ask of the daemon. See docs/control.md."""

from __future__ import annotations

import datetime
import logging
import threading
from typing import TypeVar

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from kiosk.control.staff_codes import VALID_S, AdminCodes
from kiosk.decoding import Decoders
from kiosk.dispense.ledger import Reader
from kiosk.dispense.service.stock_changes import StockChanges
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.status import Status
from kiosk.errors import BusyError, ConflictError, KioskError, LedgerError, NotFoundError, RequestError
from kiosk.model import (
    AdminCode,
    ConfirmDate,
    Events,
    Excursions,
    Fact,
    HideRequest,
    Problem,
    RecallRequest,
    Recalls,
    RedeemRequest,
    RefusedError,
    RestockRequest,
    Restocks,
    ReviewRequest,
    SlotDetail,
    VendRequest,
    VendState,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

BODY_BYTES = 128 * 1024
"""The longest body; the longest honest one, a visit to sixty slots with two lots each, has some 30 kB."""

WAIT_S = 30.0
"""The longest that an answer about a vend is held back, in seconds."""

MOST_DAYS = 400
"""The longest span of days whose usage is told at once."""

WATCHERS = 3
"""So many answers about vends are held back at once. With the changes that wait for a vend, no more than
`kiosk.dispense.service.vend_thread.CHANGES`, some of the server's workers are always there for whoever needs an answer
now."""

MOST_ID = 2**63 - 1
"""The largest number that a row of the ledger can have; SQLite takes no larger one."""

BODIES = Decoders(ConfirmDate, HideRequest, RecallRequest, RedeemRequest, RestockRequest, ReviewRequest, VendRequest)
"""What may be asked."""

REFUSALS: tuple[tuple[type[KioskError], int, str], ...] = (
    (BusyError, 409, "busy"),
    (ConflictError, 409, "conflict"),
    (NotFoundError, 404, "not_found"),
    (RequestError, 400, "refused"),
    (LedgerError, 503, "ledger"),
)
"""Which HTTP status and which code each error of ours becomes; the first that fits."""


def create_app(service: Service, reader: Reader, status: Status, codes: AdminCodes) -> Flask:
    """Make the WSGI application of the control API."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    _refusals(app)
    _questions(app, service, reader, status)
    _for_visitors(app, service)
    _records(app, service, reader)
    _changes(app, service, codes)
    _staff_changes(app, service.changes, service)
    return app


def _questions(app: Flask, service: Service, reader: Reader, status: Status) -> None:
    @app.get("/v1/state")
    def state() -> Response:
        return _answer(status.now())

    @app.get("/v1/stock")
    def stock() -> Response:
        return _answer(service.stock())

    @app.get("/v1/slots/<slot>")
    def slot_detail(slot: str) -> Response:
        stock, history = service.slot(slot), reader.history(slot)
        return _answer(SlotDetail(stock=stock, drifts=history.drifts, events=history.events))

    @app.get("/v1/slots/<slot>/since")
    def since(slot: str) -> Response:
        return _answer(reader.since(service.slot(slot).slot, int(_number("as_of", -1, 2**62, -1))))

    @app.get("/v1/events")
    def events() -> Response:
        limit = _number("limit", 1, 500, 50)
        before = _number("before", 0, 2**62, 2**62)
        return _answer(Events(events=reader.events(int(limit), int(before))))

    watchers = threading.BoundedSemaphore(WATCHERS)

    @app.get("/v1/vends/<request_id>")
    def vend_state(request_id: str) -> Response:
        wait_s = _number("wait_s", 0, WAIT_S, 0)
        if not wait_s or not watchers.acquire(blocking=False):
            return _answer(service.find(request_id))
        try:
            return _answer(service.find(request_id, wait_s))
        finally:
            watchers.release()


def _for_visitors(app: Flask, service: Service) -> None:
    @app.get("/v1/now")
    def now() -> Response:
        after = int(_number("after", -1, 2**62, -1))
        return _answer(service.requests.activity.now(after, _number("wait_s", 0, WAIT_S, 0)))

    @app.get("/v1/menu")
    def menu() -> Response:
        return _answer(service.menu())

    @app.post("/v1/visit/end")
    def end_visit() -> Response:
        service.admission.end_visit()
        return Response(status=204)


def _records(app: Flask, service: Service, reader: Reader) -> None:
    @app.get("/v1/restocks")
    def restocks() -> Response:
        return _answer(Restocks(restocks=reader.restocks(int(_number("limit", 1, 100, 10)))))

    @app.get("/v1/recalls")
    def recalls() -> Response:
        return _answer(Recalls(recalls=reader.recalls()))

    @app.get("/v1/excursions")
    def excursions() -> Response:
        return _answer(Excursions(excursions=reader.excursions(service.changes.names)))

    @app.get("/v1/shortage")
    def shortage() -> Response:
        return _answer(reader.shortage())

    @app.get("/v1/usage")
    def usage() -> Response:
        today = service.calendar.today()
        last = _date("to", today)
        first = _date("from", last - datetime.timedelta(days=min(29, last.toordinal() - 1)))
        if not 0 <= (last - first).days < MOST_DAYS:
            raise RequestError(f"from must be no later than to, and at most {MOST_DAYS - 1} days before it.")
        return _answer(reader.usage(first, last))

    @app.get("/v1/audit")
    def audit() -> Response:
        return _answer(reader.audit())


def _changes(app: Flask, service: Service, codes: AdminCodes) -> None:
    @app.post("/v1/vends")
    def vend() -> Response:
        taken = service.vend(_body(VendRequest))
        return _answer(taken, 200 if taken.state is VendState.DONE else 202)

    @app.post("/v1/codes")
    def visitor_code() -> Response:
        return _answer(service.admission.new_code(), 201)

    @app.post("/v1/admin-codes")
    def make_code() -> Response:
        return _answer(AdminCode(code=codes.make(), valid_s=VALID_S), 201)

    @app.post("/v1/admin-codes/redeem")
    def redeem_code() -> Response:
        if codes.redeem(_body(RedeemRequest).code):
            return Response(status=204)
        return _problem(
            403, "wrong_code", "This code is wrong, used or too old. Make a new one with `kiosk admin-code`."
        )


def _staff_changes(app: Flask, staff: StockChanges, service: Service) -> None:
    @app.post("/v1/restocks")
    def restock() -> Response:
        return _answer(staff.restock(_body(RestockRequest)))

    @app.post("/v1/restocks/<restock_id>/undo")
    def undo_restock(restock_id: str) -> Response:
        return _answer(staff.undo(restock_id))

    @app.post("/v1/recalls")
    def recall() -> Response:
        return _answer(staff.recall(_body(RecallRequest)))

    @app.post("/v1/recalls/<recall_id>/lift")
    def lift_recall(recall_id: str) -> Response:
        return _answer(staff.lift(recall_id))

    @app.post(f"/v1/excursions/<int(max={MOST_ID}):excursion>/review")
    def review(excursion: int) -> Response:
        return _answer(staff.review(excursion, _body(ReviewRequest).decision))

    @app.post("/v1/hidden")
    def hide() -> Response:
        staff.hide(_body(HideRequest))
        return _answer(service.stock())

    @app.post("/v1/clock")
    def confirm_date() -> Response:
        staff.confirm_date(_body(ConfirmDate).date)
        return Response(status=204)


def _refusals(app: Flask) -> None:
    @app.before_request
    def hear_out() -> None:
        # Before anything is done: a body that is too long is refused here, also where nobody looks at it.
        request.get_data()

    @app.errorhandler(RefusedError)
    def no_item(error: RefusedError) -> Response:
        said = error.refusal
        return _answer(Problem(error=said.code, message=str(error), wait_s=said.wait_s, opens=said.opens), 409)

    @app.errorhandler(KioskError)
    def ours(error: KioskError) -> Response:
        for kind, status, code in REFUSALS:
            if isinstance(error, kind):
                return _problem(status, code, str(error))
        raise error

    @app.errorhandler(HTTPException)
    def theirs(error: HTTPException) -> Response:
        return _problem(error.code or 500, (error.name or "error").lower().replace(" ", "_"), _plain(error))

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Response:
        log.error("A control request failed: path=%s", request.path, exc_info=error)
        return _problem(500, "defect", "The kiosk could not answer this. Its log tells why; the machine goes on.")


def _plain(error: HTTPException) -> str:
    sentences = {
        404: "There is nothing at this address. See docs/control.md for the addresses there are.",
        405: "This address does not take this method. See docs/control.md.",
        413: f"The body is longer than {BODY_BYTES} bytes. Nothing was changed.",
    }
    return sentences.get(error.code or 0, error.description or "The request could not be read.")


def _body(kind: type[T]) -> T:
    """Decode the body strictly; raise RequestError with the place of the mistake."""
    if request.mimetype != "application/json":
        raise _Unsupported
    try:
        return BODIES.decode(request.get_data(), kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"The body does not fit: {error}. Nothing was changed.") from error


class _Unsupported(HTTPException):
    code = 415
    description = "Send the body as Content-Type: application/json. Nothing was changed."


def _number(name: str, least: float, most: float, usual: float) -> float:
    """Return a number from the query, within bounds; raise RequestError when it is none."""
    typed = request.args.get(name)
    if typed is None:
        return usual
    try:
        value = float(typed)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise RequestError(f"{name} must be a number from {least:g} to {most:g}, not {typed[:40]!r}.")
    return value


def _date(name: str, usual: datetime.date) -> datetime.date:
    """Return a date from the query; raise RequestError when it is none."""
    typed = request.args.get(name)
    if typed is None:
        return usual
    try:
        return datetime.date.fromisoformat(typed)
    except ValueError:
        raise RequestError(f"{name} must be a date such as 2026-11-22, not {typed[:40]!r}.") from None


def _answer(value: Fact, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def _problem(status: int, code: str, message: str) -> Response:
    return _answer(Problem(error=code, message=message), status)
