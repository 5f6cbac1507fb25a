"""Seeded bugs: mistakes that would break a promise, put in from outside. The model must find each of them."""

from __future__ import annotations

from kiosk.dispense.records import Records
from kiosk.dispense.service import Service
from tests.model.world import World


class Bug:
    """No bug: the kiosk as it is."""

    def opening(self, records: Records, world: World) -> None:
        """Spoil the records before the service opens them."""

    def serving(self, service: Service, world: World) -> None:
        """Spoil the service before it serves."""


SOUND = Bug()
