"""Turns what visitors press, type and scan into requests: buttons, keypads, readers, a machine's own keypad.

Everything here runs in the drivers' threads: it admits, queues and returns, and never raises.
"""

from __future__ import annotations

import threading

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.dispense.service.vend_thread import Service
from kiosk.hardware.api import Signal
from kiosk.model import VendRequest, new_request_id

HELD_S = 60.0
"""An anonymous code that was read holds for the next press within so many seconds, and for one press only."""

CODE_WORDS = 4


class VisitorInputs:
    """Turns what visitors press, type and hold up to a reader into requests."""

    def __init__(self, service: Service, config: Config, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._takes_codes = config.codes.enabled
        self._slots = {slot.id: slot.id for slot in config.slots}
        self._slots |= {str(slot.number): slot.id for slot in config.slots if slot.number is not None}
        self._lock = threading.Lock()
        self._code: tuple[str, float] | None = None
        service.admission.on_visit_end = self.forget_code

    def press(self, sku: str) -> None:
        """Take a press for a product, with the code that was held up before, if any."""
        self._service.press(VendRequest(id=new_request_id(), sku=sku, code=self._take_code()))

    def enter(self, text: str) -> None:
        """Take a whole text: a slot's id or number asks for the product in it; a code waits for the next press.

        Whoever types the number of a slot wants what is in it, so any slot of that product will do.
        """
        text = text.strip()
        if slot := self._slots.get(text.upper()):
            self.press(self._service.slot(slot).sku)
        elif self._takes_codes and len(text.split()) == CODE_WORDS:
            with self._lock:
                self._code = text, self._clock.monotonic() + HELD_S
            self._service.sign.answer(Signal.NOTED)
        else:
            self._service.sign.answer(Signal.NOT_NOW)

    def select(self, slot: str) -> bool:
        """Take what a visitor chose at a machine's own keypad; say whether it will be served from that slot."""
        return self._service.press(VendRequest(id=new_request_id(), slot=slot))

    def forget_code(self) -> None:
        """Forget a code that waits for a press: whoever held it up is done."""
        with self._lock:
            self._code = None

    def _take_code(self) -> str | None:
        with self._lock:
            code, self._code = self._code, None
        return code[0] if code and self._clock.monotonic() < code[1] else None
