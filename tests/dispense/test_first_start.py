"""A new card in a machine that holds items: what nobody counted is unknown, says so, and is given out all the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from kiosk.dispense.ledger import Doubt
from kiosk.model import Outcome
from tests.dispense.kept import HandClock
from tests.dispense.running import FALLS, Running
from tests.dispense.small_disk import small_disk


def test_what_was_never_counted_is_not_sold_out(tmp_path: Path) -> None:
    """An ordinary item comes out of a slot that nobody counted; the range stays true, and a count settles it."""
    with closing(Running(tmp_path)) as kiosk:
        kiosk.world.put("B1", 7)
        assert kiosk.bounds("B1") == (0, 9)
        assert kiosk.service.doubt is Doubt.NEW
        assert kiosk.vend("STRIP", FALLS).outcome is Outcome.DISPENSED
        assert kiosk.bounds("B1") == (0, 8)
        assert kiosk.honest()
        assert [fault.text for fault in kiosk.slot("B1").faults] == ["B1: 8 items are unresolved. Count this slot."]
        kiosk.put("B1", 0)
        assert kiosk.bounds("B1") == (6, 0)


def test_a_first_start_on_a_full_disk_knows_no_more(tmp_path: Path, clock: HandClock) -> None:
    """There is no ledger and no journal: naloxone comes out, and once there is room the count is as honest."""
    with small_disk(tmp_path / "disk", 2048) as disk:
        disk.fill()
        with closing(Running(disk.root, clock=clock)) as kiosk:
            kiosk.world.put("A1", 7)
            kiosk.world.put("B1", 7)
            assert not kiosk.storage.ledger.is_open
            assert kiosk.bounds("A1") == kiosk.bounds("B1") == (0, 9)
            assert kiosk.vend("NAL", FALLS).outcome is Outcome.DISPENSED
            assert kiosk.honest()
            disk.make_room()
            clock.sleep(61)
            kiosk.idle()
            assert kiosk.storage.ledger.is_open
            assert kiosk.service.doubt is Doubt.NEW
            assert (kiosk.bounds("A1"), kiosk.bounds("B1")) == ((0, 8), (0, 9))
            assert kiosk.honest()
