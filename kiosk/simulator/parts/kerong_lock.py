"""A locker on a simulated Kerong lock board."""

from kiosk.simulator.lock_board import BoardLocker as Body

__all__ = ["Body"]
