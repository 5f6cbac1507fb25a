"""The page that shows the simulated machine behind its glass, for people who try the kiosk without one."""

from kiosk.simulator.glass.app import create_app
from kiosk.simulator.glass.server import serve

__all__ = ["create_app", "serve"]
