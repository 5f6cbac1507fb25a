"""The date by which expiry is judged: the best that is known, also while nobody vouches for the clock.

Three hours bound it. The mark is the latest hour that a clock which somebody vouched for has shown; it is kept in the
ledger. The software's own release is a bound that every kiosk has. And the clock itself, also one that nobody vouches
for: without a network it goes on from where it stood when power went, so that it is late rather than early.
"""

from __future__ import annotations

import datetime

from kiosk import clock as time
from kiosk.clock import HOURS_A_DAY, Clock, When
from kiosk.dispense.ledger.file import LedgerFile

RELEASED = datetime.date(2026, 9, 1)
"""No clock that is right shows an earlier day to this software."""

JUMP_H = 366 * HOURS_A_DAY
"""A clock that somebody vouches for is believed at once when it is ahead of the mark by at most so many hours. A jump
further ahead, or back, may be one wrong answer from the network, which must not make everything expire for good."""

AGREE_S = 3600.0
"""How long a clock has to stand by such a jump until it is believed, in seconds."""

LIKELY_H = 10 * JUMP_H
"""A clock for which nobody vouches is not believed further ahead of the other bounds."""


class Calendar:
    """Keeps the mark. Nothing but `load`, `keep` and `confirm` touches the file; these raise LedgerError."""

    def __init__(self, file: LedgerFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._mark = 0
        self._jumped: tuple[float, float] | None = None
        self._today = 0, time.day(0)

    def load(self) -> None:
        """Take over the mark from the file."""
        self._mark = int(self._file.get("trusted_hour", 0))

    def trusted_hour(self) -> int:
        """Return the latest hour that a clock showed for which somebody vouched, 0 if there was none."""
        stamp = self._clock.stamp()
        if not stamp.synced:
            self._jumped = None
            return self._mark
        if not self._mark or 0 <= stamp.hour - self._mark <= JUMP_H:
            self._jumped = None
            return stamp.hour
        return stamp.hour if self._stands_by(stamp.hour) else self._mark

    def known_hour(self) -> int:
        """Return the hour that it most likely is: never before the software's release, nor before the mark."""
        stamp = self._clock.stamp()
        if stamp.synced:
            return self.trusted_hour()
        bound = max(self._mark, (RELEASED - time.day(0)).days * HOURS_A_DAY)
        return stamp.hour if bound < stamp.hour <= bound + LIKELY_H else bound

    def when(self) -> When:
        """Return the hour by which periods are judged."""
        return When(self.known_hour(), trusted=self._clock.synced())

    def today(self) -> datetime.date:
        """Return the day by which dates are judged."""
        number = self.known_hour() // HOURS_A_DAY
        if number != self._today[0]:
            self._today = number, time.day(number * HOURS_A_DAY)
        return self._today[1]

    def keep(self) -> None:
        """Write the mark down when it has moved, so that it outlives a power cut."""
        if (hour := self.trusted_hour()) != self._mark:
            self._set(hour)

    def confirm(self) -> None:
        """Take the hour that the clock shows for right, since a person said so, even if it is before the mark."""
        self._set(self._clock.stamp().hour)

    def _set(self, hour: int) -> None:
        with self._file.transaction():
            self._file.set("trusted_hour", hour)
        self._mark, self._jumped = hour, None

    def _stands_by(self, hour: int) -> bool:
        """Say whether the clock has shown what it shows now, but for the time that passed, for long enough."""
        now = self._clock.monotonic()
        began_s = hour * time.HOUR_S - now
        jumped = self._jumped  # another thread may ask as well, and find that the clock is in step again
        if jumped is None or abs(jumped[1] - began_s) > 2 * time.HOUR_S:
            self._jumped = jumped = now, began_s
        return now - jumped[0] >= AGREE_S
