"""What the codes of a VMC machine mean, and what staff should do about each. "VMC - Upper computer" V3.0, 4.3. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NORMAL = 0x01
"""A selection that can be driven."""
SOLD_OUT = 0x02
"""The machine's own counter of a selection says 0. Whether it is kept at all is the programme's affair."""

SENSOR_SAW = 0x02
"""Driven with success: the drop sensor saw the item, if it was switched on."""
TAKE_OUT = 0x24
"""Success in machines that warm food. Some others say it too; that their sensor saw anything they do not say."""
NO_MOTOR = 0x06
RUNS_ON = 0x04
ENDED = 0xFF
"""The machine gave up, and does not say at what point."""

WORKING = frozenset({0x01, 0x10, 0x11, 0x14, 0x16, 0x18, 0x19, 0x21, 0x22, 0x23, 0x26})
"""It goes on: the motor turns, the elevator moves, doors move. More of them follow, or a result."""

STATES: Mapping[int, str] = MappingProxyType(
    {
        SOLD_OUT: "is sold out by the machine's own count: enter its stock in the machine's menu",
        0x03: "does not exist: check its number, its motor plug and the tray's plug",
        0x04: "is paused: clear its error in the machine's menu",
        0x05: "cannot be driven: take out the item that lies in the elevator",
        0x06: "cannot be driven: close the delivery door",
        0x07: "cannot be driven: the elevator has an error; look for what blocks it, then switch it off and on",
        0x08: "cannot be driven: the elevator failed its own test; switch the machine off and on",
        0x16: "cannot be driven: the pushing bar did not come back; look for what blocks it",
        0x17: "cannot be driven: its main motor has a fault; check its plug",
        0x18: "cannot be driven: its sideways motor has a fault; check its plug",
        0x19: "cannot be driven: the pushing bar does not move; look for what blocks it",
    }
)
"""Selections that the machine will not drive, and what to do. With a code that is not here it may decide itself."""

RESULTS: Mapping[int, str] = MappingProxyType(
    {
        0x03: "jammed: look for an item that is wedged, and whether the machine's drop sensor is clean",
        RUNS_ON: "has a motor that does not stop: switch the machine off, then check its motor and its switch",
        NO_MOTOR: "has no motor: check its number and its motor plug",
        0x07: "was stopped by an elevator error: look for what blocks the elevator and whether an item lies in it",
        0x12: "was stopped because the elevator did not come up: look for what blocks it",
        0x13: "gave to an elevator that did not come down: look whether the item lies in it",
        0x15: "was stopped by a door: the delivery door did not close",
        0x17: "was stopped by a door: the oven's door did not open",
        0x20: "was stopped by a door: the oven's door did not close",
        0x25: "was stopped: the pushing bar did not come back",
        0x28: "was stopped: the pushing bar did not move",
        0x29: "was stopped: the elevator did not reach the oven",
        0x30: "was stopped: the elevator did not leave the oven",
        0x31: "was stopped: the oven's bar did not push",
        0x32: "was stopped: the oven's bar did not come back",
        ENDED: "was given up without a word why: look whether its item lies in the machine",
    }
)
"""How a drive ends that did not succeed, and what to do."""

SUCCESSES = frozenset({SENSOR_SAW, TAKE_OUT})

HEALTH: Mapping[int, str] = MappingProxyType(
    {
        0x01: "an item lies in its elevator: take it out, and count the slot that it is from",
        0x02: "its delivery door is not closed: close it",
        0x03: "its elevator has an error: look for what blocks it, then switch the machine off and on",
        0x04: "its elevator failed its own test: switch the machine off and on",
    }
)


def is_result(code: int) -> bool:
    """Say whether a status ends a drive."""
    return code in SUCCESSES or code in RESULTS
