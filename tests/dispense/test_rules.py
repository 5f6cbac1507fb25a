"""The small pure rules: the bounds of a count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.dispense.rules import bounds
from kiosk.dispense.rules.bounds import Bounds, Change


def after(before: Bounds, change: Change) -> Bounds:
    return Bounds(before.on_hand + change.on_hand, before.unresolved + change.unresolved)


def holds(count: Bounds, inside: int) -> bool:
    return 0 <= count.on_hand <= inside <= count.on_hand + count.unresolved and count.unresolved >= 0


COUNTS = st.builds(Bounds, st.integers(0, 6), st.integers(0, 4))


@given(COUNTS, st.integers(0, 4), st.sampled_from(["leaves", "stays", "nobody knows"]), st.booleans())
def test_bounds_hold_through_a_vend(before: Bounds, above: int, truth: str, told: bool) -> None:
    """Hold stock <= inside <= stock + unresolved: before, during and after, whatever happens and whoever sees it."""
    inside = before.on_hand + min(above, before.unresolved)
    at_intent = bounds.may_have_left(before)
    during = after(before, at_intent)
    leaves = truth == "leaves" and inside > 0
    assert holds(during, inside)
    assert holds(during, inside - 1) or not leaves
    if not told:
        return
    ended = after(during, bounds.has_left(during) if leaves else bounds.has_stayed(at_intent))
    assert holds(ended, inside - leaves)


@given(COUNTS, st.integers(0, 12))
def test_a_count_settles_everything(before: Bounds, found: int) -> None:
    """After a person counted, nothing is unresolved; what was outside the bounds is drift."""
    counted = after(before, bounds.counted(before, found))
    assert counted == (found, 0)
    assert (bounds.drift(before, found) == 0) == holds(before, found)
