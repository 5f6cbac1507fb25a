"""What must hold after every step, whatever happened: the kiosk's answers and files against the world."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.model import Attempt, Outcome, Purpose, SlotStock
from tests.model.life import SLOTS, Life
from tests.model.world import Fall, World

Row = tuple[str, int]
OUTCOMES = {*(str(outcome) for outcome in Outcome), "tested"}


@dataclass(frozen=True)
class Print:
    """What is printed on a lot; days are counted from the first day."""

    days: int | None
    parts: tuple[str, ...] = ()


FIRST_DAY = datetime.date(2027, 1, 5)

LOTS: dict[str, dict[str, Print]] = {
    "NAL": {"N1": Print(2), "N2": Print(4), "N3": Print(400, ("PUMP9",)), "N4": Print(None)},
    "STRIP": {"S1": Print(2), "S2": Print(4), "S3": Print(400, ("PUMP9",)), "S4": Print(None)},
    "SOAP": {"W1": Print(4), "W2": Print(None)},
}
PRINTS = {code: printed for lots in LOTS.values() for code, printed in lots.items()}


def expiry(lot: str) -> datetime.date | None:
    """Return the date that is printed on a lot."""
    days = PRINTS[lot].days
    return None if days is None else FIRST_DAY + datetime.timedelta(days=days)


@dataclass
class Truth:
    """What people did and were told, beside what the world holds."""

    recalls: dict[str, str] = field(default_factory=dict)
    """Open recalls by id."""
    hidden: set[str] = field(default_factory=set)
    lies: dict[str, set[str]] = field(default_factory=dict)
    """Visits by which staff said of a slot what is not so, and which they did not take back."""
    loose: set[str] = field(default_factory=set)
    """Slots of which nobody knows how the lots lie in them: something was said of them that was not so."""
    excused: Counter[str] = field(default_factory=Counter)
    """Items that fell with another, or on their own, just before power went: nobody can know of them until a count."""
    excused_ever: Counter[str] = field(default_factory=Counter)
    """The same, without what was counted since: a count that is taken back does not count."""
    answered: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    """Requests that only a lost ledger knew, or that are older than the programme keeps."""
    vends: dict[Row, tuple[str, str, str]] = field(default_factory=dict)
    """Every attempt that was ever seen decided: slot, state and purpose."""
    trusted_hour: int = 0
    """The latest hour of a clock that was set which the ledger has kept."""

    def excuse(self, unnoticed: Counter[str]) -> None:
        """Take over what nobody could notice any more."""
        self.excused += unnoticed
        self.excused_ever += unnoticed
        unnoticed.clear()

    @property
    def lied(self) -> set[str]:
        """Slots of which the kiosk has been told what is not so."""
        return {slot for slot, visits in self.lies.items() if visits}

    def recalled(self, lot: str) -> bool:
        """Say whether an open recall meets a lot, or a part of its kits."""
        return any(code in (lot, *PRINTS[lot].parts) for code in self.recalls.values())

    def lost(self) -> None:
        """Note that the ledger is lost, and with it what people said to it."""
        self.forgotten |= {request for request, _ in self.vends} | set(self.answered)
        self.recalls, self.hidden, self.lies, self.loose = {}, set(), {}, set()
        self.answered, self.vends, self.trusted_hour = {}, {}, 0


def look(life: Life, world: World, truth: Truth) -> None:
    """Hold the stock that everybody is told against the world: at any moment, also while a coil turns."""
    for slot in life.service.stock().slots:
        assert sum(lot.quantity for lot in slot.lots) == slot.on_hand + slot.unresolved, f"the lots of {slot}"
        if slot.slot in truth.lied:
            continue
        inside = world.lot_queues[slot.slot].items
        least, most = (
            slot.on_hand - world.unnoticed[slot.slot] - truth.excused[slot.slot],
            slot.on_hand + slot.unresolved,
        )
        assert least <= len(inside) <= most, f"{slot.slot} holds {len(inside)} and says {least} to {most}"
        if slot.slot not in truth.loose:
            told = [lot.lot for lot in slot.lots for _ in range(lot.quantity)]
            pairs = zip(reversed(inside), reversed(told), strict=False)
            assert all(code in (None, item.lot) for item, code in pairs), f"{slot.slot} holds {inside}, not {told}"


def examine(life: Life, truth: Truth) -> None:
    """Look into the file: sums, vends and events agree."""
    assert [tuple(row) for row in life.rows(SUMS)] == [], "the stock is not the sum of its movements"
    for request, attempt, slot, state, purpose in life.rows("SELECT request, attempt, slot, state, purpose FROM vend"):
        assert state != "intent", f"{request} stays open"
        known = truth.vends.setdefault((request, attempt), (slot, state, purpose))
        assert known == (slot, state, purpose), f"{request} became {state} and was {known}"
    told: Counter[str] = Counter()
    for kind, slot, times in life.rows(EVENTS):
        if kind in OUTCOMES:
            told[f"{slot} {_pooled(kind)}"] += times
    decided = Counter(f"{slot} {_decided(state, purpose)}" for slot, state, purpose in truth.vends.values())
    assert told == decided, f"missing {decided - told}, too many {told - decided}"
    truth.trusted_hour = max([truth.trusted_hour, *(int(row[0]) for row in life.rows(TRUSTED))])


def moved_with_intent(world: World, truth: Truth) -> None:
    """Hold what moved against what was written down: no motion without an intent."""
    written = {(request, slot) for (request, _), (slot, _, _) in truth.vends.items()}
    for request, slot in world.motions:
        assert request in truth.forgotten or (request, slot) in written, f"{slot} moved for {request}, unwritten"


def unfit(fall: Fall, slot: SlotStock, truth: Truth, today: datetime.date) -> str:
    """Return why an item should not have come out, nothing when it might; `slot` is as it was before."""
    if slot.essential or slot.unresolved or slot.slot in truth.lied | truth.loose or fall.extra:
        return ""
    date = expiry(fall.item.lot)
    if truth.recalled(fall.item.lot):
        return "recalled"
    if fall.item.spoiled:
        return "spoiled"
    return "expired" if SLOTS[slot.slot] == "STRIP" and date is not None and date < today else ""


def keep_spoiled(life: Life, world: World) -> Iterator[str]:
    """Note which items the ledger holds for spoiled from now on; return their slots."""
    for slot in life.service.stock().slots:
        told = [lot.locked for lot in slot.lots for _ in range(lot.quantity)]
        for item, locked in zip(reversed(world.lot_queues[slot.slot].items), reversed(told), strict=False):
            if locked == "spoiled":
                item.spoiled = True
                yield slot.slot


def _pooled(kind: str) -> str:
    """A test turn that power cut short reads `unknown`."""
    return "tested or unknown" if kind in ("tested", "unknown") else kind


def _decided(state: str, purpose: str) -> str:
    return _pooled("tested" if purpose == Purpose.TEST else state)


TRUSTED = "SELECT value FROM meta WHERE key = 'trusted_hour'"

SUMS = """
SELECT slot, on_hand, unresolved FROM stock EXCEPT
SELECT slot, sum(on_hand), sum(unresolved) FROM (
    SELECT slot, on_hand, unresolved FROM movement UNION ALL SELECT slot, on_hand, unresolved FROM opening
    UNION ALL SELECT slot, 0, 0 FROM stock
) GROUP BY slot
"""

EVENTS = """
SELECT kind, slot, sum(times) FROM (
    SELECT kind, slot, count(*) AS times FROM event GROUP BY 1, 2
    UNION ALL SELECT kind, slot, sum(times) FROM daily GROUP BY 1, 2
) GROUP BY 1, 2
"""
