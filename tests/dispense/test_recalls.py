"""A recall locks a lot wherever it lies, now and later, however its code is written."""

from __future__ import annotations

import pytest

from kiosk.dispense.rules.choose import candidates
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import FaultKind, KitPart, Lock, Recall, RecallRequest
from tests.dispense.kept import NALOXONE, PRESUMED, STRIP, Kept

ATOMISER = (KitPart(name="atomiser", lot="AT-77"), KitPart(name="syringe", lot="SY 1"))


def recall(kept: Kept, lot: str, sku: str | None = None, request_id: str = "recall-1") -> Recall:
    return kept.ledger.recalls.recall(RecallRequest(id=request_id, lot=lot, sku=sku))


def locked(kept: Kept) -> dict[str, int]:
    """Return the slots that hold items which nobody should get, and how many."""
    return {name: slot.locked for name, slot in kept.slots().items() if slot.locked}


@pytest.mark.parametrize("typed", ["7k2213", "7K-22 13", " 7k/22.13 ", "7K2213"])
def test_a_code_is_compared_as_it_is_meant(kept: Kept, typed: str) -> None:
    """Case, spaces and dashes do not matter; a code that is only similar is another."""
    kept.put("A1", 3, "7k-2213")
    kept.put("A2", 3, "7K22130")
    found = recall(kept, typed)
    assert (found.slots, found.quantity, found.lot) == (("A1",), 3, typed)
    assert locked(kept) == {"A1": 3}
    assert kept.slot("A1").lots[0].locked is Lock.RECALLED


def test_every_coil_that_holds_it_is_told_at_once(kept: Kept) -> None:
    """One event for each slot, with how many may be inside: what is unresolved included."""
    kept.put("A1", 3, "L1")
    kept.put("A2", 2, "L1")
    kept.put("B1", 4, "L2")
    kept.vend("A2", PRESUMED)
    found = recall(kept, "L1")
    assert (found.slots, found.quantity) == (("A1", "A2"), 5)
    told = {(event.kind, event.slot, event.quantity) for event in kept.events(2)}
    assert told == {("recalled", "A1", 3), ("recalled", "A2", 2)}
    assert (kept.slot("A1").locked, kept.slot("A1").on_hand) == (3, 3)
    assert recall(kept, "NOWHERE", request_id="recall-2").slots == ()
    assert [(event.kind, event.slot) for event in kept.events(1)] == [("recalled", None)]


def test_a_part_of_a_kit_recalls_the_kit(kept: Kept) -> None:
    """The kit's own lot is good; that of its atomiser is not."""
    kept.put("A1", 3, "KIT-1", parts=ATOMISER)
    kept.put("A2", 3, "KIT-1")
    assert recall(kept, "at77").slots == ("A1",)
    assert recall(kept, "SY1", request_id="recall-2").slots == ("A1",)
    with pytest.raises(RequestError, match="lot at77 is recalled"):
        kept.put("A2", 1, "KIT-2", parts=ATOMISER)


def test_a_recall_can_be_for_one_product(kept: Kept) -> None:
    """Two makers may print the same code; the other product is untouched, also when it is put in later."""
    kept.put("A1", 3, "77")
    kept.put("B1", 3, "77")
    assert recall(kept, "77", sku="STRIP").slots == ("B1",)
    assert locked(kept) == {"B1": 3}
    kept.put("A2", 2, "77")
    with pytest.raises(RequestError, match="is recalled"):
        kept.put("B2", 2, "77")


def test_the_same_recall_twice_is_one(kept: Kept) -> None:
    """It may come from staff and by command, again and again; the id belongs to one lot."""
    kept.put("A1", 3, "L1")
    first = recall(kept, "L1")
    events = kept.reader.backlog().last_seq
    assert recall(kept, "l-1") == first
    assert kept.reader.backlog().last_seq == events
    with pytest.raises(ConflictError, match="another recall"):
        recall(kept, "L2")
    with pytest.raises(RequestError, match="letters or digits"):
        recall(kept, " - ")


def test_lifted_it_is_given_out_again_unless_another_recall_meets_it(kept: Kept) -> None:
    """Two recalls of one lot: both must be over."""
    kept.put("B1", 3, "KIT", parts=ATOMISER)
    recall(kept, "KIT")
    recall(kept, "AT-77", request_id="recall-2")
    assert kept.ledger.recalls.lift("recall-1").lifted
    assert locked(kept) == {"B1": 3}
    lifted = kept.ledger.recalls.lift("recall-2")
    assert (locked(kept), lifted.slots) == ({}, ("B1",))
    assert kept.kinds(2) == ["recall_lifted", "recall_lifted"]
    assert kept.ledger.recalls.lift("recall-2") == lifted
    kept.put("B1", 1, "KIT")
    assert [(one.id, one.lifted) for one in kept.reader.recalls()] == [("recall-2", True), ("recall-1", True)]
    with pytest.raises(NotFoundError, match="No recall has the id"):
        kept.ledger.recalls.lift("recall-3")


def test_it_blocks_a_coil_only_while_it_may_be_in_front(kept: Kept) -> None:
    """Good items in front come out; with one unresolved, the front is one of two."""
    kept.put("B1", 2, "GOOD")
    kept.put("B1", 2, "BAD")
    recall(kept, "BAD")
    assert not kept.slot("B1").front_locked
    assert [fault.kind for fault in kept.slot("B1").faults] == [FaultKind.LOCKED_BEHIND]
    kept.vend("B1", PRESUMED)
    assert not kept.slot("B1").front_locked
    kept.vend("B1", PRESUMED)
    assert (kept.bounds("B1"), kept.slot("B1").front_locked) == ((2, 2), True)
    assert kept.slot("B1").faults[0].kind is FaultKind.LOCKED_FRONT
    assert candidates(list(kept.slots().values()), STRIP) == []


def test_naloxone_that_is_recalled_is_the_last_resort(kept: Kept) -> None:
    """Any other coil first; and it is never left inside when there is nothing else."""
    kept.put("A1", 3, "BAD")
    kept.put("A2", 1, "GOOD")
    recall(kept, "BAD")
    assert [slot.slot for slot in candidates(list(kept.slots().values()), NALOXONE)] == ["A2", "A1"]
    kept.vend("A2")
    assert next(slot.slot for slot in candidates(list(kept.slots().values()), NALOXONE)) == "A1"


def test_it_holds_over_a_restart_and_ends_when_the_items_are_out(kept: Kept) -> None:
    """Nothing is forgotten with the power; taken out, the lot is no longer here."""
    kept.put("A1", 3, "BAD")
    recall(kept, "BAD")
    kept.reopen()
    assert locked(kept) == {"A1": 3}
    kept.restock(kept.line("A1", removed=3))
    (after,) = kept.reader.recalls()
    assert (after.slots, after.quantity, after.lifted) == ((), 0, False)
    assert locked(kept) == {}
