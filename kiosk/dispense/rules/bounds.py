"""What can be known of a slot's count, as arithmetic. Pure.

What is inside lies between `on_hand` and `on_hand + unresolved`, at every moment, also while a coil turns.
Each function returns the change to make to both, given the bounds that hold before.
"""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """The least that is inside, and how much more it may be."""

    on_hand: int
    unresolved: int


class Change(NamedTuple):
    """What to add to a slot's bounds."""

    on_hand: int
    unresolved: int


NOTHING = Change(0, 0)


def may_have_left(before: Bounds) -> Change:
    """One item may be leaving or may have left: the least goes down, the most stays."""
    return Change(-1, +1) if before.on_hand else NOTHING


def has_left(before: Bounds) -> Change:
    """An item that may have left was seen to leave: the most goes down."""
    return Change(0, -1) if before.unresolved else NOTHING


def has_stayed(at_intent: Change) -> Change:
    """The item that was about to leave has certainly stayed: undo what the intent changed."""
    return Change(-at_intent.on_hand, -at_intent.unresolved)


def counted(before: Bounds, found: int) -> Change:
    """Somebody counted: what is inside is known again."""
    return Change(found - before.on_hand, -before.unresolved)


def drift(before: Bounds, found: int) -> int:
    """Return how far a count lies outside the bounds: negative when items are missing, 0 when it fits."""
    most = before.on_hand + before.unresolved
    return found - before.on_hand if found < before.on_hand else max(0, found - most)
