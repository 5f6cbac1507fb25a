"""A simulated VMC machine with two selections, the drivers above it, and an account of what it really did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kiosk.config import parse
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.shared.protocol.vmc_session import REMEMBERED_S
from kiosk.simulator.line import Mangle
from tests.simulated import open_board, until

CAPACITY = 200
SELECTIONS = {"A1": 11, "A2": 12}

MACHINE = """
[kiosk]
id = "bench"
site = "Bench"
[hardware]
pins = "simulator"
[paths]
state = {state}
[[products]]
sku = "NAL-4"
name = "Naloxone"
[[controllers]]
name = "machine"
driver = "vmc"
options = {{ port = "ttyUSB0"{more} }}
"""

SLOT = """
[[slots]]
id = "{slot}"
product = "NAL-4"
capacity = {capacity}
driver = "vmc_lane"
options = {{ controller = "machine", selection = {selection}{lane} }}
"""


class Rig:
    """The machine from both ends."""

    def __init__(self, state: Path, more: str = "", lane: str = "") -> None:
        text = MACHINE.format(state=json.dumps(str(state)), more=more) + "".join(
            SLOT.format(slot=slot, selection=selection, capacity=CAPACITY, lane=lane)
            for slot, selection in SELECTIONS.items()
        )
        config = parse(text, registry)
        board = open_board(config)
        self.board, self.world, self.clock = board, board.world, board.clock
        self.body: Any = self.world.part("machine")
        machine = config.controllers[0]
        self.controller = registry.open_driver("controller", "vmc", "machine", machine.options, board)
        board.add("machine", self.controller)
        self.motors: dict[str, Any] = {
            slot.id: registry.open_driver("motor", "vmc_lane", slot.id, slot.options, board) for slot in config.slots
        }
        self.begin()

    def begin(self) -> None:
        """Fill the slots anew, as what hung from a jam is not where it belongs, and begin the account of them."""
        self.told: dict[str, list[str]] = {slot: [] for slot in SELECTIONS}
        self.took_s: list[float] = []
        for slot in SELECTIONS:
            self.world.take_out(slot, self.world.inside(slot))
            self.world.put_in(slot, CAPACITY)
        self._moved = {slot: self.world.motions(slot) for slot in SELECTIONS}

    def turn(self, slot: str = "A1") -> str:
        """Turn a slot as a vend does, and return how it ended: a `Turn`, or lost."""
        began = self.clock.monotonic()
        ended = "lost"
        with suppress(HardwareError):
            ended = self.motors[slot].turn(lambda: None)
        self.took_s.append(self.clock.monotonic() - began)
        self.told[slot].append(ended)
        return ended

    def drive(self, mangle: Mangle | None, mangle_heard: Mangle | None = None) -> None:
        """Disturb the line from now on, in both directions."""
        self.body.line.mangle, self.body.line.mangle_heard = mangle, mangle_heard

    def calm(self) -> None:
        """Undisturb the line, and wait until nothing of it can be mistaken: delays, drives, and what is known again."""
        self.body.line.mangle = None
        self.clock.sleep(REMEMBERED_S + 1)

    def works(self) -> bool:
        """Turn A1 on a quiet line; again if an item hung from a jam."""
        self.drive(None)
        until_polled(self)
        return any(self.turn() == Turn.DELIVERED for _ in range(3))

    def violations(self) -> list[str]:
        """Return every way in which what was told of the slots so far is not what happened in them."""
        wrong = []
        for slot, told in self.told.items():
            left = CAPACITY - self.world.inside(slot)
            certain = told.count(Turn.DELIVERED)
            perhaps = len(told) - certain - told.count(Turn.ABSENT)
            moved = self.world.motions(slot) - self._moved[slot]
            if moved > certain + perhaps:
                wrong.append(f"{slot}: {moved} motions for {certain + perhaps} turns that may have moved it: {told}")
            if not certain <= left <= certain + perhaps:
                wrong.append(f"{slot}: {left} items left it, told were {certain} and perhaps {perhaps} more: {told}")
        limit_s = self.motors["A1"].limit_s
        return wrong + [f"a turn took {took_s:.1f} s of {limit_s:.1f} s" for took_s in self.took_s if took_s > limit_s]

    def close(self) -> None:
        for part in (*self.motors.values(), self.controller, self.board):
            part.close()


@contextmanager
def rig(state: Path, more: str = "", lane: str = "") -> Iterator[Rig]:
    made = Rig(state, more, lane)
    try:
        yield made
    finally:
        made.close()


def passes(made: Rig, seconds: float) -> None:
    """Let the machine's time pass."""
    made.clock.sleep(seconds)


def until_polled(made: Rig) -> None:
    """Wait until the machine was heard."""
    assert until(made.clock, lambda: "does not" not in (made.controller.fault() or ""))
