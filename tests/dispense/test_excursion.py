"""Excursions open, worsen and close as they should, over restarts too, and the mean kinetic temperature is USP's."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.dispense.temperature.excursion import (
    CLOSE_AFTER_S,
    GAP_S,
    OPEN_AFTER_S,
    Blind,
    Closed,
    Effect,
    Opened,
    Ranges,
    State,
    Summary,
    Worsened,
    advance,
    say,
    summary,
)
from kiosk.dispense.temperature.mean_kinetic_temperature import Warmth, add, mean_kinetic_c

SPRAY = Ranges(label=(2.0, 25.0), allowed=(2.0, 40.0))
STRIPS = Ranges(label=(2.0, 30.0))
DAY = 1440

Sample = tuple[float | None, float]


def through(samples: list[Sample], ranges: Ranges = SPRAY, state: State | None = None) -> tuple[State, list[Effect]]:
    state = state or State()
    told: list[Effect] = []
    for celsius, elapsed_s in samples:
        state, effects = advance(state, celsius, elapsed_s, ranges)
        told += effects
    return state, told


def minutes(celsius: float | None, count: int) -> list[Sample]:
    return [(celsius, 60.0)] * count


def kinds(told: list[Effect]) -> list[str]:
    return [type(effect).__name__ for effect in told]


def last(told: list[Effect]) -> Summary:
    effect = told[-1]
    assert isinstance(effect, Opened | Worsened | Closed)
    return effect.summary


def by_the_book(samples: list[tuple[float, float]]) -> float:
    """USP's formula as it is printed, in its own units and with nothing cancelled."""
    excursions, gas = 83.144, 8.3144e-3
    total = sum(seconds for _, seconds in samples)
    mean = math.fsum(s * math.exp(-excursions / (gas * (c + 273.15))) for c, s in samples) / total
    return excursions / gas / -math.log(mean) - 273.15


def mkt(samples: list[tuple[float, float]]) -> float:
    warmth = Warmth()
    for celsius, seconds in samples:
        warmth = add(warmth, celsius, seconds)
    found = mean_kinetic_c(warmth)
    assert found is not None
    return found


FELT = st.lists(st.tuples(st.floats(-40, 80), st.floats(1, 86400)), min_size=1, max_size=30)


@given(FELT)
def test_the_mean_kinetic_temperature_is_that_of_the_book(samples: list[tuple[float, float]]) -> None:
    assert mkt(samples) == pytest.approx(by_the_book(samples), abs=1e-6)


@given(FELT)
def test_it_lies_between_the_arithmetic_mean_and_the_highest(samples: list[tuple[float, float]]) -> None:
    mean = math.fsum(c * s for c, s in samples) / math.fsum(s for _, s in samples)
    assert mean - 1e-6 <= mkt(samples) <= max(c for c, _ in samples) + 1e-6


@given(st.floats(-40, 80), st.lists(st.floats(1, 86400), min_size=1, max_size=20))
def test_a_steady_temperature_gives_itself(celsius: float, pieces: list[float]) -> None:
    assert mkt([(celsius, seconds) for seconds in pieces]) == pytest.approx(celsius, abs=1e-6)


@given(FELT, st.randoms(use_true_random=False))
def test_order_and_pieces_make_no_difference(samples: list[tuple[float, float]], chance: random.Random) -> None:
    pieces = [(c, s * part) for c, s in samples for part in (0.25, 0.75)]
    chance.shuffle(pieces)
    assert mkt(pieces) == pytest.approx(mkt(samples), abs=1e-6)


def test_a_hot_hour_counts_for_more_than_a_cool_one() -> None:
    # 20 °C and 40 °C for an hour each, by hand: 10,000 / -ln((e^-34.112 + e^-31.934) / 2) = 307.51 K.
    assert mkt([(20.0, 3600.0), (40.0, 3600.0)]) == pytest.approx(307.51 - 273.15, abs=0.01)
    assert mean_kinetic_c(Warmth()) is None


