"""Which events are under way. Pure: it knows no broker, no clock and no database.

A row is held here from the moment it is read until whoever has the say lets it be forgotten: the broker that took
it, or the collector that has committed it. Until then it is sent again, later and later.
"""

from __future__ import annotations

import bisect
import heapq
import random
from collections import deque
from collections.abc import Iterable, Sequence

from kiosk.model import OutboxRow
from kiosk.telemetry.pace import Pace, backoff

Range = tuple[int, int]


class Window:
    """The rows under way, in three places: waiting, on the wire, and with a collector that has yet to answer.

    With `receipts`, only `acknowledge` lets go of a row; without, the broker's `accepted` does. `cursor` is the
    highest seq ever taken in; rows are taken in ascending order, and sent in that order the first time.
    """

    def __init__(self, *, receipts: bool, hold: int, pace: Pace, chance: random.Random) -> None:
        self.cursor = 0
        self.refusals = 0
        """Refusals in a row; while it is not 0, one event at a time tries its luck."""
        self._receipts = receipts
        self._hold = hold
        self._pace = pace
        self._chance = chance
        self._rows: dict[int, OutboxRow] = {}
        self._fresh: deque[int] = deque()
        self._wire: set[int] = set()
        self._due: dict[int, float] = {}
        self._again: list[tuple[float, int]] = []
        self._tries: dict[int, int] = {}
        self._closed_until = 0.0

    def __len__(self) -> int:
        return len(self._rows)

    def room(self) -> int:
        """Return how many more rows may be taken in."""
        return self._hold - len(self._rows)

    def add(self, rows: Iterable[OutboxRow]) -> None:
        """Take in rows, ascending and all above `cursor`. Raises ValueError otherwise; the ones before it are in."""
        for row in rows:
            if row.seq <= self.cursor:
                raise ValueError(f"event {row.seq} comes after event {self.cursor}")
            self.cursor = row.seq
            self._rows[row.seq] = row
            self._fresh.append(row.seq)

    def skip_to(self, seq: int) -> None:
        """Note that no row up to `seq` is missing here: whatever was between is gone from the outbox."""
        self.cursor = max(self.cursor, seq)

    def take(self, now: float, limit: int) -> OutboxRow | None:
        """Return the next row to send, now on the wire, or None: `limit` are on it already, or nothing is due."""
        if self._full(limit) or now < self._closed_until:
            return None
        seq = self._next(now)
        if seq is None:
            return None
        self._wire.add(seq)
        self._tries[seq] = self._tries.get(seq, -1) + 1
        return self._rows[seq]

    def accepted(self, seq: int, now: float) -> bool:
        """Note that the broker took a row; return whether the row may be forgotten now."""
        if seq not in self._wire:
            return False
        self._wire.remove(seq)
        self.refusals, self._closed_until = 0, 0.0
        if not self._receipts:
            self._let_go(seq)
            return True
        wait = backoff(self._pace.receipt_s, self._pace.retry_max_s, self._tries[seq], self._chance)
        self._later(seq, now + wait)
        return False

    def refused(self, seq: int, now: float) -> None:
        """Note that the broker did not keep a row. It waits its turn again, and everything waits a while."""
        if seq not in self._wire:
            return
        self._wire.remove(seq)
        if now >= self._closed_until:
            wait = backoff(self._pace.retry_s, self._pace.retry_max_s, self.refusals, self._chance)
            self._closed_until = now + wait
            self.refusals += 1
        # After the pause another row is tried first: one that the broker will never take must not hold up the rest.
        wait = backoff(self._pace.retry_s, self._pace.retry_max_s, self._tries[seq], self._chance)
        self._later(seq, self._closed_until + wait)

    def holds(self, epoch: str) -> bool:
        """Say whether any row of an epoch is under way."""
        return any(row.epoch == epoch for row in self._rows.values())

    def acknowledge(self, epoch: str, ranges: Sequence[Range], rejected: Sequence[int]) -> tuple[list[int], list[int]]:
        """Let go of what a collector has committed or rejected of an epoch; return the rows of both, ascending.

        Only rows that were sent count: an ack that names others, even all numbers there are, does nothing to them.
        """
        held = list(self._rows)
        done: set[int] = set()
        for low, high in ranges:
            done.update(held[bisect.bisect_left(held, low) : bisect.bisect_right(held, high)])
        sent = {seq for seq in self._tries if self._rows[seq].epoch == epoch}
        done &= sent
        refused = sorted(set(rejected) & sent - done)
        for seq in (*done, *refused):
            self._wire.discard(seq)
            self._let_go(seq)
        return sorted(done), refused

    def lost(self, now: float) -> None:
        """Note that the connection is gone: what was on the wire goes first next time, the rest again before long."""
        self._fresh.extendleft(sorted(self._wire, reverse=True))
        self._wire.clear()
        self.refusals, self._closed_until = 0, 0.0
        for seq, due in list(self._due.items()):
            self._later(seq, min(due, now + self._chance.uniform(0.0, self._pace.receipt_s)))

    def wait_s(self, now: float, limit: int) -> float | None:
        """Return the seconds until `take` will have a row, or None when that is for others to say."""
        if self._full(limit):
            return None
        while self._again and self._due.get(self._again[0][1]) != self._again[0][0]:
            heapq.heappop(self._again)
        if self._fresh:
            return max(0.0, self._closed_until - now)
        return max(0.0, self._closed_until - now, self._again[0][0] - now) if self._again else None

    def _full(self, limit: int) -> bool:
        return len(self._wire) >= (min(1, limit) if self.refusals else limit)

    def _next(self, now: float) -> int | None:
        """Return a row whose time has come again, else the first fresh one."""
        while self._again and self._again[0][0] <= now:
            due, seq = heapq.heappop(self._again)
            if self._due.get(seq) == due:
                del self._due[seq]
                return seq
        while self._fresh:
            seq = self._fresh.popleft()
            if seq in self._rows:
                return seq
        return None

    def _later(self, seq: int, due: float) -> None:
        self._due[seq] = due
        heapq.heappush(self._again, (due, seq))

    def _let_go(self, seq: int) -> None:
        self._rows.pop(seq, None)
        self._due.pop(seq, None)
        self._tries.pop(seq, None)


def as_ranges(seqs: Iterable[int]) -> list[Range]:
    """Write numbers as the fewest ascending ranges, both ends included."""
    ranges: list[Range] = []
    for seq in sorted(seqs):
        if ranges and ranges[-1][1] >= seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges
