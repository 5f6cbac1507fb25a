"""A ledger that went back in time: cut, deleted, or an older one put back. It is noticed, and no count is believed."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.dispense.ledger import Doubt
from kiosk.dispense.ledger.log import Log
from kiosk.dispense.recording.journal import BLOCK, RECORDS
from kiosk.errors import RequestError
from kiosk.model import RecallRequest, RestockLine
from tests.conftest import Evidence
from tests.dispense.kept import CONFIG, HandClock
from tests.dispense.running import FALLS, JAMS, Running
from tests.stocking import counted

SLOTS = [slot.id for slot in CONFIG.slots]
CAPACITY = 9

WAL_HEAD = 32
FRAME = 24 + 1024
"""A frame of the write-ahead log: its head, and a page as `store` makes them."""

HEIGHT = "SELECT coalesce((SELECT max(seq) FROM movement), 0) + coalesce((SELECT max(seq) FROM event), 0)"


class Life:
    """A kiosk that counts, gives out and is refilled; `images` is its folder after each step, as a cut leaves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images: list[Path] = []
        self.inside: dict[str, int] = {}
        with closing(Running(folder / "kiosk")) as kiosk:
            for step in self._steps(kiosk):
                step()
                kiosk.idle()
                self._take(kiosk)

    def _steps(self, kiosk: Running) -> Iterator[Callable[[], object]]:
        yield kiosk.find_empty
        for slot in SLOTS:
            yield lambda slot=slot: kiosk.put(slot, 7, "L1")  # type: ignore[misc]
        yield kiosk.restart  # which folds the log in
        yield lambda: kiosk.vend("NAL", FALLS)
        yield lambda: kiosk.vend("STRIP", JAMS, FALLS)
        yield lambda: kiosk.vend("NAL", FALLS)
        yield lambda: kiosk.put("A1", 2, "L2")
        yield lambda: kiosk.do(lambda: kiosk.service.changes.recall(RecallRequest(id="recall-1", lot="L2")))
        yield lambda: kiosk.vend("NAL", FALLS)

    def _take(self, kiosk: Running) -> None:
        image = self.folder / f"image-{len(self.images)}"
        shutil.copytree(kiosk.folder, image)
        self.images.append(image)
        self.inside = dict(kiosk.world.inside)

    @property
    def now(self) -> Path:
        """The folder as it was last."""
        return self.images[-1]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return Life(tmp_path_factory.mktemp("life"))


@pytest.fixture
def state(life: Life, tmp_path: Path) -> Path:
    """A copy of the folder as it was last, to be spoiled."""
    return Path(shutil.copytree(life.now, tmp_path / "state"))


def started(life: Life, state: Path) -> Running:
    """Start on what is left, in front of a machine that holds what it really holds."""
    kiosk = Running(state, clock=HandClock(state))
    for slot, items in life.inside.items():
        kiosk.world.put(slot, items)
    return kiosk


def height(state: Path) -> int:
    """Return how far the ledger in a folder is, without touching it."""
    copy = Path(shutil.copytree(state, state.with_name("looked-at")))
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        (rows,) = db.execute(HEIGHT).fetchone()
    shutil.rmtree(copy)
    return int(rows)


def put_back(life: Life, state: Path, number: int, *names: str) -> None:
    """Put files of an earlier image back over those that are there."""
    for name in names:
        (state / name).unlink(missing_ok=True)
        if (life.images[number] / name).exists():
            shutil.copy(life.images[number] / name, state / name)


def wal_gone(_life: Life, state: Path) -> None:
    (state / "ledger.db-wal").unlink()


def wal_empty(_life: Life, state: Path) -> None:
    (state / "ledger.db-wal").write_bytes(b"")


def wal_spoiled(_life: Life, state: Path) -> None:
    """A frame in the middle is not what it was: nothing behind it counts."""
    wal = bytearray((state / "ledger.db-wal").read_bytes())
    at = WAL_HEAD + Log(state / "ledger.db-wal", 0).used() // FRAME // 2 * FRAME + 100
    wal[at] ^= 0xFF
    (state / "ledger.db-wal").write_bytes(wal)


