"""One vend, that is one attempt on one slot, as a table of decisions. Pure: it moves nothing and waits for nothing.

`begin` and `advance` return what to do next; whoever does it reports back with the next event.

    Turn ─► Moved ─► Watch ─► Watched ─┬─ a drop ─────────────────────────────────► Finish(dispensed)
     ▲▲               ▲                ├─ nothing, and the sensor is not proven ──► Finish(presumed)
     │└───────────────│────────────────┼─ nothing, and the coil had stood away from home: once more
     │      Nudge ─► Moved             │
     │        ▲                        │
     │        └────────────────────────┼─ nothing: up to three quarter turns
   begin                               └─ nothing after those ────────────────────► Finish(jammed | not_started)

A motor may say itself how it went: `delivered` (its machine saw the drop), `unlocked` (a locker), `absent` (it was not
driven). Such a vend is over at once. So is any vend whose items fall past no drop sensor of ours.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from kiosk.model import Outcome

NUDGES = 3
"""Extra quarter turns when nothing fell: up to one extra turn with the last (Seaga)."""

WATCH_S = 3.0
"""How long the drop sensor is watched after a turn, in seconds (Crane SureVend)."""

WATCH_BETWEEN_S = 1.0
"""How long after a quarter turn that is not the last. An item falls in under half a second."""

SETTLE_S = 0.5
"""How long after a drop a second item that came loose with the first is still waited for, in seconds."""

LOST_S = 5.0
"""How much longer it is watched when the motor's board went silent: the longest turn that it may still make."""

WHOLE = ("completed", "homed")
"""The endings after which the coil stands at home."""


class Turn(Struct, frozen=True):
    """Turn the coil from home to home."""


class Nudge(Struct, frozen=True):
    """Turn the coil a quarter further."""


class Watch(Struct, frozen=True):
    """Watch the drop sensor until an item is seen, at most `seconds`; then prove the sensor if none was."""

    seconds: float


class Finish(Struct, frozen=True):
    """The vend is over. `certain`: what did not fall is known to be still inside. `drops` counts items seen.

    What was not `driven`, because its board was away or its machine asked for nothing, has not failed: it may work
    next time.
    """

    outcome: Outcome
    certain: bool
    drops: int
    driven: bool = True


NOTHING_MOVED = Finish(Outcome.NOT_STARTED, certain=True, drops=0, driven=False)
"""How a vend ends that nobody tried to make."""

TOLD = {
    "delivered": Finish(Outcome.DISPENSED, certain=True, drops=1),
    "unlocked": Finish(Outcome.PRESUMED, certain=False, drops=0),
    "absent": NOTHING_MOVED,
}
"""How a vend ends whose motor tells itself what came of it."""


class Moved(Struct, frozen=True):
    """The motor is off again, after a whole motion or one that failed, or was never on."""

    ending: str
    """A `kiosk.hardware.api.Turn`, or `lost` when the motor's board did not answer."""
    tested: bool = True
    """The drop sensor passed the test that it is given as the motor starts, before anything can fall."""


class Watched(Struct, frozen=True):
    """The watch is over. `proven`: the sensor was shown to see, just now."""

    drops: int
    proven: bool


Effect = Turn | Nudge | Watch | Finish
Event = Moved | Watched


class State(Struct, frozen=True, kw_only=True):
    """Where a vend stands."""

    proven: bool
    """The drop sensor was proven and clear when the vend began."""
    watched: bool = True
    """Its items fall past the drop sensor, or would if there were one."""
    nudges_left: int = NUDGES
    ending: str = ""
    """How the last motion ended."""
    homed: bool = False
    """A first turn only brought the coil home from where an earlier vend had left it."""


def begin(*, proven: bool, nudges: int = NUDGES, watched: bool = True) -> tuple[State, Effect]:
    """Begin a vend, with a drop sensor that was `proven` or not, and so many extra quarter turns allowed.

    Without a proven sensor there is one turn only: a second could drop a second item unseen. Without `watched`,
    items do not fall past the sensor, so there is nothing to wait for.
    """
    proven = proven and watched
    return State(proven=proven, watched=watched, nudges_left=nudges if proven else 0), Turn()


def advance(state: State, event: Event) -> tuple[State, Effect]:
    """Decide what follows `event`."""
    if isinstance(event, Moved):
        return _moved(replace(state, proven=state.proven and event.tested), event.ending)
    if event.drops:
        return state, Finish(Outcome.DISPENSED, certain=True, drops=event.drops)
    if state.ending == "lost":
        return state, Finish(Outcome.UNKNOWN, certain=False, drops=0)
    if not (state.proven and event.proven):
        return state, Finish(_unseen(state.ending), certain=False, drops=0)
    if state.ending == "homed" and not state.homed:
        return replace(state, homed=True), Turn()
    if state.ending in WHOLE and state.nudges_left:
        return replace(state, nudges_left=state.nudges_left - 1), Nudge()
    return state, Finish(_stuck(state.ending), certain=True, drops=0)


def _moved(before: State, ending: str) -> tuple[State, Effect]:
    state = replace(before, ending=ending)
    if ending == "absent" and before.ending:  # it cannot move further, and all before it let nothing fall
        return state, Finish(_stuck(before.ending), certain=True, drops=0)
    if finish := TOLD.get(ending):
        return state, finish
    if state.watched:
        return state, Watch(_watch_s(state, ending))
    return advance(state, Watched(drops=0, proven=False))


def _watch_s(state: State, ending: str) -> float:
    if ending == "lost":
        return WATCH_S + LOST_S
    between = 0 < state.nudges_left < NUDGES
    return WATCH_BETWEEN_S if between else WATCH_S


def _unseen(ending: str) -> Outcome:
    """Name the outcome when nothing was seen and nothing could be."""
    return Outcome.PRESUMED if ending in WHOLE else _stuck(ending)


def _stuck(ending: str) -> Outcome:
    return Outcome.NOT_STARTED if ending == "not_started" else Outcome.JAMMED
