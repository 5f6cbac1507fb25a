"""Serves the glass on this computer only, in threads of its own."""

from __future__ import annotations

from collections.abc import Callable

from kiosk import web
from kiosk.config import Config
from kiosk.simulator.glass.app import create_app
from kiosk.simulator.world import World

HOST = "127.0.0.1"
WORKERS = 6
PATIENCE_S = 1.0
"""How long answers that are under way may take at a stop, in seconds."""


class GlassServer:
    """The page's server, listening once it is made."""

    def __init__(self, world: World, config: Config, port: int, turn: Callable[[str], object] | None) -> None:
        listener = web.tcp(HOST, port)
        self._port = listener.getsockname()[1]
        self._server = web.Server(create_app(world, config, turn=turn), listener, name="glass", workers=WORKERS)
        self._server.start()

    @property
    def address(self) -> str:
        """Where to look, such as `http://127.0.0.1:8080`."""
        return f"http://{HOST}:{self._port}"

    def stop(self) -> None:
        """Answer what is under way, at most a second long, and give the port back."""
        self._server.stop(PATIENCE_S)


def serve(world: World, config: Config, port: int, turn: Callable[[str], object] | None = None) -> GlassServer:
    """Show `world` on 127.0.0.1 at `port`; 0 picks a free one. `turn` turns a slot for a test.

    Raises OSError if the port is taken.
    """
    return GlassServer(world, config, port, turn)
