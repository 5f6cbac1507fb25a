"""What a visitor may take: every rule by its table, and what holds for all of them together."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.config import Product
from kiosk.dispense.rules.policy import STEP_AWAY_S, VISIT_GAP_S, Asked, Visit, cooldown_s, decide, ended, took
from kiosk.model import Refusal, RefusalCode

DAY_S = 86400.0
CLOCK = st.floats(0, 1e9)
TIMES = st.times()
SPANS = st.builds(
    lambda opens, closes: f"{opens:%H:%M}-{closes:%H:%M}",
    TIMES,
    TIMES,
).filter(lambda span: span[:5] != span[6:])


def product(**settings: Any) -> Product:
    return Product(sku="FTS-10", name="Test strips", **settings)


@st.composite
def products(draw: st.DrawFn, /, **settings: Any) -> Product:
    """Any product that the configuration takes, but for what is given."""
    usual = draw(st.floats(0, 3600))
    tapers = draw(st.booleans())
    drawn = {
        "cooldown_s": usual,
        "taper_below": draw(st.integers(2, 100)) if tapers else 0,
        "cooldown_low_s": usual + draw(st.floats(1, 3600)) if tapers else 0.0,
        "limit_per_visit": draw(st.none() | st.integers(1, 5)),
        "limit_per_code": draw(st.none() | st.integers(1, 5)),
        "hours": tuple(draw(st.lists(SPANS, max_size=3))),
        "hidden": draw(st.booleans()),
    }
    return product(**drawn | settings)


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    """Some items that came out, in the order of time."""
    visit = Visit()
    for moment in sorted(draw(st.lists(st.floats(0, 1000), max_size=6))):
        visit = took(visit, draw(st.sampled_from(["FTS-10", "HYG-1"])), moment)
    return visit


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    return Asked(
        now_s=draw(st.floats(1000, 5000)),
        visit=draw(visits()),
        left=draw(st.integers(-3, 200)),
        local_time=draw(st.none() | TIMES),
        hidden=draw(st.booleans()),
        code_left=draw(st.none() | st.integers(-1, 5)),
    )


def ask(wanted: Product, **known: Any) -> Refusal | None:
    asked: dict[str, Any] = {"now_s": 100.0, "visit": Visit(), "left": 50}
    return decide(wanted, Asked(**asked | known))


@given(products(essential=True), questions())
def test_an_essential_product_is_never_refused(naloxone: Product, asked: Asked) -> None:
    """Not even with every limit that the configuration would have refused."""
    assert decide(naloxone, asked) is None


@given(products(hidden=False), questions())
def test_after_enough_time_everything_is_allowed_again(wanted: Product, asked: Asked) -> None:
    """A code of the next period, an hour at which it is open, and a day later: nothing still stands against it."""
    opening = datetime.time.fromisoformat(wanted.hours[0][:5]) if wanted.hours else None
    later = Asked(
        now_s=asked.now_s + DAY_S,
        visit=asked.visit,
        left=asked.left,
        local_time=opening,
        code_left=wanted.limit_per_code,
    )
    assert decide(wanted, later) is None


WAITS = (RefusalCode.LIMIT, RefusalCode.COOLING)


@given(products(), questions(), st.lists(st.sampled_from(["HYG-1", "a refused press"])))
def test_what_is_refused_says_until_when(wanted: Product, asked: Asked, meanwhile: list[str]) -> None:
    """Whoever comes back when told gets one: neither others' items nor presses that were refused make it later."""
    refusal = decide(wanted, asked)
    if refusal is None or refusal.code not in (*WAITS, RefusalCode.CLOSED):
        return
    assert (refusal.wait_s is None, refusal.opens is None) == (
        refusal.code is RefusalCode.CLOSED,
        refusal.code in WAITS,
    )
    wait_s, visit = refusal.wait_s or 0.0, asked.visit
    for number, happens in enumerate(meanwhile, 1):
        now_s = asked.now_s + wait_s * number / (len(meanwhile) + 1)
        if happens == "HYG-1":
            visit = took(visit, happens, now_s)
        else:
            again = decide(wanted, replace(asked, now_s=now_s, visit=visit))
            assert again == refusal or (again and again.wait_s and again.wait_s <= wait_s)
    waited = Asked(
        now_s=asked.now_s + wait_s + 0.001,
        visit=visit,
        left=asked.left,
        local_time=refusal.opens or asked.local_time,
        hidden=asked.hidden,
        code_left=asked.code_left,
    )
    after = decide(wanted, waited)
    assert after is None or (refusal.code is RefusalCode.CLOSED and after.code is not RefusalCode.CLOSED)


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=30))
def test_a_failed_vend_uses_up_nothing(limit: int, tries: list[tuple[int, bool]]) -> None:
    """A visit gets its share whatever fails in between, and not one more."""
    strips, visit, now_s, out = product(limit_per_visit=limit), Visit(), 0.0, list[float]()
    for gap_s, works in tries:
        now_s += gap_s
        if out and now_s - out[-1] >= VISIT_GAP_S:
            out.clear()
        assert (ask(strips, visit=visit, now_s=now_s) is None) == (len(out) < limit)
        if works and len(out) < limit:
            out.append(now_s)
            visit = took(visit, strips.sku, now_s)


