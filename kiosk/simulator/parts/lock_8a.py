"""A locker on a simulated lock board "8A/80"."""

from kiosk.simulator.lock_board import BoardLocker as Body

__all__ = ["Body"]