def older_pair(life: Life, state: Path) -> None:
    put_back(life, state, 3, "ledger.db", "ledger.db-wal", "ledger.db-shm")


def one_step_older(life: Life, state: Path) -> None:
    put_back(life, state, len(life.images) - 2, "ledger.db", "ledger.db-wal", "ledger.db-shm")


def backup(life: Life, state: Path) -> None:
    """A backup as SQLite makes it: one file, without a log."""
    older = life.folder / "backup.db"
    older.unlink(missing_ok=True)
    image = f"file:{life.images[8]}/ledger.db?mode=ro"
    with closing(sqlite3.connect(image, uri=True)) as source, closing(sqlite3.connect(older)) as target:
        source.backup(target)
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (state / name).unlink(missing_ok=True)
    shutil.copy(older, state / "ledger.db")


def all_but_the_ledger_gone(life: Life, state: Path) -> None:
    """A backup is put back on a new card, without the journal, as the manual says."""
    backup(life, state)
    (state / "journal.bin").unlink()


def journal_gone(_life: Life, state: Path) -> None:
    (state / "journal.bin").unlink()


def journal_cut(_life: Life, state: Path) -> None:
    (state / "journal.bin").write_bytes((state / "journal.bin").read_bytes()[:5000])


def marks_spoiled(_life: Life, state: Path) -> None:
    with (state / "journal.bin").open("r+b") as file:
        file.seek(RECORDS * BLOCK)
        file.write(b"\xa5" * (2 * BLOCK))


def another_kiosks_ledger(life: Life, state: Path) -> None:
    with closing(Running(life.folder / "another")) as other:
        other.find_empty()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (state / name).unlink(missing_ok=True)
    shutil.copy(life.folder / "another" / "ledger.db", state / "ledger.db")


@pytest.mark.parametrize(
    "roll_back",
    [
        wal_gone,
        wal_empty,
        wal_spoiled,
        older_pair,
        one_step_older,
        backup,
        all_but_the_ledger_gone,
        journal_gone,
        journal_cut,
        marks_spoiled,
        another_kiosks_ledger,
    ],
)
def test_it_is_noticed(roll_back: Callable[[Life, Path], None], life: Life, state: Path, evidence: Evidence) -> None:
    """Every slot says all that may be inside, staff are told once, and a count of every slot ends it."""
    roll_back(life, state)
    evidence.count("rollbacks")
    with closing(started(life, state)) as kiosk:
        assert kiosk.service.doubt is Doubt.BEHIND
        evidence.count("rollbacks_noticed")
        assert kiosk.honest()
        assert {kiosk.bounds(slot) for slot in SLOTS} == {(0, CAPACITY)}
        assert kiosk.kinds(50).count("behind") == len(SLOTS)
        assert kiosk.vend("NAL", FALLS).outcome == "dispensed"
        assert kiosk.vend("STRIP", FALLS).outcome == "dispensed"
        assert kiosk.honest()
        kiosk.restart()
        assert kiosk.service.doubt is Doubt.BEHIND
        assert kiosk.kinds(50).count("behind") == len(SLOTS), "it is told once"
        kiosk.visit(*(counted(kiosk.slot(slot), kiosk.world.inside[slot]) for slot in SLOTS))
        assert kiosk.service.doubt is None
        kiosk.restart()
        assert kiosk.service.doubt is None
        assert {slot: kiosk.bounds(slot) for slot in SLOTS} == {slot: (kiosk.world.inside[slot], 0) for slot in SLOTS}


