"""Serve the staff pages: `python -m admin_web --socket /run/kiosk/control.sock --state /var/lib/kiosk-admin-web`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from admin_web.settings import Settings
from kiosk import sdnotify, web
from kiosk.web.process import serve_until_told

if TYPE_CHECKING:
    from flask import Flask

WORKERS = 8

NEEDS_TLS = (
    "--host {}: passwords would cross the network in the open. Give --cert and --key, or serve on 127.0.0.1. "
    "A certificate of your own: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
    "-days 3650 -subj /CN=$(hostname) -addext subjectAltName=DNS:$(hostname).local -keyout key.pem -out cert.pem"
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Exits with status 2 and a sentence when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="kiosk-admin-web",
        description="Serve the staff pages. They ask the kiosk daemon for everything and keep only sign-ins, "
        "and visits until they are saved.",
        epilog="Example: kiosk-admin-web --host 0.0.0.0 --port 443 --cert cert.pem --key key.pem",
    )
    parser.add_argument("--socket", default="/run/kiosk/control.sock", help="the daemon's control socket")
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(os.environ.get("STATE_DIRECTORY", "/var/lib/kiosk-admin-web")),
        help="the directory for admin.db: sign-ins, and visits that are not saved yet",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8443, help="the port to listen on; 0 picks a free one")
    parser.add_argument("--cert", type=Path, help="the TLS certificate, PEM")
    parser.add_argument("--key", type=Path, help="the key of the certificate, PEM")
    options = parser.parse_args(arguments)
    if (options.cert is None) != (options.key is None):
        parser.error("--cert and --key belong together. Give both or none.")
    for file in filter(None, (options.cert, options.key)):
        if not os.access(file, os.R_OK):
            parser.error(f"{file} cannot be read. Check that it is there and who may read it.")
    if options.cert is None and not _loopback(options.host):
        parser.error(NEEDS_TLS.format(options.host))
    return options


def make_server(options: argparse.Namespace, app: Flask) -> web.Server:
    """Make the server, bound to its port but not yet serving. Raises OSError when the port is taken."""
    context = web.tls(options.cert, options.key) if options.cert else None
    return web.Server(app, web.tcp(options.host, options.port), name="pages", workers=WORKERS, context=context)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; READY and the watchdog go to systemd."""
    options = parse(arguments)
    sdnotify.starting()
    from admin_web.app import close, create_app

    https = options.cert is not None
    app = create_app(Settings(control_socket=options.socket, state=options.state, https=https))
    sdnotify.step()
    try:
        server = make_server(options, app)
    except OSError as error:
        close(app)
        sys.exit(f"kiosk-admin-web: cannot listen on {options.host} port {options.port}: {error.strerror or error}.")
    serve_until_told(server, "Staff pages", https=https)
    close(app)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    main()
