"""The software of a 24/7 harm-reduction kiosk."""

__version__ = "0.1.0"
