"""What is older than the programme keeps becomes daily totals, so that the ledger stays small for years."""

from __future__ import annotations

from kiosk.clock import HOURS_A_DAY
from kiosk.dispense.ledger.file import LedgerFile

CHUNK = 200
"""So many rows are folded in one transaction: a few milliseconds, after which a press is served."""


class Retention:
    """Each public method is one transaction. They raise LedgerError when the disk fails, and change nothing then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def fold(self, before_hour: int) -> bool:
        """Fold up to CHUNK movements and events from before an hour; return whether there may be more.

        Only an hour of a clock that was set counts; rows that were written before such a row are older than it,
        whatever their own clock said. The newest row of each table stays, and so does what nobody has acknowledged.
        """
        with self._file.transaction():
            moved = self._fold_movements(before_hour)
            told = self._fold_events(before_hour)
            if moved or told:
                self._shorten_visits(before_hour)
        return moved or told

    def out_of_stock(self, day: int, sku: str, minutes: int) -> None:
        """Add minutes in which a product was out of stock, on a day counted from 1970."""
        with self._file.transaction():
            self._file.db.execute(
                "INSERT INTO outage VALUES (?, ?, ?) ON CONFLICT (day, sku) DO UPDATE SET"
                " minutes = minutes + excluded.minutes",
                (day, sku, minutes),
            )

    def _shorten_visits(self, before_hour: int) -> None:
        """Let go of what only the undoing of a visit needs; what was counted stays."""
        self._file.db.execute("UPDATE restock SET asked = '' WHERE hour < ? AND asked <> ''", (before_hour,))
        self._file.db.execute(
            "UPDATE restock_line SET before = '' WHERE before <> '' AND restock IN"
            " (SELECT seq FROM restock WHERE hour < ?)",
            (before_hour,),
        )

    def _last_old(self, table: str, before_hour: int, condition: str = "1") -> int:
        """Return the last row of a table's oldest chunk that is certainly old, 0 if none is."""
        row = self._file.db.execute(
            f"SELECT max(seq) FROM (SELECT seq, hour, clock_ok FROM {table} WHERE {condition} ORDER BY seq LIMIT ?)"
            # Whatever was written before the first row of a clock that was set is older than that row.
            " WHERE (clock_ok = 1 AND hour < ?"
            f" OR seq < (SELECT seq FROM (SELECT seq, hour FROM {table} WHERE clock_ok = 1 ORDER BY seq LIMIT 1)"
            f" WHERE hour < ?)) AND seq < (SELECT max(seq) FROM {table})",
            (CHUNK, before_hour, before_hour),
        ).fetchone()
        return int(row[0] or 0)

    def _fold_movements(self, before_hour: int) -> bool:
        db = self._file.db
        last = self._last_old("movement", before_hour)
        if not last:
            return False
        db.execute(
            "INSERT INTO opening SELECT slot, sum(on_hand), sum(unresolved) FROM movement WHERE seq <= ? GROUP BY slot"
            " ON CONFLICT (slot) DO UPDATE SET on_hand = on_hand + excluded.on_hand,"
            " unresolved = unresolved + excluded.unresolved",
            (last,),
        )
        # A request's rows go with its last movement; one that is still asked about is much younger than that.
        db.execute(
            "DELETE FROM vend WHERE request IN (SELECT request FROM movement WHERE seq <= ?)"
            " AND request NOT IN (SELECT request FROM movement WHERE seq > ? AND seq <= ? AND request IS NOT NULL)",
            (last, last, last + CHUNK),
        )
        db.execute("DELETE FROM asked WHERE request NOT IN (SELECT request FROM vend)")
        db.execute("DELETE FROM movement WHERE seq <= ?", (last,))
        return True

    def _fold_events(self, before_hour: int) -> bool:
        db = self._file.db
        last = self._last_old("event", before_hour, "seq <= (SELECT value FROM meta WHERE key = 'outbox_after')")
        if not last:
            return False
        db.execute(
            "INSERT INTO daily SELECT hour / ?, kind, coalesce(sku, ''), coalesce(slot, ''), coalesce(lot, 0),"
            " sum(quantity), count(*) FROM event WHERE seq <= ? GROUP BY 1, 2, 3, 4, 5"
            " ON CONFLICT (day, kind, sku, slot, lot) DO UPDATE SET quantity = quantity + excluded.quantity,"
            " times = times + excluded.times",
            (HOURS_A_DAY, last),
        )
        db.execute("DELETE FROM event WHERE seq <= ?", (last,))
        return True
