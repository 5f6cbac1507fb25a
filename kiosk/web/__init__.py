"""One HTTP server for every page and API of the kiosk: what it reads is limited while it is read, and has its time."""

from kiosk.web.server import Server, tcp, tls, unix

__all__ = ["Server", "tcp", "tls", "unix"]
