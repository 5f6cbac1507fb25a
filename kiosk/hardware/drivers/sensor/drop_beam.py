"""A light beam under the coils that falling items interrupt.

Wire the receiver's output to `pin` (3.3 V at most; an open collector needs no more than the pin's own pull-up) and
the emitter's supply through a transistor to `emitter_pin`, so that the beam can be proven: now and then, and whenever
nothing fell, the emitter goes dark for some milliseconds, and the receiver must notice. Without `emitter_pin` a beam
that sees nothing looks like one past which nothing fell, and the kiosk then cannot say that an item jammed.

Every interruption counts, however short: nothing is filtered by time but the gap between two pulses of one item.
Written for infrared through-beam pairs (Adafruit 2167 and 2168, industrial M12 and M18 pairs with NPN output) and for
the light curtains of vending machines that have one output; several beams in a row may share a pin if each can pull
it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.config import Pin
from kiosk.errors import HardwareError
from kiosk.hardware.api import Board
from kiosk.hardware.shared.gpio_lines import InputLine, OutputLine

BLOCKED_S = 0.5
"""An item passes in some 40 ms. What interrupts the beam for longer lies in it."""
ANSWER_S = 0.009
"""How long the receiver may take to follow its emitter."""
LIGHTS_S = 0.002
"""How long to wait for a clear beam before the proof, which then takes no more than 20 ms in all."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """One beam. Without `emitter_pin` it can be watched but never proven to see."""

    sees_drops = True

    pin: Pin
    emitter_pin: Pin | None = None
    broken_low: Annotated[bool, Meta(description="True if the receiver is low while interrupted")] = True
    emitter_active_low: Annotated[bool, Meta(description="True if the emitter is lit while its pin is low")] = False
    merge_s: Annotated[
        float, Meta(ge=0, le=1, description="Two interruptions with a shorter gap than this are one item; seconds")
    ] = 0.05


class Driver:
    """A drop sensor as in `kiosk.hardware.api.DropSensor`. One thread watches, waits and proves."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Claim the pins and light the emitter. Raises HardwareError; then nothing is left claimed."""
        self._name = name
        self._options = options
        self._clock = board.clock
        self._items: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._stray: Callable[[], None] | None = None
        self._count = 0
        self._since = self._proof_ended = self._changed_at = float("-inf")
        self._proving = self._holds = self._blind = False
        self._emitter: OutputLine | None = None
        if options.emitter_pin is not None:
            self._emitter = OutputLine(board, options.emitter_pin, active_low=options.emitter_active_low)
        try:
            if self._emitter:
                self._emitter.on()
            self._receiver = InputLine(board, options.pin, active_low=options.broken_low, changed=self._changed)
        except BaseException:
            if self._emitter:
                self._emitter.close()
            raise
        self._changed_at = self._clock.monotonic()

    def watch(self) -> None:
        """Forget what was seen and count anew."""
        self._since = self._clock.monotonic()
        self.seen()
        self._count = 0

    def wait(self, timeout_s: float) -> int:
        """Return how many items were seen since `watch`, as soon as it is one."""
        deadline = self._clock.monotonic() + timeout_s
        while self.seen() == 0:
            try:
                self._count_item(self._clock.get(self._items, deadline - self._clock.monotonic()))
            except queue.Empty:
                break
        return self.seen()

    def seen(self) -> int:
        """Return how many items were seen since `watch`."""
        while not self._items.empty():
            self._count_item(self._items.get_nowait())
        return self._count

    def on_stray(self, item: Callable[[], None]) -> None:
        """Call `item` for each item seen, whoever watches. It runs in the callback thread."""
        self._stray = item

    def prove(self) -> bool:
        """Darken the emitter and see whether the receiver notices, both ways; at most 20 ms.

        Pins that fail prove nothing: the answer is False, and the vend goes on without a sensor.
        """
        if self._emitter is None:
            return False
        self._holds = self._blind = False
        self._proving = True
        try:
            if self._answer(self._emitter.on, False, LIGHTS_S):  # it may have been lit only just now
                self._holds = self._answer(self._emitter.off, True, ANSWER_S) and self._answer(
                    self._emitter.on, False, ANSWER_S
                )
                self._blind = not self._holds
            self._emitter.on()
        except HardwareError:
            self._holds, self._blind = False, True
        finally:
            self._proof_ended = self._clock.monotonic()
            self._proving = False
        return self._holds

    def proven(self) -> bool:
        """Say whether the last proof held and nothing is in the beam now. Reads one pin, no more."""
        try:
            return self._holds and not self._receiver.active()
        except HardwareError:
            return False

    def fault(self) -> str | None:
        """Return a sentence for staff if something lies in the beam, or the receiver does not see its emitter."""
        if self._receiver.failure:
            return self._receiver.failure
        try:
            broken = self._receiver.active()
        except HardwareError as error:
            return str(error)
        if broken and self._clock.monotonic() - self._changed_at > BLOCKED_S:
            return (
                f"Drop sensor {self._name} is blocked: take out what lies in the beam, and clean it. If it is clear, "
                "its light is dark: check the emitter's plug."
            )
        if self._blind and not broken:
            return f"Drop sensor {self._name} does not see its own light: check its plugs, then test it."
        return None

    def close(self) -> None:
        """Give the pins back, the emitter dark. May be called twice."""
        self._receiver.close()
        if self._emitter:
            self._emitter.close()

    def _answer(self, switch: Callable[[], None], broken: bool, within_s: float) -> bool:
        while not self._answers.empty():
            self._answers.get_nowait()
        already = self._receiver.active() == broken
        deadline = self._clock.monotonic() + within_s
        switch()
        try:
            while not already:
                already = self._clock.get(self._answers, deadline - self._clock.monotonic()) == broken
        except queue.Empty:
            return False
        return True

    def _count_item(self, at: float) -> None:
        if at >= self._since:
            self._count += 1

    def _changed(self, at: float, broken: bool) -> None:
        before, self._changed_at = self._changed_at, at
        if self._proving:
            self._answers.put(broken)
        elif broken and at > self._proof_ended and at - before >= self._options.merge_s:
            self._items.put(at)
            if self._stray:
                self._stray()
