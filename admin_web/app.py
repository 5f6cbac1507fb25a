"""The staff pages as one WSGI application."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

import admin_web
from admin_web import error_pages, filters, kiosk_client
from admin_web.accounts import auth, limits
from admin_web.restock import drafts
from admin_web.settings import Settings
from kiosk import look
from kiosk.web import headers

NAVIGATION = (
    ("Today", "today.page", ()),
    ("Restock", "restock.page", ("restock", "visit", "check")),
    ("Events", "events.page", ()),
    ("More", "more.page", ("recalls", "excursions", "shortage", "menu", "code", "date", "account")),
)
"""What stands at the top of every page: its word, its page, and the blueprints that belong to it."""


def create_app(settings: Settings) -> Flask:
    """Build the app. It starts without a daemon; call `close(app)` at the end."""
    app = Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=16 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in, which has limits of its own
        RATELIMIT_HEADERS_ENABLED=False,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    kiosk_client.init_app(app, settings)
    # Before the CSRF check, so that a form from an old sign-in leads to the sign-in page.
    auth.init_app(app, settings)
    drafts.init_app(app)
    CSRFProtect(app)
    limits.limiter.init_app(app)
    headers.init_app(app, https=settings.https)
    error_pages.init_app(app)
    app.register_blueprint(look.blueprint)
    for page in pages():
        app.register_blueprint(page)
    app.add_url_rule("/alive", "alive", _alive)
    app.jinja_env.globals.update(site=kiosk_client.site, pictogram=look.pictogram, navigation=NAVIGATION)
    filters.init_app(app)
    return app


def pages() -> Iterator[Blueprint]:
    """Give every page: the blueprint of each module `admin_web.FEATURE.NAME_page`."""
    for feature in pkgutil.iter_modules(admin_web.__path__, "admin_web."):
        if feature.ispkg:
            folder = importlib.import_module(feature.name)
            for found in pkgutil.iter_modules(folder.__path__, f"{feature.name}."):
                if found.name.endswith("_page"):
                    yield importlib.import_module(found.name).blueprint


def close(app: Flask) -> None:
    """Close the sign-in store."""
    app.extensions["kiosk_store"].close()


def _alive() -> tuple[str, int]:
    """Prove to the watchdog that a page can be served; says nothing about the daemon."""
    return "", 204
