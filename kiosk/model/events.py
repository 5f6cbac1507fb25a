"""What can happen at a kiosk: a closed list of kinds, each with what it means and what its quantity counts."""

from __future__ import annotations

import enum
from typing import Self


class EventKind(enum.StrEnum):
    """What happened, as the ledger, the control API and telemetry write it.

    `means` says it in half a sentence, `counts` what the event's quantity is. docs/telemetry.md lists both.
    """

    means: str
    counts: str

    def __new__(cls, value: str, means: str = "", counts: str = "0") -> Self:
        """Make a kind; `counts` is left out where there is nothing to count."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.means, kind.counts = means, counts
        return kind

    DISPENSED = "dispensed", "an item was seen falling", "1"
    PRESUMED = "presumed", "it gave out, and no sensor could see whether an item came"
    JAMMED = "jammed", "the coil turned and nothing fell"
    NOT_STARTED = "not_started", "nothing moved"
    UNKNOWN = "unknown", "a vend was cut short, by the power or by a part"
    TESTED = "tested", "staff made a test turn", "1 if an item fell"
    EXTRA_DROP = "extra_drop", "more items than one may have fallen", "items"
    STRAY_DROP = "stray_drop", "something fell later, on its own", "items"
    SURPLUS = "surplus", "an item fell from a slot that was counted empty", "1"
    SOLD_OUT = "sold_out", "it was asked for and there was none", "1"
    UNSERVED = "unserved", "it was asked for and nothing came out", "1"
    COUNTED = "counted", "staff counted a slot", "items inside"
    DRIFT = "drift", "the count was not what was expected", "the difference"
    ADDED = "added", "staff put items of a lot in", "items"
    REMOVED_EXPIRED = "removed_expired", "staff took items out that are past their date", "items"
    REMOVED_DAMAGED = "removed_damaged", "staff took damaged items out", "items"
    REMOVED_RECALLED = "removed_recalled", "staff took recalled items out", "items"
    REMOVED_OTHER = "removed_other", "staff took items out for another reason", "items"
    PLANOGRAM = "planogram", "another product is in the slot from now on"
    UNDONE = "undone", "a restock visit was taken back"
    RECALLED = "recalled", "a lot was recalled, and is locked in this slot", "items there"
    RECALL_LIFTED = "recall_lifted", "a recall ended", "items"
    EXCURSION = "excursion", "it became too warm or too cold for a product"
    EXCURSION_OVER = "excursion_over", "the temperature is in range again", "minutes it lasted"
    EXCURSION_ACCEPTED = "excursion_accepted", "staff looked at the items, and they stay"
    SPOILED = "spoiled", "staff looked at the items, and they have to come out", "items"
    HIDDEN = "hidden", "a product was taken off the menu"
    SHOWN = "shown", "a product is on the menu again"
    BEHIND = "behind", "the ledger had lost its latest changes, and this slot has to be counted"
    REBUILT = "rebuilt", "the ledger began anew, and this slot has to be counted"
    STARTED = "started", "the daemon started"
    OTHER = "other", "something that this software does not know: a newer one wrote it", "anything"

    @classmethod
    def of(cls, written: str) -> Self:
        """Return the kind that is written so, `OTHER` if this software has none: a newer one may have."""
        try:
            return cls(written)
        except ValueError:
            return cls.OTHER


UNMET = (EventKind.SOLD_OUT, EventKind.UNSERVED)
"""The kinds that stand for a person who went away without."""
