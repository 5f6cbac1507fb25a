"""Restock visits on a real file: a count, what went out and came in, all of it or nothing, and taken back honestly."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.dispense.rules.vend_steps import Finish
from kiosk.dispense.temperature import excursion
from kiosk.dispense.temperature.excursion import Ranges, State
from kiosk.errors import ConflictError, LedgerError, NotFoundError, RequestError
from kiosk.model import Decision, Outcome, Reason, RecallRequest, Removed, RestockLine
from tests.dispense.kept import DISPENSED, JAMMED, PRESUMED, Kept

EXPIRY = datetime.date(2028, 5, 31)


def test_a_visit_fills_several_slots_with_several_lots(kept: Kept) -> None:
    """Lots lie in the order in which they came, what was there in front, and one delivery is one lot."""
    kept.put("A1", 3, "OLD", expiry=EXPIRY)
    done = kept.restock(
        kept.line("A1", 3, added=4, lot="NEW", expiry=EXPIRY, funder="county"),
        kept.line("A2", 0, added=2, lot="NEW", expiry=EXPIRY, funder="county"),
        kept.line("B1", 0, added=5, lot="S1"),
    )
    assert [(line.slot, line.found, line.added, line.on_hand) for line in done.lines] == [
        ("A1", 3, 4, 7),
        ("A2", 0, 2, 2),
        ("B1", 0, 5, 5),
    ]
    assert kept.queue("A1") == [("OLD", 3), ("NEW", 4)]
    lot = kept.slot("A1").lots[1]
    assert (lot.expiry, lot.funder, lot.id) == (EXPIRY, "county", kept.slot("A2").lots[0].id)
    assert done == kept.reader.restocks(1)[0]
    assert not done.hour.endswith(":30Z")


def test_a_visit_is_all_or_nothing(kept: Kept) -> None:
    """One line that is overtaken, or wrong, leaves every slot as it was."""
    kept.put("A1", 3, "OLD")
    before, restocks = kept.slots(), kept.reader.restocks(10)
    stale = RestockLine(slot="A2", as_of=99, found=4)
    with pytest.raises(ConflictError, match="A2 changed while you counted"):
        kept.restock(kept.line("A1", 2, added=1), stale)
    too_many = kept.line("B1", 1, removed=2)
    with pytest.raises(RequestError, match="B1: 2 taken out"):
        kept.restock(kept.line("A1", 2, added=1), too_many)
    assert (kept.slots(), kept.reader.restocks(10)) == (before, restocks)


def test_the_same_visit_twice_is_one(kept: Kept) -> None:
    """A double tap changes nothing, also after a restart; the same id with other numbers is refused."""
    lines = (kept.line("A1", 0, added=3, lot="L1"), kept.line("A2", 0, added=4))
    first = kept.restock(*lines, request_id="double-tap")
    before = kept.slots()
    assert kept.restock(*lines, request_id="double-tap") == first
    kept.reopen()
    assert kept.restock(*lines, request_id="double-tap") == first
    with pytest.raises(ConflictError, match="already saved with other numbers"):
        kept.restock(lines[0], request_id="double-tap")
    assert kept.slots() == before


def test_a_count_settles_what_was_unresolved(kept: Kept) -> None:
    """Found 4 where 4 to 5 were possible: no drift, one settled, the suspicion of a jam is gone."""
    kept.put("A1", 5, "L1")
    kept.vend("A1", Finish(Outcome.JAMMED, certain=False, drops=0))
    (done,) = kept.restock(kept.line("A1", 4, added=2)).lines
    assert (done.on_hand, done.settled, done.drift) == (6, 1, 0)
    assert kept.bounds("A1") == (6, 0)
    assert kept.slot("A1").jams == 0


@pytest.mark.parametrize(("found", "drift"), [(3, -1), (4, 0), (5, 0), (7, 2)])
def test_drift_is_what_lies_outside_the_range(kept: Kept, found: int, drift: int) -> None:
    """What a count finds outside of 4 to 5 is told, kept per slot and never smoothed over."""
    kept.put("A1", 5, "L1")
    kept.vend("A1", PRESUMED)
    (done,) = kept.restock(kept.line("A1", found)).lines
    assert (done.drift, done.on_hand) == (drift, found)
    assert kept.reader.history("A1").drifts[0].drift == drift
    assert ("drift" in kept.kinds()) == (drift != 0)


def test_the_drift_of_a_slot_over_time(kept: Kept) -> None:
    """The latest counts come first; a visit that was taken back does not count."""
    kept.put("A1", 5)
    for found in (5, 4, 4):
        kept.restock(kept.line("A1", found))
    wrong = kept.restock(kept.line("A1", 1))
    assert [drift.drift for drift in kept.reader.history("A1").drifts] == [-3, 0, -1, 0, 0, 0]
    kept.ledger.restocks.undo(wrong.id)
    assert [drift.drift for drift in kept.reader.history("A1").drifts] == [0, -1, 0, 0, 0]
    assert [drift.found for drift in kept.reader.history("A2").drifts] == [0]


def test_what_is_found_above_what_was_known_lies_in_front(kept: Kept) -> None:
    """Nobody knows of which lot the item is that turned up; what was lost was lost from the front."""
    kept.put("A1", 2, "OLD")
    kept.put("A1", 2, "NEW")
    kept.restock(kept.line("A1", 5))
    assert kept.queue("A1") == [(None, 1), ("OLD", 2), ("NEW", 2)]
    kept.restock(kept.line("A1", 3))
    assert kept.queue("A1") == [("OLD", 1), ("NEW", 2)]


@pytest.mark.parametrize("reason", Reason)
def test_what_is_taken_out_has_a_reason_and_a_lot(kept: Kept, reason: Reason) -> None:
    """From the front, or of one lot wherever it lies; each lot that went is an event of its own."""
    kept.put("A1", 2, "OLD")
    kept.put("A1", 3, "NEW")
    new = kept.slot("A1").lots[1].id
    kept.restock(kept.line("A1", removed=2, reason=reason, of_lot=new))
    assert kept.queue("A1") == [("OLD", 2), ("NEW", 1)]
    assert [(event.kind, event.lot, event.quantity) for event in kept.events(1)] == [(f"removed_{reason}", "NEW", 2)]
    (done,) = kept.restock(kept.line("A1", removed=3, reason=reason)).lines
    assert (done.removed, done.on_hand, kept.queue("A1")) == (3, 0, [])
    told = {(event.kind, event.lot, event.quantity) for event in kept.events(2)}
    assert told == {(f"removed_{reason}", "OLD", 2), (f"removed_{reason}", "NEW", 1)}


def test_several_reasons_in_one_visit(kept: Kept) -> None:
    """Each is counted on its own, in the order in which it was written down."""
    kept.put("A1", 6, "L1")
    line = RestockLine(
        slot="A1",
        as_of=kept.slot("A1").version,
        found=6,
        removed=(Removed(quantity=2, reason=Reason.DAMAGED), Removed(quantity=1, reason=Reason.EXPIRED)),
    )
    (done,) = kept.restock(line).lines
    assert (done.removed, done.on_hand) == (3, 3)
    assert kept.kinds(2) == ["removed_expired", "removed_damaged"]


def test_more_of_a_lot_than_there_is_cannot_be_taken_out(kept: Kept) -> None:
    """The sentence names the slot, and nothing was saved."""
    kept.put("A1", 2, "OLD")
    kept.put("A1", 3, "NEW")
    old = kept.slot("A1").lots[0].id
    with pytest.raises(RequestError, match="A1: 3 taken out"):
        kept.restock(kept.line("A1", removed=3, of_lot=old))
    with pytest.raises(RequestError):
        kept.restock(kept.line("A1", removed=1, of_lot=old + 100))
    assert kept.bounds("A1") == (5, 0)


def test_another_product_moves_in(kept: Kept) -> None:
    """Only into an empty coil; from then on the slot is its, with its lots, and an event says so."""
    kept.put("B1", 3, "S1")
    with pytest.raises(RequestError, match="B1: take out everything first"):
        kept.restock(kept.line("B1", sku="SOCK", added=2))
    kept.restock(kept.line("B1", removed=3, sku="SOCK", added=2, lot="K1"))
    slot = kept.slot("B1")
    assert (slot.sku, slot.product, slot.on_hand, kept.queue("B1")) == ("SOCK", "Socks", 2, [("K1", 2)])
    assert "planogram" in kept.kinds()
    kept.restock(kept.line("B1", removed=2, sku="STRIP"))
    assert (kept.slot("B1").sku, kept.bounds("B1")) == ("STRIP", (0, 0))


def test_a_recalled_lot_does_not_go_in(kept: Kept) -> None:
    """However it is written, for whichever slot, and nothing else of the visit is saved."""
    kept.ledger.recalls.recall(RecallRequest(id="recall-1", lot="7k 22-13"))
    with pytest.raises(RequestError, match=r"lot 7k 22-13 is recalled\. Do not put it in"):
        kept.restock(kept.line("A2", 0, added=1, lot="GOOD"), kept.line("A1", 0, added=1, lot="7K2213"))
    assert (kept.bounds("A1"), kept.bounds("A2")) == ((0, 0), (0, 0))


def test_a_vend_during_a_count_is_noticed(kept: Kept) -> None:
    """What was counted before an item left, or was about to, is not believed."""
    kept.put("A1", 5)
    line = kept.line("A1", 5)
    kept.vend("A1")
    with pytest.raises(ConflictError, match="Count again"):
        kept.restock(line)
    assert kept.bounds("A1") == (4, 0)


def test_undone_the_slot_says_all_that_may_be(kept: Kept) -> None:
    """Before 3 to 4, after 6: whether the visit took place or not, the truth lies in 3 to 6."""
    kept.put("A1", 4, "OLD")
    kept.vend("A1", PRESUMED)
    done = kept.restock(kept.line("A1", 4, added=2, lot="NEW"))
    undone = kept.ledger.restocks.undo(done.id)
    assert (undone.undone, undone.lines) == (True, done.lines)
    assert kept.bounds("A1") == (3, 3)
    assert kept.queue("A1") == [("OLD", 4), ("NEW", 2)]
    assert kept.ledger.restocks.undo(done.id) == undone
    assert kept.bounds("A1") == (3, 3)
    assert kept.kinds(1) == ["undone"]


def test_undone_after_vends(kept: Kept) -> None:
    """What left since has left whether or not the visit took place."""
    kept.put("A1", 4, "OLD")
    done = kept.restock(kept.line("A1", 4, added=2, lot="NEW"))
    for verdict in (DISPENSED, DISPENSED, PRESUMED, JAMMED):
        kept.vend("A1", verdict)
    assert kept.bounds("A1") == (3, 1)
    kept.ledger.restocks.undo(done.id)
    assert kept.bounds("A1") == (1, 3)


def test_undoing_a_removal_brings_its_lot_back(kept: Kept) -> None:
    """What may still lie there may be of the lot that was taken out, so its date and recall count again."""
    kept.put("A1", 2, "OLD")
    kept.put("A1", 2, "NEW")
    done = kept.restock(kept.line("A1", removed=2, reason=Reason.EXPIRED))
    assert kept.queue("A1") == [("NEW", 2)]
    kept.ledger.restocks.undo(done.id)
    assert kept.bounds("A1") == (2, 2)
    assert kept.queue("A1") == [("OLD", 2), ("NEW", 2)]


def test_undoing_a_change_of_product_brings_it_back(kept: Kept) -> None:
    """The old product is planned again, and nothing is certain."""
    kept.put("B1", 2, "S1")
    done = kept.restock(kept.line("B1", removed=2, sku="SOCK", added=3, lot="K1"))
    kept.ledger.restocks.undo(done.id)
    assert (kept.slot("B1").sku, kept.bounds("B1")) == ("STRIP", (2, 1))


def test_undoing_forgets_no_lot(kept: Kept) -> None:
    """More of a lot that was there before: should it be recalled, all that may be of it is."""
    kept.put("A1", 2, "L1")
    done = kept.put("A1", 3, "L1")
    kept.ledger.restocks.undo(done.id)
    assert kept.queue("A1") == [("L1", 5)]
    kept.restock(kept.line("A1", 5))
    recalled = kept.ledger.recalls.recall(RecallRequest(id="recall-1", lot="L1"))
    assert (recalled.quantity, kept.slot("A1").front_locked) == (5, True)


def test_undoing_makes_nothing_good_that_is_spoiled(kept: Kept) -> None:
    """What was decided after the visit holds for what was there before it as well."""
    ranges = Ranges(label=(15, 25))
    kept.put("A1", 2, "L1")
    state, effects = excursion.advance(State(), 31.0, 0.0, ranges)
    for _ in range(20):
        state, effects = excursion.advance(state, 31.0, 60.0, ranges)
        kept.ledger.excursions.keep("NAL", state, effects)
    done = kept.put("A1", 2, "L2")
    for _ in range(40):
        state, effects = excursion.advance(state, 20.0, 60.0, ranges)
        kept.ledger.excursions.keep("NAL", state, effects)
    kept.ledger.excursions.review(1, Decision.REMOVE, {})
    assert kept.slot("A1").locked == 4
    kept.ledger.restocks.undo(done.id)
    assert kept.slot("A1").locked == 4


def test_only_the_latest_visit_of_a_slot_can_be_undone(kept: Kept) -> None:
    """A later count is the truth; one that was itself undone is not."""
    first = kept.restock(kept.line("A1", 0, added=2), kept.line("A2", 0, added=2))
    second = kept.restock(kept.line("A2", 2))
    with pytest.raises(ConflictError, match="A2 was counted again since"):
        kept.ledger.restocks.undo(first.id)
    kept.ledger.restocks.undo(second.id)
    assert kept.ledger.restocks.undo(first.id).undone
    with pytest.raises(NotFoundError, match="No restock visit"):
        kept.ledger.restocks.undo("request-000")


FALLS, STAYS, BLIND_FALLS, BLIND_STAYS, CUT = "falls", "stays", "blind falls", "blind stays", "cut"
VENDS = {FALLS: DISPENSED, STAYS: JAMMED, BLIND_FALLS: PRESUMED, BLIND_STAYS: PRESUMED}
STEPS = st.lists(
    st.sampled_from([*VENDS, CUT, "undo a visit", "undo one that never was"])
    | st.tuples(st.integers(0, 3), st.integers(0, 4)),
    max_size=15,
)
"""Vends, visits that take so many out and put so many in, and visits that are taken back."""


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_visits_and_mistakes_never_promise_too_much(kept: Kept, steps: list[str | tuple[int, int]]) -> None:
    """Hold stock <= inside <= stock + unresolved through vends, counts, and visits that are taken back.

    A visit that is undone took place as it was written down, or never did.
    """
    inside = kept.restock(kept.line("A1", 0, added=3)).lines[0].on_hand
    latest, brought = None, 0
    for step in steps:
        if isinstance(step, tuple):
            out = min(step[0], inside)
            done = kept.restock(kept.line("A1", inside, removed=out, added=min(step[1], 9 - inside + out)))
            latest, brought = done.id, done.lines[0].on_hand - inside
            inside = done.lines[0].on_hand
        elif step.startswith("undo") and latest is not None:
            kept.ledger.restocks.undo(latest)
            # Nobody did what it says: nothing went out and nothing came in, but what left since has left.
            inside = inside if step == "undo a visit" else max(0, inside - brought)
            latest = None
        elif step in (*VENDS, CUT):
            intent = kept.intend("A1")
            fell = step in (FALLS, BLIND_FALLS, CUT) and inside > 0
            if step == CUT:
                kept.ledger.vends.recover()
            else:
                kept.ledger.vends.outcome(intent, JAMMED if step == FALLS and not fell else VENDS[step])
            inside -= fell
        on_hand, unresolved = kept.bounds("A1")
        assert on_hand <= inside <= on_hand + unresolved, (step, inside)
        assert sum(lot.quantity for lot in kept.slot("A1").lots) == on_hand + unresolved


def test_a_visit_to_an_unknown_slot_is_refused_by_the_file(kept: Kept) -> None:
    """Whoever asks checks the slots first; the ledger itself lets nothing in either."""
    before = kept.reader.restocks(1)
    with pytest.raises((TypeError, LedgerError)):
        kept.restock(RestockLine(slot="Z9", as_of=0, found=1))
    assert kept.reader.restocks(1) == before
