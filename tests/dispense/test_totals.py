"""Totals over all that ever happened: a fold moves details, and changes no total."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.dispense.rules.vend_steps import Finish
from kiosk.model import Audit, Outcome, Purpose, VendRequest, new_request_id
from tests.dispense.kept import DISPENSED, JAMMED, NOW_H, PRESUMED, HandClock, Kept, told

NOT_STARTED = Finish(Outcome.NOT_STARTED, certain=True, drops=0)
UNKNOWN = Finish(Outcome.UNKNOWN, certain=False, drops=0)
VERDICTS = {"given": DISPENSED, "jammed": JAMMED, "presumed": PRESUMED, "not_started": NOT_STARTED, "unknown": UNKNOWN}


def turn(kept: Kept, slot: str, verdict: Finish) -> None:
    request = VendRequest(id=new_request_id(), slot=slot, purpose=Purpose.TEST)
    kept.ledger.vends.outcome(kept.ledger.vends.intent(told(kept.clock, request, slot)), verdict)


def of_slot(audit: Audit, slot: str) -> dict[str, int]:
    (found,) = (totals for totals in audit.slots if totals.slot == slot)
    return {name: getattr(found, name) for name in found.__struct_fields__ if name != "slot"}


def test_a_new_ledger_has_no_totals(kept: Kept) -> None:
    assert kept.reader.audit() == Audit(epoch=kept.ledger.epoch, slots=(), products=())
    assert kept.ledger.epoch


def test_each_outcome_counts_where_it_happened(kept: Kept) -> None:
    kept.put("A1", 9)
    for verdict in (*VERDICTS.values(), DISPENSED):
        kept.vend("A1", verdict)
    for verdict in (DISPENSED, JAMMED, JAMMED):
        turn(kept, "A2", verdict)
    kept.ledger.vends.unmet("STRIP", empty=True)
    kept.ledger.vends.unmet("STRIP", empty=False)
    audit = kept.reader.audit()
    assert of_slot(audit, "A1") == dict.fromkeys(VERDICTS, 1) | {"given": 2, "tested": 0, "test_drops": 0}
    assert of_slot(audit, "A2") == dict.fromkeys(VERDICTS, 0) | {"tested": 3, "test_drops": 1}
    assert [(one.sku, one.sold_out, one.unserved) for one in audit.products] == [("STRIP", 1, 1)]


def test_two_products_of_one_slot_add_up(kept: Kept) -> None:
    """A selection's totals go on when something else is put into it."""
    kept.put("A1", 1)
    kept.vend("A1")
    kept.restock(kept.line("A1", 0, added=2, sku="STRIP"))
    kept.vend("A1")
    assert of_slot(kept.reader.audit(), "A1")["given"] == 2


STEP = st.one_of(
    st.tuples(st.sampled_from(["A1", "A2"]), st.sampled_from([*VERDICTS, "tested"])),
    st.sampled_from(["sold_out", "unserved", "acknowledge", "a day", "fold", "reopen"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=st.lists(STEP, max_size=30))
def test_a_total_never_shrinks_and_counts_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory, life: list[str | tuple[str, str]]
) -> None:
    """Whatever is folded whenever, the totals are what happened."""
    folder = tmp_path_factory.mktemp("life")
    kept = Kept(folder, clock=HandClock(folder))
    kept.clock.trust()
    happened: Counter[tuple[str, str]] = Counter()
    for step in life:
        if isinstance(step, tuple):
            slot, what = step
            happened[step] += 1
            turn(kept, slot, JAMMED) if what == "tested" else kept.vend(slot, VERDICTS[what])
        elif step in ("sold_out", "unserved"):
            happened["", step] += 1
            kept.ledger.vends.unmet("NAL", empty=step == "sold_out")
        elif step == "acknowledge":
            kept.ledger.outbox.forget([(1, kept.reader.backlog().last_seq)])
        elif step == "a day":
            kept.clock.pass_h(24)
        elif step == "reopen":
            kept.reopen()
        else:
            while kept.ledger.retention.fold(kept.ledger.calendar.trusted_hour()):
                pass
        audit = kept.reader.audit()
        told = {(slot.slot, what): getattr(slot, what) for slot in audit.slots for what in (*VERDICTS, "tested")}
        told |= {("", what): getattr(one, what) for one in audit.products for what in ("sold_out", "unserved")}
        assert {key: count for key, count in told.items() if count} == happened
    kept.close()


DAY = datetime.date(1970, 1, 1) + datetime.timedelta(days=NOW_H // 24)


def used(kept: Kept, first: datetime.date = DAY, last: datetime.date = DAY) -> set[tuple[Any, ...]]:
    """Return what was given out as (days after DAY, product, slot, funder, given, presumed, unknown, unmet)."""
    return {
        ((row.day - DAY).days, row.sku, row.slot, row.funder, row.given, row.presumed, row.unknown, row.unmet)
        for row in kept.reader.usage(first, last).rows
    }


def test_usage_is_told_by_day_product_slot_and_funder_before_a_fold_and_after(kept: Kept) -> None:
    """What is still told in detail and what was folded make one and the same table."""
    kept.clock.trust()
    kept.put("A1", 5, "N1", funder="State")
    kept.put("B1", 5)
    for verdict in (DISPENSED, DISPENSED, PRESUMED, UNKNOWN, JAMMED):
        kept.vend("A1", verdict)
    turn(kept, "A1", DISPENSED)
    kept.ledger.vends.unmet("STRIP", empty=True)
    kept.ledger.vends.unmet("STRIP", empty=False)
    kept.clock.pass_h(24)
    kept.vend("B1")
    table = {
        (0, "NAL", "A1", "State", 2, 1, 1, 0),
        (0, "STRIP", None, None, 0, 0, 0, 2),
        (1, "STRIP", "B1", None, 1, 0, 0, 0),
    }
    later = DAY + datetime.timedelta(days=1)
    assert used(kept, last=later) == table
    assert used(kept) == {row for row in table if row[0] == 0}
    kept.ledger.outbox.forget([(1, kept.reader.backlog().last_seq)])
    while kept.ledger.retention.fold(kept.ledger.calendar.trusted_hour()):
        pass
    assert used(kept, last=later) == table
    assert not used(kept, later + datetime.timedelta(days=1), later + datetime.timedelta(days=9))
