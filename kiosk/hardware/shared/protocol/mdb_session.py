"""One request of an MDB machine, from the choice at its keypad to the end of its session. Pure: it writes nothing.

    READY ─ request ─► ASKED ─ approve ─► APPROVED ─ success ─► SAID ─ session over ─► READY, it gave out
                         │                   ├─ failed ──────────────────────────────► READY, it did not
                         │                   └─ anything else that ends it ──────────► READY, not known
                         └─ cancelled, reset, another request, no answer in time ────► READY, nothing happened

Each request is approved once at most, and only what was heard in this order is believed: a success that nobody waited
for, or after which the session did not end, was an echo.
"""

from __future__ import annotations

import enum

from msgspec import Struct
from msgspec.structs import replace

from kiosk.hardware.shared.protocol.mdb_lines import Event, Heard, Request

DOUBLE_S = 1.0
"""The same request again within so many seconds is one line that came twice: no visitor and no vend is as quick."""


class Stage(enum.Enum):
    """How far a request is."""

    READY = enum.auto()
    ASKED = enum.auto()
    APPROVED = enum.auto()
    SAID = enum.auto()


class Effect(enum.Enum):
    """What is to be done now."""

    ASK = enum.auto()
    """Ask the kiosk about the request."""
    DENY = enum.auto()
    """Write `C,STOP`."""
    DENY_AGAIN = enum.auto()
    """Write `C,VEND,-1`, the other way to say no: the manual has both, and this interface did not take the first."""
    GAVE = enum.auto()
    """What was approved was given out, as the machine says."""
    FAILED = enum.auto()
    """What was approved was not given out, as the machine says."""
    LOST = enum.auto()
    """What became of what was approved nobody will ever say."""


Effects = tuple[Effect, ...]


class State(Struct, frozen=True, kw_only=True):
    """Where it stands. `number` counts the requests, `since_s` is when the last was heard."""

    stage: Stage = Stage.READY
    request: Request | None = None
    number: int = 0
    since_s: float = 0.0
    denied: bool = False
    """Our last word was `C,STOP`, and nothing was heard of it since."""


def heard(state: State, event: Event, now_s: float) -> tuple[State, Effects]:
    """Take in one line of the interface."""
    if isinstance(event, Request):
        return _requested(state, event, now_s)
    if event is Heard.ALIVE or (event is Heard.DISABLED and state.stage is not Stage.SAID):
        return state, ()  # a reader that is disabled finishes what it has begun (MDB 4.2, READER DISABLE)
    if event is Heard.NO_STOP:
        return replace(state, denied=False), ((Effect.DENY_AGAIN,) if state.denied else ())
    if state.stage is Stage.READY:
        return replace(state, denied=False), ()
    if state.stage is Stage.ASKED:
        return _waiting(state, event)
    return _giving(state, event)


def approve(state: State, item: int) -> State | None:
    """Approve the request for `item`; None if there is none that is still open and was not approved yet."""
    if state.stage is not Stage.ASKED or state.request is None or state.request.item != item:
        return None
    return replace(state, stage=Stage.APPROVED)


def deny(state: State, number: int) -> tuple[State, Effects]:
    """Refuse the request that has this number, if it is still open."""
    if state.stage is not Stage.ASKED or state.number != number:
        return state, ()
    return replace(_over(state), denied=True), (Effect.DENY,)


def garbled(state: State) -> tuple[State, Effects]:
    """Take in a line that nobody can read and that may have been a request: say no, so that nobody waits for us."""
    return (replace(state, denied=True), (Effect.DENY,)) if state.stage is Stage.READY else (state, ())


def cut(state: State) -> tuple[State, Effects]:
    """Give up whatever is open: the port was lost, or nothing was heard for too long."""
    lost = state.stage in {Stage.APPROVED, Stage.SAID}
    return _over(state), ((Effect.LOST,) if lost else ())


def _requested(state: State, request: Request, now_s: float) -> tuple[State, Effects]:
    if state.stage is Stage.READY:
        asked = State(stage=Stage.ASKED, request=request, number=state.number + 1, since_s=now_s)
        return asked, (Effect.ASK,)
    if request == state.request and (state.stage is Stage.ASKED or now_s - state.since_s < DOUBLE_S):
        return state, ()
    if state.stage is Stage.SAID:  # a new session has begun, so the last one is over
        asked, effects = _requested(_over(state), request, now_s)
        return asked, (Effect.GAVE, *effects)
    # One of two requests without an end between them was misread, and which one nobody knows. So neither is believed;
    # the machine tells its visitor to choose again.
    over, effects = cut(state)
    return replace(over, denied=True), (*effects, Effect.DENY)


def _waiting(state: State, event: Heard) -> tuple[State, Effects]:
    """Hear of a request that we have not answered: whatever else the machine does now, it no longer waits for us."""
    echoes = {Heard.SUCCESS, Heard.FAILED, Heard.NOT_NOW}
    return (state if event in echoes else _over(state)), ()


def _giving(state: State, event: Heard) -> tuple[State, Effects]:
    """Hear of a request that we have approved."""
    if event is Heard.SUCCESS:
        return replace(state, stage=Stage.SAID), ()
    if state.stage is Stage.SAID and event in {Heard.IDLE, Heard.ENABLED, Heard.DISABLED}:
        return _over(state), (Effect.GAVE,)
    if state.stage is Stage.APPROVED and event is Heard.FAILED:
        return _over(state), (Effect.FAILED,)
    return cut(state)


def _over(state: State) -> State:
    return State(number=state.number)
