"""Why nobody can say what is inside. Pure."""

from __future__ import annotations

import enum


class Doubt(enum.StrEnum):
    """Why no count of a ledger is certain until every slot was counted."""

    NEW = "new"
    """This kiosk has had no ledger before: whatever is inside, nobody has counted it."""
    LOST = "lost"
    """The ledger before this one was damaged, or is gone."""
