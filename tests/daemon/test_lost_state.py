"""Files of the state folder are lost while the real daemon is down: it never says more than it knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.simulator.world import inside
from tests.conftest import Evidence
from tests.kiosk_process import KioskProcess


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    """A kiosk that was filled and started again, gave out two items since then, and was killed."""
    process = KioskProcess(tmp_path, speed=50.0)
    try:
        process.start()
        process.fill()
        assert process.stop() == 0
        process.start()
        process.vend(sku="NAL")
        process.vend(sku="STRIP")
        process.kill()
        yield process
    finally:
        if process.running:
            process.kill()


def honest(kiosk: KioskProcess) -> bool:
    truly = inside(kiosk.state)
    slots = kiosk.client.stock().slots
    return all(slot.on_hand <= truly[slot.slot] <= slot.on_hand + slot.unresolved for slot in slots)


def ledger_faults(kiosk: KioskProcess) -> list[str]:
    return [fault.text for fault in kiosk.client.state().faults if fault.where == "ledger"]


def test_a_lost_log_is_told_and_widens_every_count(kiosk: KioskProcess, evidence: Evidence) -> None:
    """The ledger alone is whole, and believes that nothing was given out."""
    (kiosk.state / "ledger.db-wal").unlink()
    evidence.count("rollbacks")
    kiosk.start()
    (told,) = ledger_faults(kiosk)
    assert told.startswith("The ledger is older than it was")
    evidence.count("rollbacks_noticed")
    assert honest(kiosk)
    assert kiosk.vend(sku="STRIP").outcome == "dispensed"
    assert honest(kiosk)


def test_a_new_card_in_a_full_machine_knows_nothing(kiosk: KioskProcess) -> None:
    """Ordinary items come out all the same; each slot waits for a count."""
    for path in [*kiosk.state.glob("ledger.db*"), kiosk.state / "journal.bin"]:
        path.unlink()
    kiosk.start()
    assert ledger_faults(kiosk) == ["Nobody has counted yet what is inside: count every slot."]
    assert {(slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots} == {(0, 9)}
    assert kiosk.vend(sku="STRIP").outcome == "dispensed"
    assert honest(kiosk)