def test_an_excursion_opens_after_a_while_outside_and_closes_after_a_while_inside() -> None:
    state, told = through([*minutes(22.0, 30), *minutes(27.0, 14)])
    assert told == []
    assert summary(state, SPRAY) is None
    state, told = through(minutes(27.0, 1), state=state)
    assert kinds(told) == ["Opened"]
    assert last(told).duration_s == OPEN_AFTER_S
    assert summary(state, SPRAY) == last(told)
    state, told = through(minutes(24.0, 29), state=state)
    assert told == []
    state, told = through(minutes(24.0, 1), state=state)
    assert kinds(told) == ["Closed"]
    assert (last(told).duration_s, last(told).peak_c, last(told).beyond) == (900.0, 27.0, False)
    assert last(told).mkt_c == pytest.approx(27.0)
    assert state.run is None


def test_beyond_what_is_allowed_opens_at_once() -> None:
    _, told = through([(22.0, 60.0), (40.5, 60.0)])
    assert kinds(told) == ["Opened"]
    assert last(told).beyond
    _, told = through([(22.0, 60.0), (40.0, 60.0)])
    assert told == []


def test_the_very_first_sample_may_open_one() -> None:
    state, told = through([(43.0, 0.0)])
    assert kinds(told) == ["Opened"]
    assert (last(told).duration_s, last(told).mkt_c) == (0.0, 43.0)
    _, told = through(minutes(22.0, 30), state=state)
    assert kinds(told) == ["Closed"]


def test_without_an_allowance_all_that_lasts_is_beyond() -> None:
    _, told = through(minutes(30.1, 14), STRIPS)
    assert told == []
    _, told = through(minutes(30.1, 15), STRIPS)
    assert last(told).beyond
    assert last(told).allowed_c is None


@pytest.mark.parametrize("low", [2.0, 4.0])
def test_an_allowance_that_is_no_wider_on_a_side_is_none_there(low: float) -> None:
    ranges = Ranges(label=(2.0, 25.0), allowed=(low, 40.0))
    _, told = through(minutes(1.9, 14) + minutes(3.0, 30), ranges)
    assert told == []
    _, told = through(minutes(1.9, 15), ranges)
    assert (last(told).beyond, last(told).allowed_c) == (True, None)
    _, told = through([(1.9, 60.0), (-0.1, 60.0)], Ranges(label=(2.0, 25.0), allowed=(0.0, 40.0)))
    assert kinds(told) == ["Opened"]


def test_a_door_that_stands_open_for_a_visit_is_no_excursion() -> None:
    state, told = through((minutes(28.0, 12) + minutes(22.0, 60)) * 5)
    assert told == []
    assert state.run is None


@given(st.lists(st.floats(24.6, 25.4), min_size=200, max_size=400))
def test_noise_about_the_limit_is_one_excursion_at_most(noise: list[float]) -> None:
    quiet = [celsius if number % 20 else 25.2 for number, celsius in enumerate(noise)]
    _, told = through([(celsius, 60.0) for celsius in quiet])
    assert kinds(told).count("Opened") <= 1
    assert "Closed" not in kinds(told)


def test_it_is_told_again_when_it_gets_worse_and_not_all_the_time() -> None:
    _, told = through([*minutes(27.0, 240), *minutes(28.5, 5), *minutes(41.0, 5), *minutes(30.0, 230)])
    assert kinds(told) == ["Opened"] + ["Worsened"] * 6
    times = [effect.summary.duration_s / 60 for effect in told if isinstance(effect, Opened | Worsened)]
    assert times == [15, 30, 60, 120, 240, 241, 246]
    assert [effect.summary.beyond for effect in told if isinstance(effect, Worsened)] == [False] * 5 + [True]


