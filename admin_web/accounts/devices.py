"""Browsers in which a person has signed in before: a signed cookie says so, and the kiosk keeps nothing.

The right password from such a browser always works, whatever strangers try meanwhile (OWASP: device cookies).
"""

from __future__ import annotations

import secrets

from flask import Response, current_app, g, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from admin_web.accounts.store import Person, Store

KEPT_S = 400 * 24 * 3600
"""As long as browsers keep a cookie at the most (RFC 6265bis)."""


def remember(person: Person) -> None:
    """Have this browser known as one of `person`'s, from this answer on."""
    g.device = _signer().dumps([person.id, secrets.token_urlsafe(12)])


def set_cookie(response: Response) -> Response:
    """Send the cookie of a browser that was remembered; to be called after each request."""
    if device := g.pop("device", None):
        response.set_cookie(
            _cookie(),
            device,
            max_age=KEPT_S,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Strict",
        )
    return response


def known() -> str:
    """Return what names this browser if the person whose name was typed has signed in with it, else ""."""
    typed = request.form.get("name", "").strip()
    try:
        number, device = _signer().loads(request.cookies.get(_cookie(), ""))
    except (BadSignature, TypeError, ValueError):
        return ""
    store: Store = current_app.extensions["kiosk_store"]
    person = store.person(typed)
    return str(device) if person is not None and person.id == number else ""


def is_strange() -> bool:
    """Say whether nobody of that name is known to have signed in with this browser."""
    return not known()


def sign_in() -> str:
    """Return what names this sign-in."""
    return str(current_user.get_id() or "nobody")


def _cookie() -> str:
    return "__Host-kiosk-device" if current_app.config["SESSION_COOKIE_SECURE"] else "kiosk-device"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="device")
