"""A ledger that is damaged and a journal that fails: what staff are told, and when a new start is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from kiosk.dispense.ledger import Planned
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.recording.storage import Storage
from kiosk.errors import LedgerDamagedError, LedgerError
from kiosk.model import Outcome, VendRequest
from tests.dispense.kept import CONFIG, DISPENSED
from tests.dispense.recording import Rig
from tests.dispense.small_disk import no_file_longer_than


def test_a_journal_that_cannot_be_used_does_not_shut_the_ledger(tmp_path: Path) -> None:
    """Something else stands where it should be: the kiosk works, and staff are told."""
    (tmp_path / "state" / "journal.bin").mkdir(parents=True)
    rig = Rig(tmp_path / "state")
    assert rig.storage.ledger.is_open
    rig.stock()
    rig.vend("request-1")
    assert rig.bounds() == (4, 0)
    assert "journal" in str(rig.recorder.fault)
    rig.recorder.reopen()
    assert "journal" in str(rig.recorder.fault)
    (tmp_path / "state" / "journal.bin").rmdir()
    rig.recorder.reopen()
    assert rig.recorder.fault is None
    rig.storage.close()


def test_a_damaged_ledger_is_told_apart(rig: Rig) -> None:
    """A file that is not whole is only mended by a new start; naloxone goes to the journal until then."""
    path = rig.folder / "ledger.db"
    rig.storage.ledger.close()
    content = path.read_bytes()
    rig.storage.ledger.open({slot.id: Planned(slot.product, slot.capacity) for slot in CONFIG.slots})
    path.write_bytes(content[:1024] + b"\xa5" * (len(content) - 1024))
    rig.vend("request-1")
    assert rig.recorder.damaged
    rig.cut()
    assert not rig.recorder.damaged
    assert rig.bounds() == (0, 8)
    assert rig.outcomes("request-1") == [Outcome.DISPENSED]


def test_what_else_fails_is_told_and_passes(rig: Rig) -> None:
    """A chore that cannot write stops nothing; a write that works again clears the sentence."""

    def fail() -> None:
        raise LedgerError("The disk is full.")

    rig.recorder.try_write(fail)
    assert (rig.recorder.fault, rig.recorder.damaged) == ("The disk is full.", False)
    rig.recorder.reopen()
    assert rig.recorder.fault is None

    def damage() -> None:
        raise LedgerDamagedError("The ledger is damaged.")

    rig.recorder.try_write(damage)
    assert rig.recorder.damaged


def test_a_new_start_waits_for_what_is_in_memory_only(rig: Rig) -> None:
    """Neither ledger nor journal took what came out: ending the process would lose it."""
    with no_file_longer_than(1024):
        rig.vend("request-1")
        rig.recorder.note(LedgerDamagedError("The ledger is damaged."))
        assert not rig.recorder.damaged
    assert rig.recorder.merge()
    assert rig.recorder.damaged


def test_damage_that_a_new_start_cannot_mend_asks_for_none(rig: Rig) -> None:
    """A damaged file that cannot be set aside is met again by every question; a kiosk that restarts serves nobody."""
    rig.storage.ledger.close()
    rig.recorder.note(LedgerDamagedError("The ledger is damaged."))
    assert rig.recorder.fault == "The ledger is damaged."
    assert not rig.recorder.damaged
    rig.vend("request-1")
    assert not rig.recorder.damaged
    assert rig.recorder.reopen()
    assert rig.outcomes("request-1") == [Outcome.DISPENSED]


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_a_folder_that_cannot_be_read_does_not_end_the_thread_that_writes(rig: Rig) -> None:
    """A process that ended for it would be started again, and again: naloxone would never come out."""
    rig.recorder.try_write(failing(OSError(5, "Input/output error")))
    assert "Input/output error" in str(rig.recorder.fault)
    rig.storage.ledger.close()
    vars(rig.storage.ledger)["_suspect"] = SimpleNamespace(exists=failing(PermissionError(13, "Permission denied")))
    assert not rig.recorder.reopen()
    assert "Permission denied" in str(rig.recorder.fault)
    rig.begin("request-1")


def test_a_journal_that_cannot_be_cleared_keeps_nobody_from_the_ledger(rig: Rig) -> None:
    """What it holds is merged, what a power cut left open is closed, and staff can save."""
    held = rig.begin("request-1").made
    rig.begin("request-2", slot="A1")
    rig.storage.close()
    rig.storage = Storage.of(rig.folder, rig.clock)
    rig.storage.journal.open()
    rig.storage.journal.append(replace(held, request=VendRequest(id="request-3", sku="NAL"), verdict=DISPENSED))
    rig.storage.journal.close()
    vars(rig.storage.journal)["clear"] = failing(LedgerError("The journal could not be written."))
    rig.recorder = Recorder(rig.storage, rig.clock, CONFIG)
    opened: list[str] = []
    rig.recorder.open(on_opened=lambda: opened.append("once"))
    assert opened == ["once"]
    assert rig.outcomes("request-2") == [Outcome.UNKNOWN]
    assert rig.outcomes("request-3") == [Outcome.DISPENSED]
    assert "journal" in str(rig.recorder.fault)
    rig.recorder.merge()
    assert rig.bounds() == (2, 2)


def test_a_first_try_that_fails_is_made_up_for(rig: Rig) -> None:
    """What comes after the opening is done when it can be, not only at the try that opened the file."""
    rig.begin("request-1")
    rig.storage.close()
    rig.storage = Storage.of(rig.folder, rig.clock)
    vars(rig.storage.ledger.vends)["recover"] = failing(LedgerError("The disk is full."))
    rig.recorder = Recorder(rig.storage, rig.clock, CONFIG)
    opened: list[str] = []
    rig.recorder.open(on_opened=lambda: opened.append("once"))
    assert opened == []
    del vars(rig.storage.ledger.vends)["recover"]
    assert rig.recorder.reopen()
    assert not rig.recorder.reopen()
    assert opened == ["once"]
    assert rig.outcomes("request-1") == [Outcome.UNKNOWN]


def test_damage_that_cannot_be_noted_asks_for_no_new_start(rig: Rig) -> None:
    """The next start would find it again."""
    vars(rig.storage.ledger)["suspect"] = failing(LedgerError("No space left on device."))
    rig.recorder.note(LedgerDamagedError("A table is damaged."))
    assert not rig.recorder.damaged
    del vars(rig.storage.ledger)["suspect"]
    rig.recorder.note(LedgerDamagedError("A table is damaged."))
    assert rig.recorder.damaged
