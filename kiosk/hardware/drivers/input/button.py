"""A push button on one input pin. A press is told on its first edge; bounces are ignored afterwards, not waited for.

Wire it from the pin to ground; the pin's own pull-up does the rest. With a cable of more than a metre add 1 kΩ to 3.3
V. One that is stuck, or leant on, for 30 s is told, presses nothing in the meantime, and works again once it comes
up. Written for any normally open push button, such as 30 mm arcade buttons and vandal-proof metal ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import InputLine

STUCK_S = 30.0
"""Nobody holds a button for longer; it is stuck or something leans on it."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One button."""

    asks_for_product: ClassVar[bool] = True

    pin: Pin
    active_low: Annotated[bool, Meta(description="True if a press pulls the pin low")] = True
    debounce_s: Annotated[
        float, Meta(ge=0, le=1, description="Edges so soon after a press or a release are bounces; seconds")
    ] = 0.05


class Driver:
    """A button as in `kiosk.hardware.api.Button`."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pin. A button that is down already is not a press. Raises HardwareError; then it is not claimed."""
        self._name = name
        self._debounce_s = options.debounce_s
        self._clock = board.clock
        self._pressed: Callable[[], None] | None = None
        self._down_since: float | None = None
        self._changed_at = self._clock.monotonic()
        self._line = InputLine(board, options.pin, active_low=options.active_low, changed=self._changed)
        if self._line.active():
            self._down_since = self._clock.monotonic()

    def on_press(self, pressed: Callable[[], None]) -> None:
        """Call `pressed` at each press, in the callback thread, at its first edge."""
        self._pressed = pressed

    def fault(self) -> str | None:
        """Return a sentence for staff if the button has been down for more than 30 s."""
        if self._line.failure:
            return self._line.failure
        try:
            down = self._line.active()
        except HardwareError as error:
            return str(error)
        since = self._down_since
        if down and since is not None and self._clock.monotonic() - since > STUCK_S:
            return f"Button {self._name} is stuck: free it. It works again as soon as it comes back up."
        return None

    def close(self) -> None:
        """Give the pin back. May be called twice."""
        self._line.close()

    def _changed(self, at: float, down: bool) -> None:
        # A bounce restarts the quiet time, so however long a bad contact chatters it is one press.
        quiet_s, self._changed_at = at - self._changed_at, at
        was_down, self._down_since = self._down_since is not None, at if down else None
        if down and not was_down and quiet_s >= self._debounce_s and self._pressed:
            self._pressed()
