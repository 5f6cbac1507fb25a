"""Keeps other web pages out: the glass listens on this computer, where any page in the browser could reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, request

OWN_NAMES = {"127.0.0.1", "localhost", "::1"}


def protect(app: Flask) -> None:
    """Refuse requests that another page or another name made."""
    app.before_request(_only_from_here)


def _only_from_here() -> None:
    if urlsplit(request.host_url).hostname not in OWN_NAMES:
        abort(403, "Open this page as http://127.0.0.1 or http://localhost, with its port.")
    origin = request.headers.get("Origin")
    fetched = request.headers.get("Sec-Fetch-Site", "same-origin")
    foreign = origin is not None and origin != request.host_url.rstrip("/")
    if request.method == "POST" and (foreign or fetched not in {"same-origin", "none"}):
        abort(403, "Only the machine's own page may touch it. Open the page and press there.")
    request.get_data()  # Refuses a body that is too long before hands do anything.
