"""A locker on a simulated Kerong lock board."""

from kiosk.hardware.simulator.lock_board import BoardLocker as Body

__all__ = ["Body"]
