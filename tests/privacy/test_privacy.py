"""Nobody can be identified: all that a kiosk left behind after 500 visits is read, and says neither when nor who.

Read are every table of the ledger with its log, every byte of every file in the state and runtime folders, every line
of the log, every message that a broker received, and every answer of the control API. Looked for are times finer than
the hour and anything that one visit shares with another, or with a code. Each way of looking is tried on a leak that
was planted.

When files were changed, and what else the file system knows, is looked for in `test_seized.py`. When systemd's journal
took a line is not: nothing is logged of a visit unless the kiosk is told to (DEBUG). Who has the answer of a control
request knows when it was asked.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from kiosk.clock import HOUR_S
from kiosk.model import Outcome
from tests.conftest import Evidence
from tests.privacy.hurried import BEGINS_S, HURRY
from tests.privacy.leaks import HURRIED, Visits, find
from tests.privacy.reading import Remains, read
from tests.privacy.visits import REST_S, SPEED, VISITS, Kiosk, People

BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Run(Struct, frozen=True):
    """A run of visits: what is left, and what is looked for in it."""

    folder: Path
    people: People
    visits: Visits
    messages: list[tuple[str, bytes]]
    answers: list[tuple[str, bytes]]

    def remains(self, folder: Path | None = None) -> Remains:
        """Read everything, from a copy if there is one."""
        here = folder or self.folder
        places = [here / "state", here / "run"]
        return read(places, log=here / "log.txt", messages=self.messages, answers=self.answers)


def let_them_come(folder: Path, level: str, *, power_cut: bool) -> Run:
    """Let everybody come, then end the kiosk; return what it left."""
    kiosk = Kiosk(folder, level)
    began = now()
    kiosk.start()
    kiosk.fill()
    people = People(kiosk)
    people.come(VISITS)
    time.sleep(REST_S)
    people.look_at_everything()
    kiosk.kill() if power_cut else kiosk.stop()
    ended = now()
    kiosk.close()
    spans = [*zip(began, ended, strict=True)]
    seconds = ended[0] - began[0]
    spans += [(BEGINS_S, BEGINS_S + seconds * HURRY), (began[1], began[1] + seconds * SPEED)]
    return Run(folder, people, people.were(spans), list(kiosk.listener.messages), kiosk.asker.answers)


def now() -> tuple[float, float, float]:
    """Return what the clocks of this computer say."""
    return time.time(), time.monotonic(), time.clock_gettime(BOOT)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The log as it is by default; the power is cut at the end."""
    return let_them_come(tmp_path_factory.mktemp("usual"), "INFO", power_cut=True)


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Everything is logged; the kiosk is stopped at the end."""
    return let_them_come(tmp_path_factory.mktemp("talkative"), "DEBUG", power_cut=False)


@pytest.fixture(params=["usual", "talkative"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.getfixturevalue(request.param)
    return chosen


def test_nothing_tells_when_somebody_came_or_who(run: Run, evidence: Evidence) -> None:
    """Nothing that is looked for is anywhere."""
    remains = run.remains()
    evidence.count("privacy_rows_read", remains.rows)
    assert not find(remains, run.visits)
    assert remains.rows > 3000


def test_the_visits_were_worth_looking_for(run: Run) -> None:
    """People got things with codes and without, some again with the same code; some things failed."""
    people = run.people
    assert len(people.requests) == VISITS
    assert people.outcomes.count(Outcome.DISPENSED) > 300
    assert people.outcomes.count(Outcome.JAMMED) >= 3
    assert people.refused > 30
    assert len(people.uses) > len(set(people.uses)) > 60
    assert len(run.messages) > 300


def test_the_usual_log_grows_with_no_visit(usual: Run) -> None:
    """What is logged by default is about the kiosk; it would be as long if nobody came, but for faults, by the hour."""
    lines = (usual.folder / "log.txt").read_text().splitlines()
    faults = Counter(line for line in lines if " A fault waits for staff: " in line)
    began, ended = usual.visits.spans[HURRIED]
    assert max(faults.values(), default=0) <= ended // HOUR_S - began // HOUR_S + 1
    assert len(lines) - faults.total() < 20


def test_messages_leave_in_batches(usual: Run) -> None:
    """Events of many visits leave together: far fewer moments than visits."""
    states = [payload for topic, payload in usual.messages if topic.endswith("/state")]
    assert len(states) < VISITS / 10


# -- each way of looking finds what was planted ------------------------------------------------------------------------


def in_ledger(*statements: str) -> Callable[[Path, Visits], None]:
    """Return what plants a leak in the ledger."""

    def plant(folder: Path, _visits: Visits) -> None:
        with closing(sqlite3.connect(folder / "state" / "ledger.db")) as db, db:
            for statement in statements:
                db.execute(statement)

    return plant


def in_log(line: Callable[[Visits], str]) -> Callable[[Path, Visits], None]:
    """Return what plants a leak in the log."""

    def plant(folder: Path, visits: Visits) -> None:
        with (folder / "log.txt").open("a") as log:
            log.write(line(visits) + "\n")

    return plant


def nonce_of_each_code(folder: Path, visits: Visits) -> None:
    """Keep the codes' random numbers, as numbers."""
    with closing(sqlite3.connect(folder / "state" / "ledger.db")) as db, db:
        db.execute("CREATE TABLE seen (number INTEGER)")
        db.executemany("INSERT INTO seen VALUES (?)", [(int.from_bytes(one, "big"),) for one in visits.nonces])