def test_heat_and_cold_are_two_excursions() -> None:
    shed = Ranges(label=(2.0, 25.0), allowed=(0.0, 40.0))
    state, told = through([*minutes(30.0, 20), *minutes(-1.0, 3)], shed)
    assert kinds(told) == ["Opened", "Closed", "Opened"]
    assert (last(told).side, last(told).peak_c, last(told).label_c) == ("cold", -1.0, 2.0)
    assert last(told[:2]).side == "heat"
    state, told = through([*minutes(-3.0, 5), *minutes(1.0, 5), *minutes(20.0, 30)], shed, state)
    assert kinds(told) == ["Worsened", "Closed"]
    assert (last(told).peak_c, last(told).duration_s) == (-3.0, 13 * 60.0)


@pytest.mark.parametrize("broken", [None, math.nan, math.inf, -math.inf, -274.0, 1000.0])
def test_a_failed_sensor_neither_opens_nor_closes_and_says_so(broken: float | None) -> None:
    state, told = through(minutes(broken, 100))
    assert told == [Blind()]
    assert state.run is None
    state, told = through([*minutes(27.0, 20), *minutes(broken, 100)], state=state)
    assert kinds(told) == ["Opened", "Blind"]
    state, told = through(minutes(22.0, 29), state=state)
    assert told == []
    state, told = through([*minutes(broken, 1), *minutes(22.0, 1)], state=state)
    assert kinds(told) == ["Blind", "Closed"]
    assert (last(told).duration_s, last(told).unobserved_s) == (20 * 60.0, 101 * 60.0)


def test_a_power_cut_is_not_invented() -> None:
    state, _ = through(minutes(27.0, 20))
    state, told = through([(27.0, 7200.0)], state=state)
    assert told == []
    found = summary(state, SPRAY)
    assert found is not None
    assert (found.duration_s, found.unobserved_s) == (1200.0, 7200.0)
    # Nor is it time inside: one good sample after the night does not end it.
    _, told = through([(22.0, 36000.0), (22.0, GAP_S)], state=state)
    assert told == []


@pytest.mark.parametrize("elapsed_s", [-1.0, math.inf, math.nan])
def test_an_impossible_time_is_refused(elapsed_s: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        advance(State(), 20.0, elapsed_s, SPRAY)


def test_the_window_is_the_last_thirty_days_with_the_excursion() -> None:
    def fine(days: int, celsius: float) -> list[Sample]:  # as coarse as is still believed
        return [(celsius, 300.0)] * (288 * days)

    state, told = through([*fine(40, 20.0), *fine(1, 33.0), *minutes(20.0, 30)])
    # 29 days and the half hour at 20 °C with one day at 33 °C; the first ten days at 20 °C are gone.
    expected = by_the_book([(20.0, 29 * 86400.0), (33.0, 86400.0)])
    assert last(told).window_mkt_c == pytest.approx(expected, abs=0.02)
    assert last(told).window_days == 30
    assert len(state.days) <= 31
    state, _ = through(fine(31, 20.0), state=state)
    _, told = through([(41.0, 60.0)], state=state)
    assert last(told).window_mkt_c == pytest.approx(20.0, abs=0.01)


def test_a_month_without_power_leaves_nothing_of_what_was_before() -> None:
    state, _ = through([(35.0, 300.0)] * 288)
    state, _ = through([(20.0, 31 * 86400.0), *minutes(20.0, 10)], state=state)
    _, told = through([(41.0, 0.0)], state=state)
    assert last(told).window_mkt_c == pytest.approx(20.0)


SAMPLES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(-15, 55), st.sampled_from([2.0, 25.0, 40.0])),
        st.sampled_from([0.0, 1.0, 60.0, 299.0, 301.0, 1200.0, 90_000.0]),
    ),
    max_size=60,
)


@given(SAMPLES, st.integers(0, 60))
def test_a_restart_at_any_moment_changes_nothing(samples: list[Sample], cut: int) -> None:
    state, before = through(samples[:cut])
    kept = msgspec.json.decode(msgspec.json.encode(state), type=State)
    assert kept == state
    assert through(samples[cut:], state=kept) == through(samples[cut:], state=state)
    assert before + through(samples[cut:], state=kept)[1] == through(samples)[1]


