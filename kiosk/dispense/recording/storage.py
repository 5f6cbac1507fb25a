"""The files that the dispense layer keeps in the state folder, and the threads that alone wait for their disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from kiosk.clock import Clock
from kiosk.dispense.ledger import Ledger, Reader
from kiosk.dispense.ledger.log import LOG_BYTES
from kiosk.dispense.recording.journal import Journal
from kiosk.dispense.worker import Worker

CHANGED = ("ledger.db-wal", "journal.bin")
"""The files that a vend changes: `Cover` hides when that was."""

STOP_S = 5.0
"""How long a stop waits for a disk that does not answer, in seconds; systemd gives a stop 20 s in all."""


class Storage(NamedTuple):
    """The ledger, who reads it beside the vend thread, and the journal for when it cannot be written.

    `writer` alone uses ledger and journal once it was started; until then whoever calls does. The reader has a thread
    of its own as well.
    """

    ledger: Ledger
    reader: Reader
    journal: Journal
    writer: Worker

    @classmethod
    def of(cls, folder: Path, clock: Clock, log_bytes: int = LOG_BYTES) -> Storage:
        """Return the records in `folder`. Nothing is opened yet. `log_bytes` is the size of the ledger's log."""
        path = folder / "ledger.db"
        return cls(
            ledger=Ledger(path, clock, log_bytes),
            reader=Reader(path),
            journal=Journal(folder / "journal.bin"),
            writer=Worker("writer"),
        )

    def start(self) -> None:
        """Have threads of their own wait for the disk from now on."""
        self.writer.start(shares_core=True)  # with the vend thread
        self.reader.start()

    def close(self) -> bool:
        """Write down what waits, and close every file; False if the disk does not let that happen in time.

        The files then stay as they are: whoever closed them would wait for the disk as well.
        """
        give_up = time.monotonic() + STOP_S
        self.writer.submit(self.ledger.close)
        self.writer.submit(self.journal.close)
        self.writer.end()
        ended = self.writer.ended(STOP_S)
        # The reader closes after the ledger, so that the log stays, with its full size.
        return self.reader.close(give_up - time.monotonic()) and ended
