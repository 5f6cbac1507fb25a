"""The files that the dispense layer keeps in the state folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kiosk.clock import Clock
from kiosk.dispense.journal import Journal
from kiosk.dispense.ledger import Ledger, Reader


class Records(NamedTuple):
    """The ledger, who reads it beside the vend thread, and the journal for when it cannot be written."""

    ledger: Ledger
    reader: Reader
    journal: Journal

    @classmethod
    def of(cls, folder: Path, clock: Clock) -> Records:
        """Return the records in `folder`. Nothing is opened yet."""
        return cls(Ledger(folder / "ledger.db", clock), Reader(folder / "ledger.db"), Journal(folder / "journal.bin"))

    def close(self) -> None:
        """Close every file."""
        self.reader.close()
        self.ledger.close()
        self.journal.close()
