"""Temperature excursions: for how long, how far and how hard a product was outside of its label's range. Pure.

One `State` for each product takes in one sample about once a minute. It is plain data: encoded as JSON at any moment
and read back, after a power cut too, it goes on as if nothing had been. Nothing here blocks an item: an excursion
ends in a question to staff, and naloxone comes out all the same.

An excursion is a run of time outside the range, on one side of it. A run that stays short is forgotten, because a
restock visit with an open door warms the air and hardly the cartons; one that lasts, or goes beyond what the label
allows for short times, is opened. It is closed when it was inside again for a while, so that a temperature that
hovers about the limit is one excursion and not a hundred.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from kiosk.dispense.temperature.mean_kinetic_temperature import (
    DAY_S,
    WINDOW_DAYS,
    Warmth,
    Window,
    add,
    day_on,
    mean_kinetic_c,
    total,
)

OPEN_AFTER_S = 900.0
"""So long outside the range, in seconds, makes an excursion: longer than the door stands open in a restock visit,
and a quarter of the hour after which WHO's shipping indicators (PQS E006/TR07) raise their single-event alarm."""
CLOSE_AFTER_S = 1800.0
"""So long inside again, in a row, ends one, in seconds: twice what opens it, for a carton cools slower than air."""
GAP_S = 300.0
"""A sample speaks for the time since the last one, up to so many seconds: five samples. Beyond, nobody knows."""
COLDEST_C, HOTTEST_C = -100.0, 200.0
"""A reading outside of these is a failed sensor: no kiosk can be there."""
WORSE_C = 1.0
"""It is told again when the peak has moved so far, in °C, or when the duration has doubled."""

Side: TypeAlias = Literal["heat", "cold"]


class Ranges(Struct, frozen=True, kw_only=True):
    """What a label says: (low, high) in °C to store it at, and to which it may go for short times, if any."""

    label: tuple[float, float]
    allowed: tuple[float, float] | None = None


class Run(Struct, frozen=True, kw_only=True):
    """A time outside the range, that is an excursion once `opened`. Durations in seconds, temperatures in °C."""

    side: Side
    peak_c: float
    outside: Warmth = Warmth()
    unobserved_s: float = 0.0
    inside_s: float = 0.0
    """For how long it has been inside again, in a row."""
    beyond: bool = False
    opened: bool = False
    told_s: float = 0.0
    told_c: float = 0.0


class State(Struct, frozen=True, kw_only=True):
    """All that is kept of one product's temperatures. `blind`: the sensor does not answer."""

    run: Run | None = None
    days: Window = ()
    blind: bool = False


class Summary(Struct, frozen=True, kw_only=True):
    """An excursion in figures: seconds, and °C. `over`: it has ended.

    `duration_s` is the time observed outside the range, `unobserved_s` that in between of which nobody knows.
    `peak_c` is the furthest: the highest for heat, the lowest for cold. `mkt_c` is the mean kinetic temperature of
    the time outside, `window_mkt_c` that of the last `window_days` days, None before a first day. `beyond`: it went
    further than the label allows at all. `label_c` is the limit on this side, `allowed_c` the one for short times,
    None where the label gives no more.
    """

    side: Side
    duration_s: float
    unobserved_s: float
    peak_c: float
    mkt_c: float
    window_mkt_c: float | None
    window_days: int
    beyond: bool
    label_c: float
    allowed_c: float | None
    over: bool


class Opened(Struct, frozen=True):
    """An excursion has begun: latch it to the lots that are inside, and to those that come in while it lasts."""

    summary: Summary


class Worsened(Struct, frozen=True):
    """It got longer or further by enough to say so."""

    summary: Summary


class Closed(Struct, frozen=True):
    """It is over: the lots wait for a decision."""

    summary: Summary


class Blind(Struct, frozen=True):
    """The sensor has failed, just now. Whatever was open stays open, and nothing new can be seen."""


Effect: TypeAlias = Opened | Worsened | Closed | Blind


def advance(state: State, celsius: float | None, elapsed_s: float, ranges: Ranges) -> tuple[State, tuple[Effect, ...]]:
    """Take in a sample: °C, or None from a failed sensor, and the seconds since the last one (0 for the first).

    After a restart, pass the seconds that the machine was off if they are known, else 0. Store the new state in the
    transaction that acts on the effects. Raises ValueError when `elapsed_s` is negative or no finite number.
    """
    if not 0.0 <= elapsed_s < math.inf:
        raise ValueError(f"the time since the last sample cannot be {elapsed_s} s")
    if celsius is None or not COLDEST_C <= celsius <= HOTTEST_C:
        return replace(_unobserved(state, elapsed_s), blind=True), () if state.blind else (Blind(),)
    if elapsed_s > GAP_S:
        state, elapsed_s = _unobserved(state, elapsed_s), 0.0
    days = day_on(state.days, elapsed_s, add(Warmth(), celsius, elapsed_s))
    state = replace(state, blind=False, days=days)
    side = _side(celsius, ranges.label)
    if side is None:
        return _inside(state, elapsed_s, ranges)
    return _outside(state, side, celsius, elapsed_s, ranges)


def summary(state: State, ranges: Ranges) -> Summary | None:
    """Return the figures of the excursion that is open, or None when there is none."""
    run = state.run
    return _summary(run, state.days, ranges, over=False) if run is not None and run.opened else None


def say(told: Summary) -> str:
    """Tell staff what happened and what to do, in plain sentences. No clock time is in it."""
    return " ".join(part for part in (_how_far(told), _not_seen(told), _harm(told), _to_do(told)) if part)


def _side(celsius: float, limits: tuple[float, float]) -> Side | None:
    if celsius > limits[1]:
        return "heat"
    return "cold" if celsius < limits[0] else None


