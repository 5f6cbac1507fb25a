"""Serves the glass on this computer only, in threads of its own."""

from __future__ import annotations

from cheroot.wsgi import Server

from kiosk import threads
from kiosk.config import Config
from kiosk.hardware.simulator.glass.app import create_app
from kiosk.hardware.simulator.world import World

HOST = "127.0.0.1"
THREADS = 6


class GlassServer:
    """The page's server, listening once it is made."""

    def __init__(self, world: World, config: Config, port: int) -> None:
        app = create_app(world, config)
        self._server = Server((HOST, port), app, numthreads=THREADS, timeout=10, shutdown_timeout=1)
        self._server.max_request_body_size = 16 * 1024
        self._server.prepare()
        self._thread = threads.start("glass", self._server.serve)

    @property
    def address(self) -> str:
        """Where to look, such as `http://127.0.0.1:8080`."""
        return f"http://{HOST}:{self._server.bind_addr[1]}"

    def stop(self) -> None:
        """Answer what is under way, at most a second long, and give the port back."""
        self._server.stop()
        self._thread.join(timeout=5)


def serve(world: World, config: Config, port: int) -> GlassServer:
    """Show `world` on 127.0.0.1 at `port`; 0 picks a free one. Raises OSError if the port is taken."""
    return GlassServer(world, config, port)
