"""The honest count: every change of stock, durable before the next thing happens.

One Ledger, one thread: whoever owns it (the writer's thread) is the only writer of ledger.db.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Container, Mapping
from pathlib import Path

from msgspec import Struct

from kiosk import clock as time
from kiosk.clock import Clock
from kiosk.dispense.ledger import lot_queues
from kiosk.dispense.ledger.calendar import Calendar
from kiosk.dispense.ledger.doubt import UNMARKED, Doubt, Mark, judge
from kiosk.dispense.ledger.excursions import ExcursionLog
from kiosk.dispense.ledger.file import COUNT, Count, LedgerFile
from kiosk.dispense.ledger.log import LOG_BYTES
from kiosk.dispense.ledger.lot_queues import LotQueues
from kiosk.dispense.ledger.outbox import Outbox
from kiosk.dispense.ledger.recalls import Recalls
from kiosk.dispense.ledger.restocks import Restocks
from kiosk.dispense.ledger.retention import Retention
from kiosk.dispense.ledger.store import translated
from kiosk.dispense.ledger.vends import Vends
from kiosk.dispense.rules.bounds import Change
from kiosk.errors import LedgerDamagedError, LedgerError
from kiosk.model import EventKind


class Planned(Struct, frozen=True):
    """What kiosk.toml says of a slot."""

    sku: str
    capacity: int


class Ledger:
    """ledger.db: one room for each thing that is written, over one file. Nothing is written before `open`.

    Everything raises LedgerError when the disk or the file fails; the ledger is then as it was before the call.
    """

    def __init__(self, path: Path, clock: Clock, log_bytes: int = LOG_BYTES) -> None:
        self._path = path
        self._suspect = path.with_name(f"{path.name}.suspect")
        self._file = file = LedgerFile(path, clock, log_bytes)
        self._marked = False
        self.calendar = Calendar(file, clock)
        self.vends = Vends(file)
        self.restocks = Restocks(file)
        self.recalls = Recalls(file)
        self.excursions = ExcursionLog(file)
        self.outbox = Outbox(file)
        self.retention = Retention(file)
        self.epoch = ""
        """Names this ledger, once it was open: its numbers mean nothing in another one, nor after it went back."""
        self.mistrusted: tuple[str, ...] = ()
        """Slots whose stock was not the sum of its movements when the file was opened."""

    # -- opening ---------------------------------------------------------------------------------------------------

    def open(self, slots: Mapping[str, Planned], skus: Collection[str] = (), *, kept: Mark | None = None) -> None:
        """Open the file and take over the planogram. May be called again. `vends.recover` comes after it.

        `skus` names the products that staff may have put into a slot, besides those that kiosk.toml has there.
        `kept` is the latest `mark` that was kept outside of the ledger, None if that cannot be read.

        A damaged file is set aside. Of a slot that the ledger does not know, a first start's, a new one's or a lost
        ledger's, nobody can say what is inside: anything up to its capacity, until it is counted. The same is true of
        every slot when the ledger is behind what was kept. Raises LedgerError when the disk cannot be written.
        """
        known = {*skus, *(planned.sku for planned in slots.values())}
        if not self._suspect.exists():
            try:
                self._open(slots, known, kept, lost=False)
            except LedgerDamagedError:
                pass
            else:
                return
        self._set_aside()
        self._open(slots, known, kept, lost=True)

    def suspect(self) -> None:
        """Have the next `open` set the file aside: it was found damaged in a place that opening does not look at."""
        try:
            self._suspect.touch()
        except OSError as error:
            raise LedgerError(f"The ledger is damaged, and that could not be noted: {error}.") from error

    def _open(self, slots: Mapping[str, Planned], skus: Container[str], kept: Mark | None, *, lost: bool) -> None:
        self._file.open()
        try:
            self._begin(slots, skus, kept, lost=lost or bool(self._damaged()))
            doubted = self._file.get("doubt", "")
            self._file.doubt = Doubt(doubted) if doubted else None
            self.mistrusted = tuple(self._audit())
        except BaseException:
            self.close()
            raise
        # Whoever shows the stock takes all of it anew.
        self._file.changed, self._file.recoiled, self._file.news = self.counts(), True, True

    @property
    def is_open(self) -> bool:
        """Whether anything can be written."""
        return self._file.is_open

    @property
    def doubt(self) -> Doubt | None:
        """Why no count is certain; None once every slot was counted, and before the first `open`. Reads no file."""
        return self._file.doubt

    @property
    def mark(self) -> Mark:
        """How far the ledger is; all of that is on the disk."""
        return Mark(self.epoch, self._file.height)

    def close(self) -> None:
        """Close the file; the write-ahead log is folded into it, and stays if a reader closes after this."""
        self._file.close()

    def _set_aside(self) -> None:
        """Move a damaged file away, with its log, under a name that says so; nothing of it is deleted yet."""
        aside = self._path.with_name(f"{self._path.name}.damaged-{len(self._damaged()) + 1}")
        try:
            # The file itself comes last, and then the mark: until it has gone, the next start sets it aside again.
            for suffix in ("-wal", "-shm", ""):
                part = self._path.with_name(self._path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
            self._suspect.unlink(missing_ok=True)
        except OSError as error:
            raise LedgerError(f"The damaged ledger {self._path} could not be moved away: {error}.") from error

    def forget_damaged(self, before_hour: int) -> None:
        """Delete what was set aside before an hour: it holds details that are kept no longer than that."""
        try:
            for path in self._path.parent.glob(f"{self._path.name}.damaged-*"):
                if path.stat().st_ctime < before_hour * time.HOUR_S:
                    path.unlink()
        except OSError as error:
            raise LedgerError(f"A damaged ledger could not be deleted: {error}. Look after the disk.") from error

    def _damaged(self) -> list[Path]:
        """Return the damaged files that were set aside, the latest last."""
        aside = self._path.parent.glob(f"{self._path.name}.damaged-*")
        return sorted((path for path in aside if path.suffix[9:].isdecimal()), key=lambda path: int(path.suffix[9:]))

    def _begin(self, slots: Mapping[str, Planned], skus: Container[str], kept: Mark | None, *, lost: bool) -> None:
        file = self._file
        self.vends.capacities = {slot: planned.capacity for slot, planned in slots.items()}
        with file.transaction():
            doubt = self._doubt(kept, lost=lost)
            self.calendar.load()
            for slot, planned in slots.items():
                known = file.db.execute("SELECT planned, sku FROM stock WHERE slot = ?", (slot,)).fetchone()
                if known is None:
                    self._add(slot, planned, lost=doubt is Doubt.LOST)
                    continue
                if doubt is Doubt.BEHIND:
                    self._widen(slot, planned.capacity, kept)
                if known[0] != planned.sku or known[1] not in skus:
                    self._plan(slot, planned.sku)
            for (slot,) in file.db.execute("SELECT slot FROM stock WHERE planned <> ''").fetchall():
                if slot not in slots:
                    self._plan(slot, "")
            file.event(EventKind.STARTED, None, None, 0)

    def _doubt(self, kept: Mark | None, *, lost: bool) -> Doubt | None:
        """Say whether this is the ledger that was marked; if not, give it a name of its own, and note why."""
        file = self._file
        name = str(file.get("epoch", ""))
        self._marked = bool(file.get("marked", 0))
        if name:
            doubt = judge(Mark(name, file.height), kept, marked=self._marked)
        else:
            doubt = Doubt.LOST if lost or kept not in (None, UNMARKED) else Doubt.NEW
            file.set("outbox_after", 0)
        if doubt is not None:
            name = secrets.token_hex(6)
            file.set("epoch", name)
            file.set("doubt", doubt)
            # Only visits from now on count: the newest one has this number.
            (newest,) = file.db.execute("SELECT coalesce(max(seq), 0) FROM restock").fetchone()
            file.set("doubted_after", newest)
        self.epoch = name
        return doubt

    def note_marked(self) -> None:
        """Remember that a mark of this ledger is on the disk: from now on a missing mark is a lost one."""
        if not self._marked:
            with self._file.transaction():
                self._file.set("marked", 1)
            self._marked = True

    def _add(self, slot: str, planned: Planned, *, lost: bool) -> None:
        """Add a slot that nobody has counted; if the ledger is `lost` that knew it, say so."""
        self._file.insert("INSERT INTO stock (slot, sku, planned) VALUES (?, ?, ?)", slot, planned.sku, planned.sku)
        self._file.move(slot, "rebuilt" if lost else "uncounted", Change(0, planned.capacity))
        if lost:
            self._file.event(EventKind.REBUILT, slot, planned.sku, 0)

    def _widen(self, slot: str, capacity: int, kept: Mark | None) -> None:
        """Let a slot say all that may be inside after changes were lost: what came out, and what was put in."""
        file, held = self._file, self._file.bounds(slot)
        # Nobody who counted at a version that is lost may save that count at another one of the same number.
        lost = max(0, kept.height - file.height) if kept else 0
        file.change_stock("version = version + ?", lost, slot)
        file.move(slot, "behind", Change(-held.on_hand, held.on_hand + max(0, capacity - sum(held))))
        file.event(EventKind.BEHIND, slot, file.sku(slot), 0)

    def _plan(self, slot: str, sku: str) -> None:
        """Take over that kiosk.toml now has another product in a slot, or "" for a slot that it has no more.

        What staff changed on the spot held until now. Nothing is certain of what was not looked after: what the slot
        held becomes unresolved.
        """
        file = self._file
        if file.sku(slot) != sku:
            held = file.bounds(slot)
            file.move(slot, "planogram", Change(-held.on_hand, +held.on_hand))
            file.change_stock("sku = ?, jams = 0", sku or file.sku(slot), slot)
            file.db.execute("DELETE FROM coil WHERE slot = ?", (slot,))
        file.change_stock("planned = ?", sku, slot)

    def _audit(self) -> list[str]:
        """Return the slots whose stock is not the sum of their movements: none, unless the file was tampered with."""
        with translated("The ledger could not be read"):
            rows = self._file.db.execute(
                "SELECT stock.slot FROM stock"
                " LEFT JOIN (SELECT slot AS s, sum(on_hand) AS h, sum(unresolved) AS u FROM movement GROUP BY slot)"
                " ON s = stock.slot LEFT JOIN opening ON opening.slot = stock.slot"
                " WHERE stock.on_hand <> coalesce(h, 0) + coalesce(opening.on_hand, 0)"
                " OR stock.unresolved <> coalesce(u, 0) + coalesce(opening.unresolved, 0)"
            )
            return [slot for (slot,) in rows]

    # -- what is in every slot -------------------------------------------------------------------------------------

    def counts(self) -> dict[str, Count]:
        """Return every slot's row of the stock table."""
        with translated("The ledger could not be read"):
            rows = self._file.db.execute(f"SELECT {COUNT} FROM stock").fetchall()
        return {row[0]: Count(*row) for row in rows}

    def changed(self) -> dict[str, Count]:
        """Return the stock rows that were committed since the last call. Asks the database nothing."""
        changed, self._file.changed = self._file.changed, {}
        return changed

    def lot_queues(self) -> LotQueues | None:
        """Return how every coil is arranged if that changed since the last call, which is rare, else None."""
        if not self._file.recoiled:
            return None
        with translated("The ledger could not be read"):
            found = lot_queues.load(self._file)
        self._file.recoiled = False
        return found

    def has_news(self) -> bool:
        """Say whether events were committed since the last call."""
        news, self._file.news = self._file.news, False
        return news

    def hide(self, sku: str, *, hidden: bool) -> None:
        """Take a product off the menu, or put it back on."""
        with self._file.transaction():
            if hidden:
                changed = self._file.db.execute("INSERT OR IGNORE INTO hidden VALUES (?)", (sku,)).rowcount
            else:
                changed = self._file.db.execute("DELETE FROM hidden WHERE sku = ?", (sku,)).rowcount
            if changed:
                self._file.recoil()
                self._file.event(EventKind.HIDDEN if hidden else EventKind.SHOWN, None, sku, 0)

    # -- housekeeping ----------------------------------------------------------------------------------------------

    def done(self, command_id: str) -> str | None:
        """Return the answer that a command got when it was carried out, None if it never was."""
        with translated("The ledger could not be read"):
            row = self._file.db.execute("SELECT said FROM command WHERE id = ?", (command_id,)).fetchone()
        return None if row is None else str(row[0])

    def note_command(self, command_id: str, said: str) -> None:
        """Remember that a command was carried out."""
        with self._file.transaction():
            self._file.insert("INSERT OR IGNORE INTO command VALUES (?, ?, ?)", command_id, said, self._file.hour())

    def prove(self) -> None:
        """Write something, to show that it can be."""
        with self._file.transaction():
            # Another number each time: SQLite writes nothing where nothing changes, and that would prove nothing.
            self._file.set("proved", int(self._file.get("proved", 0)) + 1)

    def fold(self) -> bool:
        """Fold the write-ahead log into the file and wipe it; False, at once, while somebody else reads.

        The moment is on the disk afterwards, and says what had happened by then. So it must not follow a vend.
        """
        return self._file.fold()

    def relieve(self, share: float) -> bool:
        """Fold the write-ahead log in if such a share of it is in use, so that it never grows; say whether it was."""
        if not self._file.log.full(share):
            return False
        self._file.relieve()
        return True
