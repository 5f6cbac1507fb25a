"""What a page says when it cannot do what was asked: what happened, then what to do."""

from __future__ import annotations

import logging

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from admin_web.accounts import limits
from kiosk.errors import DaemonAwayError, NotFoundError, RequestError

log = logging.getLogger(__name__)

TRY_AGAIN_S = 5
"""A page that found the daemon away asks again after so many seconds; systemd has it back in about one."""

SAID = {
    400: ("That did not arrive whole", "Go back and send it again."),
    404: ("There is no such page", "Go to Today and find it from there."),
    405: ("That page cannot do this", "Go to Today and start again."),
    413: ("That was too much at once", "Go back and write less."),
    429: (
        "Too many wrong passwords",
        "Use a phone that you have signed in with before, or a one-time code: both work at once. Else wait 15 minutes.",
    ),
}

OUTDATED = (
    "This form was too old or not from this page, so nothing was changed",
    "Open the page again and send it anew.",
)
BROKEN = (
    "The staff pages made a mistake",
    "Go to Today and look whether it was done before you try again.",
)


def init_app(app: Flask) -> None:
    """Answer every error with a page in plain words."""
    app.register_error_handler(DaemonAwayError, _away)
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(RequestError, _refused)
    app.register_error_handler(CSRFError, _outdated)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)


def _page(status: int, what: str, then: str) -> tuple[str, int]:
    return render_template("problem.html", what=what, then=then), status


def _away(_error: DaemonAwayError) -> ResponseReturnValue:
    log.warning("daemon=away page=%s", request.endpoint)
    headers = {"Retry-After": str(TRY_AGAIN_S)}
    if request.method == "GET":
        headers["Refresh"] = str(TRY_AGAIN_S)
    return render_template("away.html"), 503, headers


def _not_found(error: NotFoundError) -> ResponseReturnValue:
    return _page(404, "This kiosk does not have that", str(error))


def _refused(error: RequestError) -> ResponseReturnValue:
    return _page(409, "The kiosk could not do that, and nothing was changed", str(error))


def _outdated(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, *OUTDATED)


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    page, _ = _page(code, *SAID.get(code, SAID[400]))
    headers = {"Retry-After": str(limits.WAIT_S)} if code == 429 else {}
    return page, code, headers


def _broken(_error: Exception) -> ResponseReturnValue:
    return _page(500, *BROKEN)
