"""What the page says about the machine, in words."""

from __future__ import annotations

from kiosk.simulator.faults import Fault
from kiosk.simulator.snapshot import LockerSeen, WorldSnapshot

SHORT = {
    Fault.JAM: "wedged",
    Fault.STALL: "blocked",
    Fault.HANG: "hangs",
    Fault.DOUBLE_DROP: "two fall",
    Fault.MOTOR_MISSING: "unplugged",
    Fault.MOTOR_RUNS_ON: "runs on",
    Fault.HOME_STUCK: "home stuck",
    Fault.BOLT_STUCK: "bolt stuck",
    Fault.LOCK_SWITCH_STUCK: "switch stuck",
    Fault.ITEM_LEFT: "left inside",
    Fault.DOOR_LEFT_OPEN: "left open",
}
"""A slot's fault in a word or two, for the label under it."""


def items(number: int) -> str:
    """Say how many items."""
    return "1 item" if number == 1 else f"{number} items"


def button(name: str) -> str:
    """Say which button, whether or not its name says that it is one."""
    return name if name.endswith("button") else f"{name} button"


def keypad_key(key: str) -> str:
    """Say which key of a keypad."""
    return {"*": "Key star", "#": "Key hash"}.get(key, f"Key {key}")


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
    told = []
    if seen.coils:
        turning = [coil.slot for coil in seen.coils if coil.turning]
        told.append(f"{listed(turning)} {'turns' if len(turning) == 1 else 'turn'}." if turning else "Nothing turns.")
        told.append(f"In the tray: {items(seen.tray)}." if seen.tray else "The tray is empty.")
    if seen.lockers:
        opened = [locker.slot for locker in seen.lockers if locker.opened]
        told.append(f"Open: {listed(opened)}." if opened else "All lockers are closed.")
    if seen.door_open:
        told.append("The door is open.")
    return " ".join(told)


def listed(slots: list[str]) -> str:
    """Put names together as one says them."""
    return " and ".join(slots) if len(slots) < 3 else f"{', '.join(slots[:-1])} and {slots[-1]}"


def locker(seen: LockerSeen) -> str:
    """Say how a locker is, in a word or two."""
    if seen.opened:
        return "open"
    return "empty" if not seen.count else "full" if seen.count == seen.capacity else items(seen.count)


def key(seen: LockerSeen) -> str:
    """Say what a hand with the staff's key can do to a locker's door."""
    return f"Close {seen.slot}" if seen.opened else f"Open {seen.slot} with the key"
