"""The daemon's own code is recorded, and its power is cut after every operation, in five ways of losing data."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kiosk.model import Outcome
from tests.conftest import Evidence
from tests.crash.disk import Disk
from tests.crash.findings import Findings
from tests.crash.promises import Promise
from tests.crash.recording import MARKS, Operation, Recording, record
from tests.crash.replay import replay

STATES = 25_000
"""States per run; a quarter and more of them are the same as the one before, and are started once."""

LIVES = 2

LONG_STATES = 1_000_000

HAPPENED = {
    *("motion", "fell", "extra", "noted", "answered", "aged", "vend", "test", "silent", "written"),
    *("saved visit", "saved undo", "saved recall", "saved lift"),
    *("C ledger.db", "W ledger.db", "W ledger.db-wal", "S ledger.db-wal", "W journal.bin"),
    *("S journal.bin", "R journal.bin.new", "S "),
    *(f"={outcome}" for outcome in Outcome),
}
"""What the lives of one run must be made of: marks, outcomes, and operations on files."""

CAUGHT_BY = {
    "synchronous NORMAL": Promise.ACKNOWLEDGED,
    "journal_mode DELETE": Promise.ACKNOWLEDGED,
    "motor before intent": Promise.INTENT,
    "retry on boot": Promise.ONCE,
    "assumed jam": Promise.BOUNDS,
}
"""Each seeded bug, and the promise that it breaks."""


def live(recorder: Path, folder: Path, seed: int, *, rounds: int = 1, bug: str = "none") -> Recording:
    """Record one life of a kiosk."""
    home = folder.resolve() / f"kiosk-{seed}"
    home.mkdir()
    return record(recorder, home, seed, rounds, bug)


def test_a_recording_tells_everything(recorder: Path, tmp_path: Path) -> None:
    """The recorded operations, all of them done, make the very files that the program left."""
    recording = live(recorder, tmp_path, 1)
    disk = Disk()
    for operation in recording.operations:
        if operation.name != MARKS:
            disk.run(operation)
    model, files = next(disk.states(random.Random(0)))
    real = {path.name: path.read_bytes() for path in (tmp_path / "kiosk-1").iterdir() if path.name != MARKS}
    assert model == "applied"
    assert files == real


def test_the_same_seed_lives_the_same_life(recorder: Path, tmp_path: Path) -> None:
    """A violation can be made again from its seed: the operations are the same ones."""
    lives = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        recording = live(recorder, tmp_path / name, 7)
        lives.append([(done.kind, done.name, done.offset, len(done.data)) for done in recording.operations])
    assert lives[0] == lives[1]


def test_each_model_loses_what_it_says() -> None:
    """A synced write survives every model; an unsynced one is there, gone, torn or scattered; a torn block is lost."""
    disk = Disk()
    old, new = b"o" * 4096, b"n" * 2048
    for operation in (
        Operation("C", "file", 0, b""),
        Operation("W", "file", 0, old),
        Operation("S", "file", 0, b""),
        Operation("S", "", 0, b""),
        Operation("W", "file", 0, new),
    ):
        disk.run(operation)
    states = {model: files["file"] for model, files in disk.states(random.Random(3))}
    assert states["applied"] == new + old[2048:]
    assert states["lost"] == old
    assert states["torn"] not in (states["applied"], states["lost"])
    assert {states["torn"][at : at + 512] for at in range(0, 4096, 512)} == {b"n" * 512, b"o" * 512}
    assert states["torn"][:512] == states["torn, end first"][1536:2048] == b"n" * 512
    assert states["garbage block"][2048:] != old[2048:]


def test_no_replayed_cut_breaks_a_promise(recorder: Path, tmp_path: Path, evidence: Evidence) -> None:
    """25,000 states, zero violations: each is started with the daemon's own recovery and held against the truth."""
    found = Findings()
    lives = [live(recorder, tmp_path, seed) for seed in range(LIVES)]
    found = replay(lives, tmp_path)
    judge(found, evidence)
    assert found.states >= STATES
    assert happened(lives) >= HAPPENED, HAPPENED - happened(lives)
    assert found.unique >= STATES // 2, "too many states were the same to mean anything"


@pytest.mark.long
def test_no_replayed_cut_of_many_lives_breaks_a_promise(recorder: Path, tmp_path: Path, evidence: Evidence) -> None:
    """The same for 1,000,000 states of other and longer lives."""
    found = Findings()
    seed = 1000
    while found.states < LONG_STATES:
        found += replay([live(recorder, tmp_path, seed, rounds=1 + seed % 3)], tmp_path)
        seed += 1
    judge(found, evidence)


def happened(lives: list[Recording]) -> set[str]:
    """Return what there is in recordings."""
    found = set()
    for operation in (operation for life in lives for operation in life.operations):
        if operation.name != MARKS:
            found.add(f"{operation.kind} {operation.name}")
            continue
        for words in (line.split() for line in operation.data.decode().splitlines()):
            found |= {words[0], f"{words[0]} {words[-1].split('-')[0]}", *(f"={word.split('=')[-1]}" for word in words)}
            found |= {word.split("-")[0] for word in words}
    return found


def judge(found: Findings, evidence: Evidence) -> None:
    evidence.count("crash_states", found.states)
    evidence.count("crash_violations", found.violations)
    evidence.count("false_rollback_alarms", found.broken.get(Promise.ALARM, 0))
    models = {"applied", "lost", "lost but named", "torn", "torn, end first", "scattered", "garbage block"}
    assert found.models.keys() == models
    assert found.violations == 0, "\n".join(found.examples)


@pytest.mark.parametrize("bug", CAUGHT_BY)
def test_a_seeded_bug_is_caught(bug: str, recorder: Path, tmp_path: Path, evidence: Evidence) -> None:
    """Each of five mistakes breaks the promise that it should break."""
    evidence.count("seeded_bugs")
    found = replay([live(recorder, tmp_path, 0, bug=bug)], tmp_path, until=CAUGHT_BY[bug], every=5)
    evidence.count("seeded_bugs_caught", int(CAUGHT_BY[bug] in found.broken))
    assert CAUGHT_BY[bug] in found.broken, f"{found.states} states: {found.broken}"
