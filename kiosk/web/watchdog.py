"""Feed systemd's watchdog only while the server really answers: a small request to itself, over its own port."""

from __future__ import annotations

import http.client
import os
import ssl
import threading
import time

from kiosk import sdnotify


def start(host: str, port: int, *, https: bool) -> None:
    """Start to prove and feed, three times per watchdog period; do nothing when systemd set no watchdog."""
    period_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
    if period_s <= 0:
        return
    threading.Thread(
        target=_feed, args=(_reachable(host), port, https, period_s / 3), name="watchdog", daemon=True
    ).start()


def answers(host: str, port: int, *, https: bool, timeout_s: float) -> bool:
    """Say whether the server answers on its port within `timeout_s`."""
    connection = (
        # Our own certificate need not name the loopback address; nothing secret is sent.
        http.client.HTTPSConnection(host, port, timeout=timeout_s, context=ssl._create_unverified_context())  # noqa: S323
        if https
        else http.client.HTTPConnection(host, port, timeout=timeout_s)
    )
    try:
        connection.request("GET", "/alive")
        return connection.getresponse().status == http.client.NO_CONTENT
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _feed(host: str, port: int, https: bool, every_s: float) -> None:
    while True:
        if answers(host, port, https=https, timeout_s=every_s):
            sdnotify.watchdog()
        time.sleep(every_s)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
