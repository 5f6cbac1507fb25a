"""The drivers of VMC machines against every kind of noise, lost cables and lost power: what is told must be so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.clock import Clock
from kiosk.hardware.api import Turn
from kiosk.hardware.shared.protocol.vmc_frames import ACK, POLL, Command, check_text, frame
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Mangle
from tests.conftest import Evidence
from tests.serial.noise import Kind, Noise, Step, scripts
from tests.serial.vmc import Rig, rig


def said(command: int, number: int, code: int, selection: int) -> bytes:
    return frame(command, bytes([number, code]) + check_text(selection))


FOREIGN = (
    ACK,
    POLL,
    frame(Command.SYNC, b"\x05"),
    frame(0x21, bytes.fromhex("09 01 00 00 00 64")),
    said(Command.STATE, 9, 0x01, 11),
    said(Command.STATE, 9, 0x03, 12),
    said(Command.STATUS, 90, 0x03, 11),
    *(said(Command.STATUS, 0, 0x02, selection) for selection in (11, 12) * 5),
    said(Command.STATUS, 41, 0x02, 13),
)
"""Many of them tell that a slot gave, under a number that no frame has: a lie under the next number, told twice, would
be believed."""

HEARD = tuple(kind for kind in Kind if kind not in (Kind.STALE, Kind.STALE_FIRST, Kind.INTERLEAVED))
"""What can happen to our orders. An old one that comes again much later the machine carries out again: nobody at this
end can prevent it, and no line does it, as it has no memory."""


ENOUGH = 10_500
"""Spoilt frames."""


DRIZZLE = (*(Kind.UNCHANGED,) * 2 * len(Kind), *Kind)
"""Most drives get as far as an ending under it, and hear some that are none."""


class InOrder:
    """Noise on a line on which nothing overtakes anything, as none does."""

    def __init__(self, noise: Mangle, clock: Clock) -> None:
        self._noise, self._clock = noise, clock
        self._last = 0.0

    def quiet(self) -> None:
        """Make no more noise; what is late stays before all that comes after it."""
        self._noise = lambda data: [(0.0, data)]

    def __call__(self, data: bytes) -> list[tuple[float, bytes]]:
        now, arrives = self._clock.monotonic(), []
        for late_s, message in self._noise(data):
            self._last = max(self._last, now + late_s)
            arrives.append((self._last - now, message))
        return arrives


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as made:
        yield made


def test_noise_of_every_kind_in_both_directions(machine: Rig, evidence: Evidence) -> None:
    bad: list[int] = []
    told: set[str] = set()
    turns = st.lists(st.sampled_from(["A1", "A1", "A2"]), min_size=2, max_size=5)

    @settings(max_examples=300, suppress_health_check=list(HealthCheck))
    @given(
        says=scripts() | scripts(DRIZZLE),
        hears=scripts(HEARD) | scripts((Kind.UNCHANGED,)),
        turns=turns,
        jams=st.booleans(),
    )
    def trial(says: list[Step], hears: list[Step], turns: list[str], jams: bool) -> None:
        if sum(bad) > ENOUGH:
            return
        machine.begin()
        noises = Noise(evidence, "vmc", says, FOREIGN), Noise(evidence, "vmc", hears, [ACK])
        hearing = InOrder(noises[1], machine.clock)
        machine.drive(noises[0], hearing)
        machine.world.set_fault(Fault.JAM, jams, "A1")
        for slot in turns:
            machine.turn(slot)
        hearing.quiet()
        machine.calm()
        machine.world.set_fault(Fault.JAM, False, "A1")  # only now: in mid-turn it would let two items fall at once
        bad.append(sum(noise.bad for noise in noises))
        wrong = machine.violations()
        evidence.count("serial_violations", len(wrong))
        assert not wrong
        told.update(ended for slot in machine.told.values() for ended in slot)
        assert len(bad) % 3 or machine.works(), "a clean line again: everything must work"

    trial()
    assert sum(bad) >= ENOUGH
    assert told >= {Turn.DELIVERED, Turn.COMPLETED, Turn.NOT_RETURNED, Turn.ABSENT, "lost"}
