"""One HTTP server for every page and API of the kiosk: what it reads is limited while it is read, and has its time."""

from kiosk.web.server import Reserved, Server, tcp, tls, unix

__all__ = ["Reserved", "Server", "tcp", "tls", "unix"]