@given(products(), st.integers(0, 199), st.integers(0, 199))
def test_the_cool_down_never_shrinks_as_stock_falls(wanted: Product, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert cooldown_s(wanted, fewer) >= cooldown_s(wanted, more) >= wanted.cooldown_s
    assert cooldown_s(wanted, fewer) <= max(wanted.cooldown_s, wanted.cooldown_low_s) + 1e-6


@given(products(limit_per_code=None, hours=(), hidden=False), st.integers(0, 50), CLOCK)
def test_the_first_visitor_is_never_limited(wanted: Product, left: int, now_s: float) -> None:
    """Neither after a start, when nothing is known, nor because somebody took something else."""
    assert ask(wanted, left=left, now_s=now_s) is None
    assert ask(wanted, left=left, now_s=now_s, visit=took(Visit(), "HYG-1", now_s)) is None


@given(products(limit_per_code=None, hidden=False, cooldown_s=0.0, taper_below=0))
def test_an_untrusted_clock_closes_nothing(wanted: Product) -> None:
    assert ask(wanted, local_time=None) is None


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(20, 60.0), (5, 60.0), (4, 120.0), (3, 180.0), (2, 240.0), (1, 300.0), (0, 300.0), (-1, 300.0)],
)
def test_the_cool_down_grows_evenly(left: int, seconds: float) -> None:
    strips = product(cooldown_s=60.0, taper_below=5, cooldown_low_s=300.0)
    assert cooldown_s(strips, left) == pytest.approx(seconds)
    visit = took(Visit(), strips.sku, 1000.0)
    refusal = ask(strips, left=left, visit=visit, now_s=1010.0)
    assert refusal is not None
    assert refusal.wait_s == pytest.approx(seconds - 10.0)
    assert ask(strips, left=left, visit=visit, now_s=999.9 + seconds) is not None
    assert ask(strips, left=left, visit=visit, now_s=1000.1 + seconds) is None


@pytest.mark.parametrize(
    ("hours", "at", "opens"),
    [
        ("08:00-20:00", "07:59", "08:00"),
        ("08:00-20:00", "08:00", None),
        ("08:00-20:00", "19:59", None),
        ("08:00-20:00", "20:00", "08:00"),
        ("20:00-06:00", "23:30", None),
        ("20:00-06:00", "05:59", None),
        ("20:00-06:00", "06:00", "20:00"),
        ("00:00-24:00", "23:59", None),
        ("18:00-24:00", "00:00", "18:00"),
        ("08:00-12:00 14:00-18:00", "12:30", "14:00"),
        ("08:00-12:00 14:00-18:00", "18:00", "08:00"),
        ("08:00-12:00 14:00-18:00", "15:00", None),
    ],
)
def test_hours(hours: str, at: str, opens: str | None) -> None:
    refusal = ask(product(hours=tuple(hours.split())), local_time=datetime.time.fromisoformat(at))
    assert (refusal and refusal.opens) == (opens and datetime.time.fromisoformat(opens))
    assert (refusal is None) == (opens is None)


@pytest.mark.parametrize(
    ("code_left", "reason"),
    [(None, RefusalCode.CODE_NEEDED), (0, RefusalCode.CODE_USED_UP), (-1, RefusalCode.CODE_USED_UP), (1, None)],
)
def test_codes(code_left: int | None, reason: RefusalCode | None) -> None:
    refusal = ask(product(limit_per_code=2), code_left=code_left)
    assert (refusal.code if refusal else None) == reason
    assert ask(product(), code_left=code_left) is None


def test_a_limit_lasts_for_one_visit() -> None:
    """The next visitor, told apart by a pause only, starts anew; what others take meanwhile makes no difference."""
    strips = product(limit_per_visit=2)
    visit = took(took(Visit(), strips.sku, 0.0), strips.sku, 10.0)
    assert ask(strips, visit=visit, now_s=40.0) == Refusal(code=RefusalCode.LIMIT, wait_s=VISIT_GAP_S - 30.0)
    visit = took(visit, "HYG-1", 45.0)
    assert ask(strips, visit=visit, now_s=50.0) == Refusal(code=RefusalCode.LIMIT, wait_s=VISIT_GAP_S - 40.0)
    assert ask(strips, visit=visit, now_s=10.0 + VISIT_GAP_S) is None
    assert ask(product(limit_per_visit=3), visit=visit, now_s=11.0) is None


def test_whoever_says_that_the_visit_is_over_leaves_nothing_to_the_next_but_the_cool_down() -> None:
    strips = product(limit_per_visit=1)
    over = ended(took(Visit(), strips.sku, 0.0), STEP_AWAY_S)
    assert ask(strips, visit=over, now_s=STEP_AWAY_S) is None
    cooling = product(limit_per_visit=1, cooldown_s=30.0)
    assert ask(cooling, visit=over, now_s=20.0) == Refusal(code=RefusalCode.COOLING, wait_s=10.0)


def test_who_ends_a_visit_on_purpose_gets_no_more_by_it() -> None:
    strips = product(limit_per_visit=1)
    visit = took(Visit(), strips.sku, 0.0)
    assert ask(strips, visit=ended(visit, 5.0), now_s=5.0) == ask(strips, visit=visit, now_s=5.0)


def test_of_two_waits_the_longer_is_told() -> None:
    visit = took(Visit(), "FTS-10", 0.0)
    for cooldown, refusal in ((20.0, RefusalCode.LIMIT), (300.0, RefusalCode.COOLING)):
        told = ask(product(limit_per_visit=1, cooldown_s=cooldown), visit=visit, now_s=10.0)
        assert told == Refusal(code=refusal, wait_s=max(VISIT_GAP_S, cooldown) - 10.0)


@pytest.mark.parametrize(("settings", "known"), [({"hidden": True}, {}), ({}, {"hidden": True})])
def test_what_is_hidden_is_told_before_all_else(settings: dict[str, Any], known: dict[str, Any]) -> None:
    """By the configuration or from afar: nobody is asked for a code, or to wait, for what they cannot have."""
    strips = product(limit_per_code=1, hours=("08:00-09:00",), cooldown_s=5.0, **settings)
    assert ask(strips, local_time=datetime.time(12), **known) == Refusal(code=RefusalCode.HIDDEN)