def test_a_log_that_is_cut_after_any_commit(life: Life, tmp_path: Path, evidence: Evidence) -> None:
    """Each loss of a movement or an event is noticed; where none was lost, nothing is said."""
    wal = (life.now / "ledger.db-wal").read_bytes()
    # The head of a frame that ends a commit holds the size of the file after it, all others hold 0.
    ends = [
        at + FRAME for at in range(WAL_HEAD, len(wal) - FRAME + 1, FRAME) if struct.unpack_from(">I", wal, at + 4)[0]
    ]
    assert len(ends) > 20
    now = height(life.now)
    lost = 0
    for number, end in enumerate(ends[:: max(1, len(ends) // 12)]):
        state = Path(shutil.copytree(life.now, tmp_path / f"cut-{number}"))
        (state / "ledger.db-wal").write_bytes(wal[:end])
        behind = height(state) < now
        with closing(started(life, state)) as kiosk:
            assert (kiosk.service.doubt is Doubt.BEHIND) == behind, end
            assert kiosk.honest()
        lost += behind
    evidence.count("rollbacks", lost)
    evidence.count("rollbacks_noticed", lost)
    assert lost >= 5


def test_a_start_on_what_is_whole_raises_no_alarm(life: Life, tmp_path: Path, evidence: Evidence) -> None:
    """Killed after any step, with the latest mark or with the one before it, as when that did not reach the disk."""
    evidence.count("false_rollback_alarms", 0)
    for number, image in enumerate(life.images):
        for journal in {number, max(0, number - 1)}:
            state = Path(shutil.copytree(image, tmp_path / f"{number}-{journal}"))
            put_back(life, state, journal, "journal.bin")
            with closing(Running(state, clock=HandClock(state))) as kiosk:
                assert kiosk.service.doubt is None
                assert kiosk.service.ledger_fault is None


def test_a_count_from_before_is_not_saved_after_it(life: Life, state: Path) -> None:
    """Who counted before the ledger went back is asked to count again, whatever has happened since."""
    with closing(started(life, state)) as kiosk:
        version = kiosk.slot("A1").version
    put_back(life, state, 3, "ledger.db", "ledger.db-wal", "ledger.db-shm")
    with closing(started(life, state)) as kiosk:
        assert kiosk.slot("A1").version > version
        with pytest.raises(RequestError, match="Count again"):
            kiosk.visit(RestockLine(slot="A1", as_of=version, found=8))


def test_a_ledger_that_was_never_marked_is_believed(life: Life, state: Path) -> None:
    """As after an update from software that kept no marks; from then on a missing mark is a lost one."""
    with closing(sqlite3.connect(state / "ledger.db")) as db, db:
        db.execute("DELETE FROM meta WHERE key = 'marked'")
    marks_spoiled(life, state)
    with closing(started(life, state)) as kiosk:
        assert kiosk.service.doubt is None
        assert kiosk.honest()
    marks_spoiled(life, state)
    with closing(started(life, state)) as kiosk:
        assert kiosk.service.doubt is Doubt.BEHIND


def test_one_name_is_never_given_to_two_events(life: Life, state: Path, tmp_path: Path) -> None:
    """Whatever was put back, the whole folder included, of which nothing inside can tell: (epoch, sequence) is new."""
    names = []
    for image in (life.now, *life.images[4:9], life.now):
        put_back(life, state, life.images.index(image), "ledger.db", "ledger.db-wal", "ledger.db-shm", "journal.bin")
        with closing(started(life, state)) as kiosk:
            kiosk.vend("STRIP", FALLS)
            told = kiosk.reader.pending(0, 1000)
            assert [row.seq for row in told] == list(range(1, len(told) + 1))
            assert told[-1].epoch == kiosk.reader.epoch
            names += [((row.epoch, row.seq), row) for row in told]
    assert all(row == dict(names)[name] for name, row in names)
    assert len(dict(names)) > max(row.seq for _, row in names) + 10


def test_a_journal_that_cannot_be_read_blames_nobody(life: Life, state: Path) -> None:
    """It is told as what it is; the ledger is believed."""
    (state / "journal.bin").unlink()
    (state / "journal.bin").mkdir()
    with closing(started(life, state)) as kiosk:
        assert kiosk.service.doubt is None
        assert "journal" in str(kiosk.service.ledger_fault)
        assert kiosk.honest()
