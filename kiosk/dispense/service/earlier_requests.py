"""What was asked for before: the same id moves nothing twice, and whoever asks again hears what became of it."""

from __future__ import annotations

import logging
from functools import partial

from kiosk.dispense.ledger import Ledger, Past, Reader
from kiosk.dispense.recording.recorder import Recorder
from kiosk.dispense.service.requests import REMEMBERED
from kiosk.errors import DiskStalledError, LedgerError

log = logging.getLogger(__name__)

SEARCH_S = 0.1
"""How long an emergency waits for the ledger to tell whether its id was used before, in seconds."""


class EarlierRequests:
    """Finds requests that `Requests` has let go of. Any thread may ask."""

    def __init__(self, recorder: Recorder, ledger: Ledger, reader: Reader) -> None:
        self._recorder = recorder
        self._ledger = ledger
        self._reader = reader
        self._earlier: dict[str, Past] = {}

    def load(self) -> None:
        """Have the latest requests of before this start known, so that no disk is asked for them. Never waits."""
        self._reader.latest_requests(REMEMBERED, self._earlier.update)

    def past(self, request_id: str, *, urgent: bool = False) -> Past | None:
        """Return a request and what was tried for it, None if nobody asked under this id.

        Raises DiskStalledError when the disk does not tell in time, which is at once if it is `urgent`. An urgent one
        that an open ledger does not tell raises LedgerError; whatever else it does not tell was never asked for.
        """
        if known := self._recorder.find(request_id) or self._earlier.get(request_id):
            return known
        look_up = partial(self._reader.past, request_id)
        try:
            return look_up(within_s=SEARCH_S) if urgent else look_up()
        except LedgerError as error:
            if isinstance(error, DiskStalledError) or (urgent and self._ledger.is_open):
                raise
            log.debug("%s", error)
        return None
