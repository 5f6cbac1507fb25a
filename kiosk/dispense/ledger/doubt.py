"""Why nobody can say what is inside, and the mark by which a ledger that went back is known. Pure."""

from __future__ import annotations

import enum

from msgspec import Struct


class Doubt(enum.StrEnum):
    """Why no count of a ledger is certain until every slot was counted."""

    NEW = "new"
    """This kiosk has had no ledger before: whatever is inside, nobody has counted it."""
    LOST = "lost"
    """The ledger before this one was damaged, or is gone."""
    BEHIND = "behind"
    """The ledger is older than the mark: its latest changes are lost, or a backup was put back."""


class Mark(Struct, frozen=True):
    """How far a ledger was: its name, and its height, which grows with every movement and every event.

    It is kept outside of the ledger, and only ever after what it names is on the disk. So no loss of power can make a
    ledger that is whole fall behind it.
    """

    ledger: str
    height: int


UNMARKED = Mark("", 0)
"""What is kept where nothing was marked yet."""


def judge(now: Mark, kept: Mark | None, *, marked: bool) -> Doubt | None:
    """Say whether a ledger that is `now` so far is the one that was marked, and has all that it had.

    `kept` is None while nobody can read what was kept. `marked`: this ledger knows that it was marked before, so that
    a mark which is missing is lost, and nobody can tell.
    """
    if kept is None or (kept == UNMARKED and not marked):
        return None
    behind = kept.ledger != now.ledger or kept.height > now.height
    return Doubt.BEHIND if behind else None
