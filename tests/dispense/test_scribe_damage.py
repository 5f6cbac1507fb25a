"""A ledger that is damaged and a journal that fails: what staff are told, and when a new start is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from kiosk.dispense.ledger import Planned
from kiosk.dispense.records import Records
from kiosk.dispense.scribe import Scribe
from kiosk.errors import LedgerDamagedError, LedgerError
from kiosk.model import Outcome, VendRequest
from tests.dispense.kept import CONFIG, DISPENSED
from tests.dispense.scribing import Desk
from tests.dispense.small_disk import no_file_longer_than


def test_a_journal_that_cannot_be_used_does_not_shut_the_ledger(tmp_path: Path) -> None:
    """Something else stands where it should be: the kiosk works, and staff are told."""
    (tmp_path / "state" / "journal.bin").mkdir(parents=True)
    desk = Desk(tmp_path / "state")
    assert desk.records.ledger.is_open
    desk.stock()
    desk.vend("request-1")
    assert desk.bounds() == (4, 0)
    assert "journal" in str(desk.scribe.fault)
    desk.scribe.heal()
    assert "journal" in str(desk.scribe.fault)
    (tmp_path / "state" / "journal.bin").rmdir()
    desk.scribe.heal()
    assert desk.scribe.fault is None
    desk.records.close()


def test_a_damaged_ledger_is_told_apart(desk: Desk) -> None:
    """A file that is not whole is only mended by a new start; naloxone goes to the journal until then."""
    path = desk.folder / "ledger.db"
    desk.records.ledger.close()
    content = path.read_bytes()
    desk.records.ledger.open({slot.id: Planned(slot.product, slot.capacity) for slot in CONFIG.slots})
    path.write_bytes(content[:1024] + b"\xa5" * (len(content) - 1024))
    desk.vend("request-1")
    assert desk.scribe.damaged
    desk.cut()
    assert not desk.scribe.damaged
    assert desk.bounds() == (0, 8)
    assert desk.outcomes("request-1") == [Outcome.DISPENSED]


def test_what_else_fails_is_told_and_passes(desk: Desk) -> None:
    """A chore that cannot write stops nothing; a write that works again clears the sentence."""

    def fail() -> None:
        raise LedgerError("The disk is full.")

    desk.scribe.keep(fail)
    assert (desk.scribe.fault, desk.scribe.damaged) == ("The disk is full.", False)
    desk.scribe.heal()
    assert desk.scribe.fault is None

    def damage() -> None:
        raise LedgerDamagedError("The ledger is damaged.")

    desk.scribe.keep(damage)
    assert desk.scribe.damaged


def test_a_new_start_waits_for_what_is_in_memory_only(desk: Desk) -> None:
    """Neither ledger nor journal took what came out: ending the process would lose it."""
    with no_file_longer_than(1024):
        desk.vend("request-1")
        desk.scribe.note(LedgerDamagedError("The ledger is damaged."))
        assert not desk.scribe.damaged
    assert desk.scribe.merge()
    assert desk.scribe.damaged


def test_damage_that_a_new_start_cannot_mend_asks_for_none(desk: Desk) -> None:
    """A damaged file that cannot be set aside is met again by every question; a kiosk that restarts serves nobody."""
    desk.records.ledger.close()
    desk.scribe.note(LedgerDamagedError("The ledger is damaged."))
    assert desk.scribe.fault == "The ledger is damaged."
    assert not desk.scribe.damaged
    desk.vend("request-1")
    assert not desk.scribe.damaged
    assert desk.scribe.heal()
    assert desk.outcomes("request-1") == [Outcome.DISPENSED]


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_a_folder_that_cannot_be_read_does_not_end_the_thread_that_writes(desk: Desk) -> None:
    """A process that ended for it would be started again, and again: naloxone would never come out."""
    desk.scribe.keep(failing(OSError(5, "Input/output error")))
    assert "Input/output error" in str(desk.scribe.fault)
    desk.records.ledger.close()
    vars(desk.records.ledger)["_suspect"] = SimpleNamespace(exists=failing(PermissionError(13, "Permission denied")))
    assert not desk.scribe.heal()
    assert "Permission denied" in str(desk.scribe.fault)
    desk.begin("request-1")


def test_a_journal_that_cannot_be_cleared_keeps_nobody_from_the_ledger(desk: Desk) -> None:
    """What it holds is merged, what a power cut left open is closed, and staff can save."""
    held = desk.begin("request-1").made
    desk.begin("request-2", slot="A1")
    desk.records.close()
    desk.records = Records.of(desk.folder, desk.clock)
    desk.records.journal.open()
    desk.records.journal.append(replace(held, request=VendRequest(id="request-3", sku="NAL"), verdict=DISPENSED))
    desk.records.journal.close()
    vars(desk.records.journal)["clear"] = failing(LedgerError("The journal could not be written."))
    desk.scribe = Scribe(desk.records, desk.clock, CONFIG)
    opened: list[str] = []
    desk.scribe.on_opened = lambda: opened.append("once")
    desk.scribe.open()
    assert opened == ["once"]
    assert desk.outcomes("request-2") == [Outcome.UNKNOWN]
    assert desk.outcomes("request-3") == [Outcome.DISPENSED]
    assert "journal" in str(desk.scribe.fault)
    desk.scribe.merge()
    assert desk.bounds() == (2, 2)


def test_a_first_try_that_fails_is_made_up_for(desk: Desk) -> None:
    """What comes after the opening is done when it can be, not only at the try that opened the file."""
    desk.begin("request-1")
    desk.records.close()
    desk.records = Records.of(desk.folder, desk.clock)
    vars(desk.records.ledger.vends)["recover"] = failing(LedgerError("The disk is full."))
    desk.scribe = Scribe(desk.records, desk.clock, CONFIG)
    opened: list[str] = []
    desk.scribe.on_opened = lambda: opened.append("once")
    desk.scribe.open()
    assert opened == []
    del vars(desk.records.ledger.vends)["recover"]
    assert desk.scribe.heal()
    assert not desk.scribe.heal()
    assert opened == ["once"]
    assert desk.outcomes("request-1") == [Outcome.UNKNOWN]


def test_damage_that_cannot_be_noted_asks_for_no_new_start(desk: Desk) -> None:
    """The next start would find it again."""
    vars(desk.records.ledger)["suspect"] = failing(LedgerError("No space left on device."))
    desk.scribe.note(LedgerDamagedError("A table is damaged."))
    assert not desk.scribe.damaged
    del vars(desk.records.ledger)["suspect"]
    desk.scribe.note(LedgerDamagedError("A table is damaged."))
    assert desk.scribe.damaged
