"""The daemon is killed at any instant of a vend and started again: nothing is repeated, nothing is miscounted."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk.dispense.recording.journal import Journal
from kiosk.model import VendRequest, new_request_id
from kiosk.simulator.world import inside, motions
from tests.conftest import Evidence
from tests.kiosk_process import KioskProcess
from tests.kit.quick_disk import scratch
from tests.stocking import counted, visit

KILLS = 100
VEND_S = 0.35
"""How long a vend takes at this speed; the instants of the kills are drawn from it."""

PATIENT = """
from kiosk.dispense.service import vending
vending.EMERGENCY_WAIT_S = 60.0
from kiosk.cli import main
main()
"""
"""A kiosk that takes no busy computer for a silent disk: what it gives out then is in memory, and a kill loses it."""

STATES = (
    "SELECT attempt, state FROM vend WHERE request = :id OR request IN (SELECT request FROM asked WHERE asked = :id)"
)
"""A request that could not be looked up in time, as on a busy machine, is written under an id of its own."""

KEPT = ("ledger.db", "ledger.db-wal", "journal.bin")


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    """A kiosk whose disk is never silent: what it would give out meanwhile is held in memory, and lost by a kill."""
    with TemporaryDirectory(dir=scratch(tmp_path)) as folder:
        process = KioskProcess(Path(folder), speed=20.0, capacity=150)
        process.program = ("-c", PATIENT)
        yield process
        if process.running:
            process.kill()


def test_sigkill_at_any_instant(kiosk: KioskProcess, evidence: Evidence) -> None:
    """After each of 100 kills: the ledger is whole, its bounds hold, and no request moves a second time."""
    chance = random.Random(20)
    kiosk.start()
    kiosk.fill()
    in_the_middle = 0
    for _ in range(KILLS):
        request = VendRequest(id=new_request_id(), sku="NAL")
        before = motions(kiosk.state)
        kiosk.client.vend(request)
        time.sleep(chance.uniform(0, VEND_S))
        kiosk.kill()
        evidence.count("sigkills")
        in_the_middle += vends_of(kiosk, request.id) == ["intent"]
        violations = violated(kiosk, request, before)
        evidence.count("sigkill_violations", len(violations))
        assert violations == []
        settle(kiosk)
    assert in_the_middle >= KILLS // 4, "too few kills fell into a vend to mean anything"


def violated(kiosk: KioskProcess, request: VendRequest, before: dict[str, int]) -> list[str]:
    """Start again, ask again with the same id, and return every promise that does not hold."""
    found, moved = [], motions(kiosk.state)
    recorded = vends_of(kiosk, request.id)
    if moved != before and not recorded:
        found.append(f"a motion without an intent: {before} then {moved}")
    kiosk.start()
    found += out_of_bounds(kiosk)
    kiosk.client.vend(request)
    kiosk.wait(request.id)
    if recorded and motions(kiosk.state) != moved:
        found.append(f"a second motion for one request: {moved} then {motions(kiosk.state)}")
    states = vends_of(kiosk, request.id)
    if "intent" in states or (recorded == ["intent"] and states != ["unknown"]):
        found.append(f"an open intent became {states}")
    return found + out_of_bounds(kiosk)


def vends_of(kiosk: KioskProcess, request_id: str) -> list[str]:
    """Return the states of a request's vends, read from copies of the ledger, which must be whole, and the journal."""
    copy = kiosk.folder / "copy"
    copy.mkdir(exist_ok=True)
    for name, content in at_one_moment(kiosk).items():
        (copy / name).write_bytes(content)
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        recorded = dict(db.execute(STATES, {"id": request_id}))
    with closing(Journal(copy / "journal.bin")) as journal:  # takes naloxone's vends while the disk is slow
        for made in journal.open():
            if request_id in (made.request.id, made.asked):
                recorded.setdefault(made.attempt, made.verdict.outcome.value if made.verdict else "intent")
    return [recorded[attempt] for attempt in sorted(recorded)]


def at_one_moment(kiosk: KioskProcess) -> dict[str, bytes]:
    """Return the files as they are together: a kiosk that runs may fold one into the other meanwhile."""
    first: dict[str, bytes] = {}
    while (second := {name: (kiosk.state / name).read_bytes() for name in KEPT}) != first:
        first = second
    return first


def out_of_bounds(kiosk: KioskProcess) -> list[str]:
    """Return the slots whose count is wrong without saying so."""
    truly = inside(kiosk.state)
    return [
        f"{slot.slot}: not {slot.on_hand} <= {truly[slot.slot]} <= {slot.on_hand} + {slot.unresolved}"
        for slot in kiosk.client.stock().slots
        if not slot.on_hand <= truly[slot.slot] <= slot.on_hand + slot.unresolved
    ]


def settle(kiosk: KioskProcess) -> None:
    """Count what is unresolved as staff would, so that the next kill is judged by a narrow range again."""
    truly = inside(kiosk.state)
    unresolved = [slot for slot in kiosk.client.stock().slots if slot.unresolved]
    if unresolved:
        done = kiosk.client.restock(visit(*(counted(slot, truly[slot.slot]) for slot in unresolved)))
        assert [line.drift for line in done.lines] == [0] * len(unresolved)
