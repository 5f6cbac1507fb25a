"""The way from a page to the daemon: only ever through the control API's client."""

from __future__ import annotations

import datetime

from flask import Flask, current_app

from admin_web.settings import Settings
from kiosk.control.client import Client

IMPATIENT_S = 1.0
"""How long a page waits for what it can do without, in seconds."""


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its client. Nothing is asked yet, so the pages start with or without a daemon."""
    app.extensions["kiosk_client"] = Client(settings.control_socket, settings.daemon_timeout_s)
    app.extensions["kiosk_impatient"] = Client(settings.control_socket, IMPATIENT_S)
    app.extensions["kiosk_site"] = ""


def kiosk() -> Client:
    """Return the client of the control API. Its calls raise DaemonAwayError when nobody answers."""
    client = current_app.extensions["kiosk_client"]
    assert isinstance(client, Client)
    return client


def impatient() -> Client:
    """Return a client for questions that a page can do without; the kiosk may be busy with an item for a while."""
    client = current_app.extensions["kiosk_impatient"]
    assert isinstance(client, Client)
    return client


def today() -> datetime.date:
    """Return the day by which the kiosk judges dates, also while nobody vouches for its clock."""
    clock = kiosk().state().clock
    return clock.judged if clock else datetime.datetime.now(datetime.UTC).date()


def site() -> str:
    """Return the site's name as last heard; empty before that. Never asks, so it works while the daemon is away."""
    return str(current_app.extensions["kiosk_site"])


def heard_site(name: str) -> None:
    """Remember the site's name for the pages that do not ask."""
    current_app.extensions["kiosk_site"] = name