@given(SAMPLES)
def test_finer_samples_find_the_same(samples: list[Sample]) -> None:
    halves = [(c, s / 2) if s <= GAP_S else (c, s) for c, s in samples for _ in range(2 if s <= GAP_S else 1)]
    coarse, coarsely = through(samples)
    fine, finely = through(halves)
    opened = [kind for kind in kinds(coarsely) if kind != "Worsened"]
    assert opened == [kind for kind in kinds(finely) if kind != "Worsened"]
    first, second = summary(coarse, SPRAY), summary(fine, SPRAY)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert second.duration_s == pytest.approx(first.duration_s)
        assert second.unobserved_s == first.unobserved_s
        assert second.mkt_c == pytest.approx(first.mkt_c, abs=1e-6)
        assert (second.peak_c, second.beyond, second.side) == (first.peak_c, first.beyond, first.side)


@given(SAMPLES)
def test_effects_come_in_their_order_and_their_figures_agree(samples: list[Sample]) -> None:
    _, told = through(samples)
    is_open = False
    seen = [celsius for celsius, _ in samples if celsius is not None]
    for effect in told:
        if isinstance(effect, Blind):
            continue
        assert isinstance(effect, Opened) != is_open
        is_open = not isinstance(effect, Closed)
        found = effect.summary
        assert found.over == (not is_open)
        assert found.peak_c in seen
        low, high = sorted((found.label_c, found.peak_c))
        assert low - 1e-6 <= found.mkt_c <= high + 1e-6
        assert found.beyond == (found.peak_c > 40.0 or found.peak_c < 2.0)
        assert found.duration_s <= math.fsum(s for _, s in samples)
        assert say(found)


def figures(**changes: object) -> Summary:
    base = Summary(
        side="heat",
        duration_s=12_010.0,
        unobserved_s=0.0,
        peak_c=43.1,
        mkt_c=31.24,
        window_mkt_c=None,
        window_days=0,
        beyond=True,
        label_c=25.0,
        allowed_c=40.0,
        over=True,
    )
    return msgspec.structs.replace(base, **changes)


COLD = figures(side="cold", peak_c=1.4, duration_s=2700.0, label_c=2.0, allowed_c=None)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            figures(),
            (
                "It was up to 43.1 °C for 3 h 20 min; the label allows up to 40 °C for short times. "
                "Mean kinetic temperature 31.2 °C. Decide: accept or remove."
            ),
        ),
        (
            figures(peak_c=31.0, beyond=False, duration_s=7200.0, window_mkt_c=22.31, window_days=30),
            (
                "It was up to 31.0 °C for 2 h; the label allows up to 25 °C, and up to 40 °C for short times. "
                "Mean kinetic temperature 31.2 °C in that time, 22.3 °C over the last 30 days. "
                "Decide: accept or remove."
            ),
        ),
        (
            figures(duration_s=59.0, over=False, window_mkt_c=22.31, window_days=1),
            (
                "So far it was up to 43.1 °C for less than a minute; the label allows up to 40 °C for short times. "
                "Mean kinetic temperature 31.2 °C in that time, 22.3 °C over the last day. "
                "It is not over yet; items are given out as usual."
            ),
        ),
        (COLD, "It was down to 1.4 °C for 45 min; the label allows down to 2 °C. Decide: accept or remove."),
        (
            msgspec.structs.replace(COLD, peak_c=-2.0, unobserved_s=3700.0),
            (
                "It was down to -2.0 °C for 45 min; the label allows down to 2 °C. For another 1 h 1 min nobody knows. "
                "It may have frozen. Decide: accept or remove."
            ),
        ),
    ],
)
def test_what_staff_read(told: Summary, text: str) -> None:
    assert say(told) == text


def test_closing_takes_longer_than_opening() -> None:
    assert CLOSE_AFTER_S > OPEN_AFTER_S > 2 * GAP_S
