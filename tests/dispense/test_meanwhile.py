"""What leaves a slot between its count and the save: taken off where that is certain, counted anew where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.dispense.rules.vend_steps import Finish
from kiosk.errors import ConflictError
from kiosk.model import Outcome, RestockLine
from tests.dispense.kept import DISPENSED, JAMMED, PRESUMED, Kept


def overtaken(kept: Kept, found: int, **what: Any) -> RestockLine:
    """Return a line whose count was over before anything moved; `after` counts all that is inside, at the end."""
    after = what.pop("after", False)
    line = kept.line("A1", found, **what)
    return replace(line, until=line.as_of, after=after)


def test_what_was_seen_to_leave_since_the_count_is_taken_off(kept: Kept) -> None:
    """From the front, as it lay when it was counted; undoing it says all that may be, without what left."""
    kept.put("A1", 5, "OLD")
    line = overtaken(kept, 5, added=3, lot="NEW")
    kept.vend("A1")
    kept.vend("A1", JAMMED)
    kept.vend("A1")
    (done,) = kept.restock(line, request_id="met-two-vends").lines
    assert (done.found, done.left, done.drift, done.on_hand) == (5, 2, 0, 6)
    assert (kept.bounds("A1"), kept.queue("A1")) == ((6, 0), [("OLD", 3), ("NEW", 3)])
    assert kept.reader.restocks(1)[0].lines == (done,)
    assert kept.restock(line, request_id="met-two-vends").lines == (done,)
    kept.reopen()
    assert kept.ledger.mistrusted == ()
    kept.ledger.restocks.undo("met-two-vends")
    assert kept.bounds("A1") == (3, 3)


def test_a_jam_since_the_count_stays_a_jam(kept: Kept) -> None:
    """Whoever counted before it has not looked at that coil."""
    kept.put("A1", 5)
    line = overtaken(kept, 5)
    kept.vend("A1", JAMMED)
    assert (kept.restock(line).lines[0].on_hand, kept.slot("A1").jams) == (5, 1)


@pytest.mark.parametrize("doubt", ["presumed", "unknown", "began before", "two fell", "stray", "counted", "turning"])
def test_where_it_is_not_certain_the_count_is_worth_nothing(kept: Kept, doubt: str) -> None:
    """Nothing is saved, and the slot stays as it was."""
    kept.put("A1", 5)
    begun = kept.intend("A1") if doubt == "began before" else None
    line = overtaken(kept, 5, added=2)
    if begun:
        kept.ledger.vends.outcome(begun, DISPENSED)
    elif doubt == "presumed":
        kept.vend("A1", PRESUMED)
    elif doubt == "unknown":
        kept.intend("A1")
        kept.ledger.vends.recover()
    elif doubt == "two fell":
        kept.vend("A1", Finish(Outcome.DISPENSED, certain=True, drops=2))
    elif doubt == "stray":
        kept.stray("A1")
    elif doubt == "counted":
        kept.put("A1", 1)
    else:
        kept.intend("A1")
    before = kept.bounds("A1")
    assert kept.reader.since("A1", line.as_of).certain == (doubt == "turning")
    with pytest.raises(ConflictError, match="A1 changed while you counted"):
        kept.restock(line)
    assert kept.bounds("A1") == before


@pytest.mark.parametrize("until", [None, 0, 99])
def test_without_proof_that_the_count_was_not_overtaken_any_change_is_a_conflict(kept: Kept, until: int | None) -> None:
    kept.put("A1", 5)
    line = replace(overtaken(kept, 5), until=until)
    kept.vend("A1")
    with pytest.raises(ConflictError):
        kept.restock(line)


@pytest.mark.parametrize("as_of", [-1, 0, 2**63, 99])
def test_a_version_that_nobody_knows_is_a_doubt(kept: Kept, as_of: int) -> None:
    """Also that of a slot of which something waits to be written down."""
    kept.put("A1", 5)
    assert not kept.reader.since("A1", as_of).certain
    with pytest.raises(ConflictError):
        kept.restock(RestockLine(slot="A1", as_of=as_of, until=as_of, found=5))


def test_all_that_is_inside_is_never_added_to(kept: Kept) -> None:
    """Six are inside with the two that were put in, so four were; their lot is known."""
    kept.put("A1", 5, "OLD")
    kept.vend("A1", PRESUMED)
    line = overtaken(kept, 6, added=2, lot="NEW", after=True)
    kept.vend("A1")
    (done,) = kept.restock(line).lines
    assert (done.found, done.left, done.settled, done.drift, done.on_hand) == (4, 1, 1, 0, 5)
    assert kept.queue("A1") == [("OLD", 3), ("NEW", 2)]


def test_of_what_was_put_in_some_have_left_already(kept: Kept) -> None:
    """Two went into an empty coil, one came out unseen: one is inside, and it is of that lot."""
    line = overtaken(kept, 1, added=2, lot="NEW", after=True)
    (done,) = kept.restock(line).lines
    assert (done.found, done.added, done.left, done.on_hand) == (0, 2, 1, 1)
    assert (kept.bounds("A1"), kept.queue("A1")) == ((1, 0), [("NEW", 1)])


def test_more_cannot_have_left_than_was_inside(kept: Kept) -> None:
    kept.put("A1", 3)
    line = overtaken(kept, 0)
    kept.vend("A1")
    with pytest.raises(ConflictError, match="more came out since than you counted"):
        kept.restock(line)
    assert kept.bounds("A1") == (2, 0)


def test_a_slot_that_changes_its_product_takes_nothing_off(kept: Kept) -> None:
    """Nobody knows which of the two came out."""
    kept.put("A1", 3)
    line = overtaken(kept, 3, removed=3, added=2, sku="STRIP")
    kept.vend("A1")
    with pytest.raises(ConflictError):
        kept.restock(line)
