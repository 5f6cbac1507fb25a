"""A locker on a simulated lock board "8A/80"."""

from kiosk.hardware.simulator.lock_board import BoardLocker as Body

__all__ = ["Body"]
