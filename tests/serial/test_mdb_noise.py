"""Every kind of noise between the MDB interface and the kiosk, with visitors who keep choosing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kiosk.clock import Clock
from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.serial.mdb import ITEMS, Rig, rig
from tests.serial.noise import Kind, Noise, Step, scripts

FOREIGN = (
    b"x,00,0014320154,11,0003000000\r\n",
    b"d,STATUS,RESULT,1,1.00\r\n",
    b"v,4.0.2.0,0123456789ab\r\n",
    b"c,STATUS,VEND,9.99,11\r\n",
    b"c,STATUS,IDLE\r\n",
    b'c,ERR,"VEND 3"\r\n',
    b"c,ERR,VEND 1\r\n",
    b"r,ACK\r\n",
)
"""Whole lines that answer other questions. No success among them: a line without a checksum or a number that says what
is not so, in the very place where it could be so, nobody can tell from a true one (docs/adr/0019)."""

LOST = (Kind.UNCHANGED, Kind.UNCHANGED, Kind.FLIPPED, Kind.SUBSTITUTED, Kind.TRUNCATED, Kind.DROPPED)
"""What may happen to what the kiosk writes: it comes broken or not at all, but never twice nor to the next visitor."""
CHAT = 6
APPROVAL = re.compile(r"C,VEND,[0-9]+\.[0-9]+")
"""So many lines without a meaning come before, between and after those that matter."""
WAITS_S = 8.0
"""How long a visitor waits, in machine seconds; a vend takes less."""


BYTE_S = 10 / 115_200
"""How long a byte takes on the line. Without it two ends that answer each other's stale lines never come to an end."""


class InOrder:
    """Noise on a line that keeps its order, as a wire does: what comes late holds up what comes after it."""

    def __init__(self, evidence: Evidence, script: Sequence[Step], clock: Clock) -> None:
        self._evidence, self._script, self._clock = evidence, script, clock
        self.last = clock.monotonic()
        """When all that was said so far has arrived."""
        self._messages = 0

    def __call__(self, data: bytes) -> list[tuple[float, bytes]]:
        step = self._script[self._messages % len(self._script)]
        self._messages += 1
        now, arrives = self._clock.monotonic(), []
        for late_s, message in Noise(self._evidence, "mdb", [step], FOREIGN)(data):
            self.last = max(self.last, now + late_s) + len(message) * BYTE_S
            arrives.append((self.last - now, message))
        return arrives


