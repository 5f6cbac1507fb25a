"""Excursions latch to the lots that were inside, over restarts, until a person decides; naloxone is never blocked."""

from __future__ import annotations

import pytest

from kiosk.clock import label
from kiosk.dispense.ledger.excursions import SHOWN
from kiosk.dispense.rules.choose import candidates
from kiosk.dispense.temperature import excursion
from kiosk.dispense.temperature.excursion import Ranges, State
from kiosk.errors import ConflictError, NotFoundError
from kiosk.model import Decision, Excursion, Lock
from tests.dispense.kept import NALOXONE, NOW_H, PRESUMED, STRIP, Kept

RANGES = {
    "NAL": Ranges(label=(15, 25), allowed=(4, 40)),
    "STRIP": Ranges(label=(2, 30)),
}
NAMES = {"NAL": "Naloxone", "STRIP": "Test strips"}


def feel(kept: Kept, celsius: float | None, minutes: int, sku: str = "NAL", each: int = 1) -> None:
    """Let it be so warm for so long, a sample `each` so many minutes; what came of it is kept, and time goes by."""
    for _ in range(minutes // each):
        state = kept.ledger.excursions.courses().get(sku, State())
        state, effects = excursion.advance(state, celsius, 60.0 * each, RANGES[sku])
        kept.ledger.excursions.keep(sku, state, effects)
        kept.clock.pass_h(each / 60)


def only(kept: Kept) -> Excursion:
    (one,) = kept.reader.excursions(NAMES)
    return one


@pytest.fixture
def hot(kept: Kept) -> Kept:
    """A kiosk that holds two lots of naloxone and one of strips, and has been too warm for twenty minutes."""
    kept.put("A1", 2, "N1")
    kept.put("A2", 2, "N2")
    kept.put("B1", 2, "S1")
    feel(kept, 31.0, 20)
    return kept


def cool(kept: Kept) -> None:
    """Let it be over."""
    feel(kept, 20.0, 40)


def test_an_excursion_holds_what_was_inside(hot: Kept) -> None:
    """The product's lots and slots, not its neighbours', with figures and a sentence."""
    one = only(hot)
    assert (one.product, one.slots, one.lots) == ("Naloxone", ("A1", "A2"), ("N1", "N2"))
    assert (one.began, one.ended, one.decision) == (label(NOW_H), None, None)
    assert (one.peak_c, one.minutes) == (31.0, 15)
    assert one.kinetic_c == pytest.approx(31.0)
    assert "the label allows up to 25 °C, and up to 40 °C for short times" in one.text
    assert hot.kinds(1) == ["excursion"]
    assert hot.slot("A1").locked == 0


def test_a_short_warmth_is_none(kept: Kept) -> None:
    """A door that stands open for ten minutes makes no task."""
    kept.put("A1", 2, "N1")
    feel(kept, 31.0, 10)
    feel(kept, 20.0, 60)
    assert kept.reader.excursions(NAMES) == ()


def test_it_is_one_excursion_over_a_restart(hot: Kept) -> None:
    """It goes on where it was: the time adds up, and it is told once."""
    hot.reopen()
    feel(hot, 33.0, 20)
    assert only(hot).peak_c == 33.0
    hot.reopen()
    cool(hot)
    assert only(hot).minutes == 40
    assert hot.kinds(30).count("excursion") == 1


def test_what_is_put_in_while_it_lasts_is_met_too(hot: Kept) -> None:
    """And what is put in afterwards is not; what was taken out stays on the list."""
    hot.restock(hot.line("A2", removed=2, added=3, lot="N3"))
    assert set(only(hot).lots) == {"N1", "N2", "N3"}
    cool(hot)
    hot.put("A1", 2, "N4")
    assert set(only(hot).lots) == {"N1", "N2", "N3"}


def test_a_lot_that_nobody_wrote_down_is_met_too(kept: Kept) -> None:
    """Found without a code, it is named as such, and can be decided about."""
    kept.restock(kept.line("B1", 3))
    feel(kept, 40.0, 1, "STRIP")
    feel(kept, 40.0, 20, "STRIP")
    feel(kept, 20.0, 40, "STRIP")
    one = only(kept)
    assert (one.slots, one.lots) == (("B1",), ("not written down",))
    kept.ledger.excursions.review(one.id, Decision.REMOVE, NAMES)
    assert kept.slot("B1").lots[0].locked is Lock.SPOILED


def test_nobody_decides_while_it_lasts(hot: Kept) -> None:
    """What is not over cannot be judged; what does not exist neither."""
    with pytest.raises(ConflictError, match="still out of range"):
        hot.ledger.excursions.review(only(hot).id, Decision.ACCEPT, NAMES)
    with pytest.raises(NotFoundError, match="no excursion 99"):
        hot.ledger.excursions.review(99, Decision.ACCEPT, NAMES)


def test_accepted_nothing_is_locked(hot: Kept) -> None:
    """The decision is kept, twice is once, and it cannot be turned round."""
    cool(hot)
    number = only(hot).id
    assert hot.kinds(1) == ["excursion_over"]
    decided = hot.ledger.excursions.review(number, Decision.ACCEPT, NAMES)
    assert (decided.decision, decided.ended) == (Decision.ACCEPT, label(NOW_H))
    assert hot.ledger.excursions.review(number, Decision.ACCEPT, NAMES) == decided
    with pytest.raises(ConflictError, match="before you"):
        hot.ledger.excursions.review(number, Decision.REMOVE, NAMES)
    assert hot.slot("A1").locked == 0


def test_removed_its_lots_are_spoiled_where_they_lie(hot: Kept) -> None:
    """In every coil that held them, also what came of the same lot later; other lots are good, over a restart too."""
    hot.vend("A1", PRESUMED)
    cool(hot)
    hot.put("A1", 2, "N1")
    hot.put("A2", 1, "N4")
    hot.ledger.excursions.review(only(hot).id, Decision.REMOVE, NAMES)
    hot.reopen()
    assert hot.slot("A2").locked == 2
    assert [(lot.lot, lot.locked) for lot in hot.slot("A2").lots] == [("N2", Lock.SPOILED), ("N4", None)]
    assert hot.slot("A1").front_locked
    assert hot.slot("B1").locked == 0


def test_spoiled_naloxone_comes_out_when_there_is_nothing_else(hot: Kept) -> None:
    """It goes last and is never left inside; other products stay inside."""
    feel(hot, 40.0, 20, "STRIP")
    cool(hot)
    feel(hot, 20.0, 40, "STRIP")
    for one in hot.reader.excursions(NAMES):
        hot.ledger.excursions.review(one.id, Decision.REMOVE, NAMES)
    slots = list(hot.slots().values())
    assert [slot.slot for slot in candidates(slots, NALOXONE)] == ["A1", "A2"]
    assert candidates(slots, STRIP) == []
    hot.restock(hot.line("A2", removed=2, added=1, lot="N5"))
    assert [slot.slot for slot in candidates(list(hot.slots().values()), NALOXONE)] == ["A2", "A1"]


def test_taken_out_the_lock_is_gone(hot: Kept) -> None:
    """New items of the same lot, from another box, are good."""
    cool(hot)
    hot.ledger.excursions.review(only(hot).id, Decision.REMOVE, NAMES)
    hot.restock(hot.line("A1", removed=2, added=2, lot="N1"))
    assert hot.slot("A1").locked == 0


def test_those_that_wait_are_always_shown(kept: Kept) -> None:
    """However many were decided since."""
    kept.put("B1", 2, "S1")
    for number in range(SHOWN + 2):
        feel(kept, 40.0, 20, "STRIP", each=5)
        feel(kept, 20.0, 35, "STRIP", each=5)
        if number:
            kept.ledger.excursions.review(kept.reader.excursions(NAMES)[0].id, Decision.ACCEPT, NAMES)
    shown = kept.reader.excursions(NAMES)
    assert [one.id for one in shown if one.decision is None] == [1]
    assert [one.id for one in shown] == [*range(SHOWN + 2, 2, -1), 1]
