"""What can be wrong with the simulated machine, each with a plain name."""

from __future__ import annotations

import enum


class Fault(enum.StrEnum):
    """A fault on order. `str(fault)` is for programs, `fault.label` for the switch on the page."""

    JAM = "jam"
    STALL = "stall"
    HANG = "hang"
    DOUBLE_DROP = "double_drop"
    MOTOR_MISSING = "motor_missing"
    MOTOR_RUNS_ON = "motor_runs_on"
    HOME_STUCK = "home_stuck"
    BEAM_DEAD = "beam_dead"
    BEAM_BLOCKED = "beam_blocked"
    BUTTON_STUCK = "button_stuck"
    DOOR_OPEN = "door_open"
    HEAT = "heat"
    CABLE_OUT = "cable_out"
    LINE_DROPS = "line_drops"
    LINE_CORRUPTS = "line_corrupts"
    LINE_STALLS = "line_stalls"
    LINE_LATE = "line_late"
    LINE_TWICE = "line_twice"
    BOARD_OFF = "board_off"
    BOLT_STUCK = "bolt_stuck"
    LOCK_SWITCH_STUCK = "lock_switch_stuck"
    ITEM_LEFT = "item_left"
    DOOR_LEFT_OPEN = "door_left_open"

    UNPLUGGED = "unplugged"
    TAMPERED = "tampered"
    MAINS_OUT = "mains_out"
    BIN_FULL = "bin_full"
    KEY_STUCK = "key_stuck"
    OVERCURRENT = "overcurrent"
    HEATER_DEAD = "heater_dead"

    @property
    def label(self) -> str:
        """Say what is wrong, in a few words."""
        return _LABELS[self]

    @property
    def per_slot(self) -> bool:
        """Say whether it is a fault of one coil or locker, to be ordered with a slot."""
        return self in COIL_FAULTS | LOCKER_FAULTS


_LABELS = {
    Fault.JAM: "Items are wedged: the coil turns, nothing falls",
    Fault.STALL: "The coil is blocked half way",
    Fault.HANG: "The item hangs until a quarter turn more",
    Fault.DOUBLE_DROP: "Two items fall together",
    Fault.MOTOR_MISSING: "The motor is unplugged",
    Fault.MOTOR_RUNS_ON: "The motor will not stop",
    Fault.HOME_STUCK: "The home switch is stuck",
    Fault.BEAM_DEAD: "The drop beam is dead: it sees nothing",
    Fault.BEAM_BLOCKED: "Something blocks the drop beam",
    Fault.BUTTON_STUCK: "The button is stuck",
    Fault.DOOR_OPEN: "The door is open",
    Fault.HEAT: "It is too hot inside",
    Fault.CABLE_OUT: "The serial cable is pulled",
    Fault.LINE_DROPS: "The board's answers are lost",
    Fault.LINE_CORRUPTS: "The board's answers arrive with an error",
    Fault.LINE_STALLS: "The board's answers stop in the middle",
    Fault.LINE_LATE: "The board answers too late",
    Fault.LINE_TWICE: "The board says everything twice",
    Fault.BOARD_OFF: "The board has no power",
    Fault.BOLT_STUCK: "The bolt is stuck: the door stays shut",
    Fault.LOCK_SWITCH_STUCK: "The lock's switch always says closed",
    Fault.ITEM_LEFT: "The visitor leaves the item inside",
    Fault.DOOR_LEFT_OPEN: "The visitor leaves the door open",
    Fault.UNPLUGGED: "It is unplugged",
    Fault.TAMPERED: "The cabinet is forced",
    Fault.MAINS_OUT: "Mains power is gone",
    Fault.BIN_FULL: "The sharps bin is full",
    Fault.KEY_STUCK: "A key is stuck",
    Fault.OVERCURRENT: "The motors draw too much",
    Fault.HEATER_DEAD: "The heater or cooler does nothing",
}

COIL_FAULTS = frozenset(
    {
        Fault.JAM,
        Fault.STALL,
        Fault.HANG,
        Fault.DOUBLE_DROP,
        Fault.MOTOR_MISSING,
        Fault.MOTOR_RUNS_ON,
        Fault.HOME_STUCK,
    }
)

LOCKER_FAULTS = frozenset({Fault.BOLT_STUCK, Fault.LOCK_SWITCH_STUCK, Fault.ITEM_LEFT, Fault.DOOR_LEFT_OPEN})