def _unobserved(state: State, seconds: float) -> State:
    """Note time of which nothing is known: it is neither outside nor inside."""
    run = state.run and replace(state.run, unobserved_s=state.run.unobserved_s + seconds)
    return replace(state, run=run, days=day_on(state.days, seconds, Warmth()))


def _inside(state: State, elapsed_s: float, ranges: Ranges) -> tuple[State, tuple[Effect, ...]]:
    run = state.run
    if run is None:
        return state, ()
    run = replace(run, inside_s=run.inside_s + elapsed_s)
    if run.inside_s < CLOSE_AFTER_S:
        return replace(state, run=run), ()
    return _over(replace(state, run=run), ranges)


def _over(state: State, ranges: Ranges) -> tuple[State, tuple[Effect, ...]]:
    """End the run; one that was never opened is forgotten."""
    run, state = state.run, replace(state, run=None)
    if run is None or not run.opened:
        return state, ()
    return state, (Closed(_summary(run, state.days, ranges, over=True)),)


def _outside(
    state: State, side: Side, celsius: float, elapsed_s: float, ranges: Ranges
) -> tuple[State, tuple[Effect, ...]]:
    ended: tuple[Effect, ...] = ()
    if state.run is not None and state.run.side != side:  # From too warm to too cold: two different harms.
        state, ended = _over(state, ranges)
    run = _grown(state.run or Run(side=side, peak_c=celsius), celsius, elapsed_s, ranges)
    if not run.opened:
        at_once = run.beyond and _short_c(ranges, side) is not None
        opens = at_once or run.outside.seconds >= OPEN_AFTER_S
        effect: type[Opened | Worsened] | None = Opened if opens else None
    else:
        effect = Worsened if _worse(run, state.run) else None
    if effect is None:
        return replace(state, run=run), ended
    run = replace(run, opened=True, told_s=run.outside.seconds, told_c=run.peak_c)
    return replace(state, run=run), (*ended, effect(_summary(run, state.days, ranges, over=False)))


def _grown(run: Run, celsius: float, elapsed_s: float, ranges: Ranges) -> Run:
    short_c = _short_c(ranges, run.side)
    further = short_c is None or (celsius > short_c if run.side == "heat" else celsius < short_c)
    return replace(
        run,
        peak_c=max(run.peak_c, celsius) if run.side == "heat" else min(run.peak_c, celsius),
        outside=add(run.outside, celsius, elapsed_s),
        inside_s=0.0,
        beyond=run.beyond or further,
    )


def _short_c(ranges: Ranges, side: Side) -> float | None:
    """Return how far it may go for short times, or None: then what is outside the label's range is too far already."""
    if ranges.allowed is None:
        return None
    low, high = ranges.allowed
    if side == "heat":
        return high if high > ranges.label[1] else None
    return low if low < ranges.label[0] else None


def _worse(run: Run, before: Run | None) -> bool:
    """Say whether there is news: beyond what is allowed, a good deal further, or twice as long as was told last."""
    newly_beyond = run.beyond and before is not None and not before.beyond
    longer = run.outside.seconds >= 2.0 * max(run.told_s, OPEN_AFTER_S)
    return newly_beyond or longer or abs(run.peak_c - run.told_c) >= WORSE_C


def _summary(run: Run, days: Window, ranges: Ranges, *, over: bool) -> Summary:
    span_s = sum(day.span_s for day in days)
    mkt_c = mean_kinetic_c(run.outside)
    return Summary(
        side=run.side,
        duration_s=run.outside.seconds,
        unobserved_s=run.unobserved_s,
        peak_c=run.peak_c,
        mkt_c=run.peak_c if mkt_c is None else mkt_c,
        window_mkt_c=mean_kinetic_c(total(day.warmth for day in days)) if span_s >= DAY_S else None,
        window_days=min(WINDOW_DAYS, int(span_s / DAY_S)),
        beyond=run.beyond,
        label_c=ranges.label[1 if run.side == "heat" else 0],
        allowed_c=_short_c(ranges, run.side),
        over=over,
    )


def _how_far(told: Summary) -> str:
    way = "up" if told.side == "heat" else "down"
    was = "It was" if told.over else "So far it was"
    label = f"the label allows {way} to {told.label_c:g} °C"
    if told.allowed_c is not None:
        short = f"{way} to {told.allowed_c:g} °C for short times"
        label = f"the label allows {short}" if told.beyond else f"{label}, and {short}"
    return f"{was} {way} to {told.peak_c:.1f} °C for {_period(told.duration_s)}; {label}."


def _not_seen(told: Summary) -> str:
    return f"For another {_period(told.unobserved_s)} nobody knows." if told.unobserved_s >= 60.0 else ""


def _harm(told: Summary) -> str:
    """Tell what to judge by. USP <1079.2> gives the mean kinetic temperature for heat; cold harms by freezing."""
    if told.side == "cold":
        return "It may have frozen." if told.peak_c <= 0.0 else ""
    text = f"Mean kinetic temperature {told.mkt_c:.1f} °C"
    if told.window_mkt_c is not None:
        days = "day" if told.window_days == 1 else f"{told.window_days} days"
        text += f" in that time, {told.window_mkt_c:.1f} °C over the last {days}"
    return text + "."


def _to_do(told: Summary) -> str:
    return "Decide: accept or remove." if told.over else "It is not over yet; items are given out as usual."


def _period(seconds: float) -> str:
    """Say a period in whole minutes: `3 h 20 min`, `45 min`, `less than a minute`."""
    hours, minutes = divmod(int(seconds // 60), 60)
    if not hours and not minutes:
        return "less than a minute"
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
