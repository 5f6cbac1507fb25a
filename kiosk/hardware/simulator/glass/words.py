"""What the page says about the machine, in words."""

from __future__ import annotations

from kiosk.hardware.simulator.faults import Fault
from kiosk.hardware.simulator.snapshot import WorldSnapshot

SHORT = {
    Fault.JAM: "wedged",
    Fault.STALL: "blocked",
    Fault.HANG: "hangs",
    Fault.DOUBLE_DROP: "two fall",
    Fault.MOTOR_MISSING: "unplugged",
    Fault.MOTOR_RUNS_ON: "runs on",
    Fault.HOME_STUCK: "home stuck",
}
"""A coil's fault in a word or two, for the label under it."""


def items(number: int) -> str:
    """Say how many items."""
    return "1 item" if number == 1 else f"{number} items"


def button(name: str) -> str:
    """Say which button, whether or not its name says that it is one."""
    return name if name.endswith("button") else f"{name} button"


def speed(times: float) -> str:
    """Say how fast the machine's time passes."""
    return "as fast as in life" if times == 1 else f"{times:g} times as fast as in life"


def beam(seen: WorldSnapshot) -> str:
    """Say what the drop beam does."""
    if seen.beam is None:
        return "no drop beam"
    if seen.beam.fault:
        return "drop beam dead" if seen.beam.fault == Fault.BEAM_DEAD else "drop beam blocked"
    return "drop beam broken" if seen.beam.broken else "drop beam clear"


def sentence(seen: WorldSnapshot) -> str:
    """Say what the machine does now."""
    turning = [coil.slot for coil in seen.coils if coil.turning]
    moves = f"{' and '.join(turning)} {'turns' if len(turning) == 1 else 'turn'}." if turning else "Nothing turns."
    tray = f"In the tray: {items(seen.tray)}." if seen.tray else "The tray is empty."
    return f"{moves} {tray}" + (" The door is open." if seen.door_open else "")