def moments(scale: float, span: int = 0) -> Callable[[Path, Visits], None]:
    """Return what writes a moment beside each vend: of the clock that is `span`th, times `scale`."""

    def plant(folder: Path, visits: Visits) -> None:
        start, end = visits.spans[span]
        with closing(sqlite3.connect(folder / "state" / "ledger.db")) as db, db:
            db.execute("ALTER TABLE event ADD COLUMN at ANY")
            rows = db.execute("SELECT count(*) FROM event").fetchone()[0]
            db.execute("UPDATE event SET at = (? + seq * ? / ?) * ?", (start, end - start, rows, scale))

    return plant


def deleted_moments(folder: Path, visits: Visits) -> None:
    """Leave moments in bytes that no table holds any more."""
    with closing(sqlite3.connect(folder / "state" / "ledger.db")) as db:
        db.execute("PRAGMA secure_delete=OFF")
        db.execute("CREATE TABLE visit (at INTEGER)")
        db.executemany("INSERT INTO visit VALUES (?)", [(int(visits.spans[0][0] * 1000) + one,) for one in range(500)])
        db.execute("DROP TABLE visit")
        db.commit()


def a_file_for_each_visit(folder: Path, _visits: Visits) -> None:
    """Keep a file for each visit."""
    for number in range(30):
        (folder / "state" / f"visit-{number}").touch()


PLANTED: dict[str, tuple[Callable[[Path, Visits], None], str]] = {
    "a time with minutes in a table": (
        in_ledger("INSERT INTO meta VALUES ('last_press', '2026-11-22T08:41Z')"),
        "a time in .*ledger.db",
    ),
    "a date and time without colons": (in_ledger("INSERT INTO meta VALUES ('x', '20261122T0841')"), "a time in"),
    "seconds beside a vend": (moments(1), "times in event.at"),
    "milliseconds beside a vend": (moments(1e3), "times in event.at"),
    "seconds since the start": (moments(1, span=1), "times in event.at"),
    "nanoseconds since the boot": (moments(1e9, span=2), "times in event.at"),
    "seconds of the machine's own time": (moments(1, span=4), "times in event.at"),
    "moments in deleted rows": (deleted_moments, "times in milliseconds in the bytes of"),
    "a time in a log line": (in_log(lambda _: "INFO A visit: at=08:41:07"), "a time in log"),
    "a code in a log line": (
        in_log(lambda visits: f"DEBUG typed={next(iter(visits.codes))}"),
        "words of a code in log",
    ),
    "half a code in a log line": (
        in_log(lambda visits: "-".join(word[:4] for word in next(iter(visits.codes)).split()[:2])),
        "words of a code in log",
    ),
    "a request in a log line": (in_log(lambda visits: f"vend {next(iter(visits.requests))}"), "a request's id in log"),
    "a request in another table": (
        in_ledger("CREATE TABLE visit (request TEXT)", "INSERT INTO visit SELECT request FROM vend"),
        "a request's id in visit.request",
    ),
    "a random token of each visit": (
        in_ledger("ALTER TABLE vend ADD COLUMN visitor TEXT", "UPDATE vend SET visitor = hex(randomblob(8))"),
        "vend.visitor holds",
    ),
    "the random number of a code": (nonce_of_each_code, "the random numbers of codes in seen.number"),
    "a file for each visit": (a_file_for_each_visit, "files, such as"),
}


@pytest.fixture
def copy(usual: Run, tmp_path: Path) -> Path:
    """A copy of what is left, to plant leaks in; without the simulated machine, which is large."""
    for folder in ("state", "run"):
        shutil.copytree(usual.folder / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.sock", "simulated*"))
    shutil.copy(usual.folder / "log.txt", tmp_path / "log.txt")
    return tmp_path


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_leak_is_found(usual: Run, copy: Path, what: str) -> None:
    """The same reader finds it."""
    plant, sentence = PLANTED[what]
    plant(copy, usual.visits)
    found = "\n".join(find(usual.remains(copy), usual.visits))
    assert re.search(sentence, found), found


@pytest.mark.parametrize(
    ("topic", "payload", "sentence"),
    [
        ("hr/v1/test-kiosk/ev", b'{"ts":"2026-11-22T08:41:00Z"}', "a time in message"),
        ("hr/v1/test-kiosk/ev", b'{"ts":%d}', "a time in message"),
        ("hr/v1/test-kiosk/ev", b'{"id":"%s"}', "a request's id in message"),
    ],
)
def test_a_leak_in_a_message_is_found(usual: Run, topic: str, payload: bytes, sentence: str) -> None:
    """What left the kiosk is read as well."""
    if b"%d" in payload:
        payload %= int(usual.visits.spans[0][0] * 1000)
    if b"%s" in payload:
        payload %= next(iter(usual.visits.requests)).encode()
    leaking = replace(usual, messages=[*usual.messages, (topic, payload)])
    assert sentence in "\n".join(find(leaking.remains(), usual.visits))
