"""What the machine has done since its ledger began: totals without any time."""

from __future__ import annotations

from kiosk.model.base import Fact


class SlotTotals(Fact, frozen=True, kw_only=True):
    """How often each thing happened in one slot, whichever product was in it, and whether or not it still exists.

    `given` items were seen to fall, `presumed` ones were not, because no proven sensor could see. `jammed` and
    `not_started` gave nothing, `unknown` was cut short. `tested` counts test turns, `test_drops` the items that fell.
    """

    slot: str
    given: int = 0
    presumed: int = 0
    jammed: int = 0
    not_started: int = 0
    unknown: int = 0
    tested: int = 0
    test_drops: int = 0


class ProductTotals(Fact, frozen=True, kw_only=True):
    """How often a product was asked for in vain: because it was `sold_out`, or `unserved` although there was some."""

    sku: str
    sold_out: int = 0
    unserved: int = 0


class Audit(Fact, frozen=True, kw_only=True):
    """All totals of one ledger, which `epoch` names: with another one they begin at 0 or lower.

    What was folded to daily totals counts as much as what is still told in detail.
    """

    epoch: str
    slots: tuple[SlotTotals, ...]
    products: tuple[ProductTotals, ...]
