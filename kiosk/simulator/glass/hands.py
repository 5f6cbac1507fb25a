"""What hands can do to the simulated machine. Each answers 303 back to the page, or 204 to the page's script."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kiosk.simulator.faults import Fault
from kiosk.simulator.locker import Locker
from kiosk.simulator.parts import mdb_item
from kiosk.simulator.world import World

PRESS_S = 0.3
"""How long a finger stays on a button."""
COLDEST_C, HOTTEST_C = -20.0, 70.0
CUT_AFTER_S = 1.2
"""About half of a coil's turn."""

hands = Blueprint("hands", __name__)


def _world() -> World:
    return cast("World", current_app.extensions["world"])


def _done(fragment: str = "") -> BaseResponse:
    if request.accept_mimetypes.best == "application/json":
        return Response(status=204)
    return redirect(f"/{fragment}", 303)


@hands.post("/press")
def press() -> BaseResponse:
    """Press the button called `button`."""
    _world().press(request.form["button"], PRESS_S)
    return _done()


@hands.post("/tray")
def take() -> BaseResponse:
    """Take everything out of the tray."""
    _world().empty_tray()
    return _done()


@hands.post("/door")
def door() -> BaseResponse:
    """Open the door, with `open=1`, or close it. Closing it ends the fault that held it open."""
    _turn_door(request.form.get("open") == "1")
    return _done()


@hands.post("/slots/<slot>/door")
def locker_door(slot: str) -> BaseResponse:
    """Open a locker with the staff's key, with `open=1`, or close it."""
    locker = _world().part(slot)
    if not isinstance(locker, Locker):
        abort(404, f"{slot} has no door of its own.")
    locker.set_open(request.form.get("open") == "1")
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/turn")
def turn(slot: str) -> BaseResponse:
    """Have the kiosk turn a slot for a test, as staff do; what comes of it is seen."""
    turn_slot = current_app.extensions["turn"]
    if turn_slot is None:
        abort(404, "No kiosk works this machine, so nothing can be turned.")
    turn_slot(slot)
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/choose")
def choose(slot: str) -> BaseResponse:
    """Press a slot's number on the keypad of the machine that it belongs to."""
    lane = _world().part(slot)
    if not isinstance(lane, mdb_item.Body):
        abort(404, f"{slot} belongs to no machine with a keypad of its own.")
    if not lane.choose():
        abort(409, "The machine takes no choice now: it is busy, or it waits for its cashless device.")
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/fill")
def fill(slot: str) -> BaseResponse:
    """Fill a slot up, through the open door, or a locker with its key."""
    _only_through_the_door(slot)
    compartment = _world().part(slot)
    _world().put_in(slot, compartment.entry.capacity - compartment.count)
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/put")
def put_in(slot: str) -> BaseResponse:
    """Put one item into a slot, behind the others, through the open door, or into a locker with its key."""
    _only_through_the_door(slot)
    _world().put_in(slot, 1)
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/take")
def take_out(slot: str) -> BaseResponse:
    """Take the hindmost item out of a slot, through the open door, or out of a locker with its key."""
    _only_through_the_door(slot)
    _world().take_out(slot, 1)
    return _done(f"#slot-{slot}")


@hands.post("/slots/<slot>/faults")
def slot_faults(slot: str) -> BaseResponse:
    """Let a coil or a locker have exactly the faults that are named."""
    _set_faults(slot)
    return _done(f"#slot-{slot}")


@hands.post("/parts/<part>/faults")
def part_faults(part: str) -> BaseResponse:
    """Let a board with its line, or a sensor, have exactly the faults that are named."""
    _set_faults(part)
    return _done("#others")


@hands.post("/keypads/<name>/keys")
def press_key(name: str) -> BaseResponse:
    """Press one `key` of a keypad."""
    _world().press_key(name, request.form["key"])
    return _done()


@hands.post("/keypads/<name>")
def type_text(name: str) -> BaseResponse:
    """Type `text` at a keypad, or hold up to a reader what says so."""
    _world().type(name, request.form["text"])
    return _done()


@hands.post("/faults")
def faults() -> BaseResponse:
    """Let the rest of the machine have exactly the faults that are named; a button's as `button_stuck:its name`."""
    wanted = set(request.form.getlist("fault"))
    seen = _world().snapshot()
    if seen.beam is not None:
        for fault in (Fault.BEAM_DEAD, Fault.BEAM_BLOCKED):
            _world().set_fault(fault, fault in wanted)
    if seen.door_open is not None and seen.door_open != (Fault.DOOR_OPEN in wanted):
        _turn_door(Fault.DOOR_OPEN in wanted)
    if seen.temperature is not None:
        _world().set_fault(Fault.HEAT, Fault.HEAT in wanted)
    for button in seen.buttons:
        _world().set_fault(Fault.BUTTON_STUCK, f"{Fault.BUTTON_STUCK}:{button.name}" in wanted, button.name)
    return _done("#machine-faults")


@hands.post("/temperature")
def temperature() -> BaseResponse:
    """Make it `celsius` warm inside. That ends the fault that made it too hot."""
    celsius = float(request.form["celsius"])
    if not COLDEST_C <= celsius <= HOTTEST_C:
        raise ValueError(f"The air can be {COLDEST_C:g} to {HOTTEST_C:g} °C. Choose a temperature between them.")
    _world().set_fault(Fault.HEAT, False)
    _world().set_temperature(celsius)
    return _done("#machine-faults")


@hands.post("/power-cut")
def power_cut() -> BaseResponse:
    """Cut the power in the middle of the next turn."""
    _world().cut_power_at(CUT_AFTER_S, current_app.extensions["cut_power"])
    return _done("#machine-faults")


def _turn_door(opened: bool) -> None:
    if _world().snapshot().door_open is not None and not opened:
        _world().set_fault(Fault.DOOR_OPEN, False)
    _world().set_door(opened)


def _set_faults(part: str) -> None:
    wanted = {Fault(name) for name in request.form.getlist("fault")}
    for fault in sorted(_world().part(part).accepts):
        _world().set_fault(fault, fault in wanted, part)


def _only_through_the_door(slot: str) -> None:
    """Keep hands out while the machine's door is closed. A locker opens with a key, whatever that door does."""
    if _world().snapshot().door_open is False and not isinstance(_world().part(slot), Locker):
        abort(409, "The door is closed. Open the door first.")