class Street:
    """Visitors, one after the other, and a kiosk that turns what they chose."""

    def __init__(self, mdb: Rig) -> None:
        self.mdb = mdb
        self.violations: list[str] = []

    def visit(self, slot: str, wish: str) -> None:
        """Choose something; wait until it is over on both sides."""
        mdb, machine = self.mdb, self.mdb.machine
        mdb.takes = wish != "refuse"
        mdb.world.set_fault(Fault.JAM, wish == "jam", slot)
        inside = {name: mdb.world.inside(name) for name in ITEMS}
        approvals, approved, selected = self._approvals(), len(machine.approved), len(mdb.selected)
        mdb.interface.chat(CHAT)
        asked = mdb.interface.choose(ITEMS[slot])
        mdb.interface.chat(CHAT)
        self._wait(lambda: len(mdb.selected) > selected or machine.open is None)
        if wish == "cancel":
            mdb.interface.cancel()
        mdb.interface.chat(CHAT)
        ended: dict[str, list[Turn | None]] = {}
        for name in mdb.selected[selected:] if mdb.takes else ():  # a request that is heard twice is turned twice
            ended.setdefault(name, []).append(mdb.turn(name, lambda: mdb.interface.chat(CHAT)))
        self._wait(self._is_through)
        mdb.interface.cancel()
        self._wait(self._is_through)
        self._let_arrive()
        gone = {name: inside[name] - mdb.world.inside(name) for name in ITEMS}
        self._judge(ended, gone, self._approvals() - approvals, asked)
        if wrong := [item for item in machine.approved[approved:] if item not in {ITEMS[name] for name in ended}]:
            self.violations.append(f"{wrong} approved instead of {list(ended)}")
        for name, number in gone.items():
            mdb.world.put_in(name, number)

    def _judge(self, ended: dict[str, list[Turn | None]], gone: dict[str, int], approvals: int, asked: bool) -> None:
        if approvals > asked:
            self.violations.append(f"{approvals} approvals for {int(asked)} requests")
        for name, number in gone.items():
            turns = ended.get(name, [])
            if turns.count(Turn.DELIVERED) > number:
                self.violations.append(f"{name}: a drop was believed that did not happen")
            if number > len(turns) - turns.count(Turn.ABSENT):
                self.violations.append(f"{name}: an item left although nothing was approved")

    def _approvals(self) -> int:
        """Return how many were heard whole; what noise left of one may come with a later line."""
        return sum(APPROVAL.fullmatch(line) is not None for line in self.mdb.interface.answers)

    def _is_through(self) -> bool:
        machine = self.mdb.machine
        return machine.open is None and machine.vending is None and not machine.closing

    def _let_arrive(self) -> None:
        """Let the next visitor come only after all that was said before has arrived."""
        mangle = self.mdb.interface.line.mangle
        if isinstance(mangle, InOrder):
            self.mdb.clock.sleep(mangle.last - self.mdb.clock.monotonic())

    def _wait(self, true: Callable[[], bool]) -> None:
        """Wait for a moment only: with noise on the line, a visitor may wait in vain."""
        clock = self.mdb.clock
        end = clock.monotonic() + WAITS_S
        while not true() and clock.monotonic() < end:
            clock.sleep(0.1)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with rig(tmp_path_factory.mktemp("mdb"), answer_s=5, vend_s=8) as mdb:
        yield Street(mdb)


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A machine that goes on from script to script is not the same when a script is tried again."""

WISHES = st.lists(
    st.tuples(st.sampled_from(sorted(ITEMS)), st.sampled_from(["take", "take", "jam", "refuse", "cancel"])),
    min_size=6,
    max_size=12,
)


def clean_again(street: Street) -> None:
    """Take the noise away; the next but one visitor at the latest must be served."""
    mdb = street.mdb
    mdb.interface.line.mangle = mdb.interface.line.mangle_heard = None
    mdb.takes = True
    mdb.world.set_fault(Fault.JAM, False)
    mdb.clock.sleep(7)
    mdb.interface.cancel()
    assert mdb.until(lambda: mdb.controller.fault() is None or "machine" in (mdb.controller.fault() or ""))
    assert any(served(street) for _ in range(4))


def served(street: Street) -> bool:
    mdb = street.mdb
    before = len(mdb.selected)
    if not mdb.until(lambda: mdb.interface.choose(11)) or not mdb.until(lambda: len(mdb.selected) > before):
        mdb.interface.cancel()
        return False
    ended = mdb.turn("A1")
    mdb.world.put_in("A1", 200 - mdb.world.inside("A1"))
    return ended is Turn.DELIVERED


@settings(max_examples=75, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(script=scripts(), spoken=scripts(LOST), wishes=WISHES)
def test_noise_never_approves_twice_or_amiss_and_never_makes_a_drop(
    street: Street, evidence: Evidence, script: list[Step], spoken: list[Step], wishes: list[tuple[str, str]]
) -> None:
    line = street.mdb.interface.line
    street.violations.clear()
    line.mangle = InOrder(evidence, script, street.mdb.clock)
    line.mangle_heard = InOrder(evidence, spoken, street.mdb.clock)
    for slot, wish in wishes:
        street.visit(slot, wish)
    evidence.count("serial_violations", len(street.violations))
    assert street.violations == []
    clean_again(street)


@settings(max_examples=14, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(script=scripts(), wishes=WISHES)
def test_lines_that_come_again_out_of_order_break_nothing(
    street: Street, evidence: Evidence, script: list[Step], wishes: list[tuple[str, str]]
) -> None:
    """Old lines, believed or not, end within the limits, and nothing is approved that the machine does not ask for."""
    street.mdb.interface.line.mangle = Noise(evidence, "mdb", script, FOREIGN)
    for slot, wish in wishes:
        street.visit(slot, wish)
    clean_again(street)
