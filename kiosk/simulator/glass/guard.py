"""Keeps other web pages out: the glass listens on this computer, where any page in the browser could reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

OWN_NAMES = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def protect(app: Flask) -> None:
    """Refuse requests that another page or another name made, and send strict headers with every answer."""
    app.before_request(_only_from_here)
    app.after_request(_with_headers)


def _only_from_here() -> None:
    if urlsplit(request.host_url).hostname not in OWN_NAMES:
        abort(403, "Open this page as http://127.0.0.1 or http://localhost, with its port.")
    origin = request.headers.get("Origin")
    fetched = request.headers.get("Sec-Fetch-Site", "same-origin")
    foreign = origin is not None and origin != request.host_url.rstrip("/")
    if request.method == "POST" and (foreign or fetched not in {"same-origin", "none"}):
        abort(403, "Only the machine's own page may touch it. Open the page and press there.")
    request.get_data()  # Refuses a body that is too long before hands do anything.


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if response.mimetype in {"text/html", "application/json"}:
        response.headers["Cache-Control"] = "no-store"
    return response
