"""Who is signed in. Every page needs a sign-in unless it is listed as public here."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from admin_web.accounts import devices
from admin_web.accounts.claims import Claims
from admin_web.accounts.store import Person, Store
from admin_web.settings import Settings

PUBLIC = frozenset({"static", "look.serve", "sign_in.page", "claim.page", "alive"})
"""Endpoints that need no sign-in. Whatever is not here, does."""

COMES_BACK = frozenset({"slot.page", "visit.slot", "product.page", "check.page", "recalls.new"})
"""Pages whose form is filled in again after a sign-in that ran out in between."""

LONGEST = 6000
"""The longest address that what was typed may make, in characters; beyond that it is typed once more."""


class SignedIn(UserMixin):
    """A person with the token of this sign-in; Flask-Login keeps the token in the signed cookie."""

    def __init__(self, person: Person, token: str) -> None:
        self.id = token
        self.person = person


def init_app(app: Flask, settings: Settings) -> Store:
    """Open the sign-in store, sign cookies with its key, and guard every page. Returns the store, to be closed."""
    store = Store(settings.state / "admin.db", settings.now)
    app.extensions["kiosk_store"] = store
    app.extensions["kiosk_claims"] = Claims()
    app.config.update(
        SECRET_KEY=store.secret(),
        SESSION_COOKIE_NAME="__Host-kiosk-staff" if settings.https else "kiosk-staff",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH="/",
    )
    manager = LoginManager(app)
    # Phones change their address on the way between networks; the token alone says who it is.
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(_guard)
    app.after_request(devices.set_cookie)
    return store


def people() -> Store:
    """Return the sign-in store."""
    store = current_app.extensions["kiosk_store"]
    assert isinstance(store, Store)
    return store


def claims() -> Claims:
    """Return the one-time codes that were right and made nothing yet."""
    held = current_app.extensions["kiosk_claims"]
    assert isinstance(held, Claims)
    return held


def sign_in(person: Person) -> None:
    """Start a new sign-in in this browser; whatever it held before is forgotten."""
    session.clear()
    login_user(SignedIn(person, people().start(person)))
    devices.remember(person)


def sign_out() -> None:
    """End this sign-in, here and in the store: a copy of the cookie is worth nothing afterwards."""
    if current_user.is_authenticated:
        people().end(current_user.id)
    logout_user()
    session.clear()


def me() -> Person:
    """Return who is signed in; only for pages that need a sign-in."""
    person = current_user.person
    assert isinstance(person, Person)
    return person


def local_path(target: str) -> str:
    """Return `target` if it is a path on this server, else the first page: nobody is sent elsewhere."""
    if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return "/"


def _load(token: str) -> SignedIn | None:
    person = people().who(token)
    return SignedIn(person, token) if person else None


def _guard() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the sign-in page, and bring them back afterwards."""
    if request.endpoint is None or request.endpoint in PUBLIC or current_user.is_authenticated:
        return None
    if not people().has_people():
        return redirect(url_for("claim.page"))
    return redirect(url_for("sign_in.page", next=_way_back()))


def _way_back() -> str | None:
    if request.method == "GET":
        return request.full_path.rstrip("?") if request.path != "/" else None
    if request.endpoint not in COMES_BACK:
        asks_first = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
        return request.path if asks_first else None
    typed = {name: value for name, value in request.form.items() if value and name != "csrf_token"}
    way = f"{request.path}?{urlencode(typed)}"
    return way if len(way) <= LONGEST else request.path
