"""The cable of a lock board pulled in the middle of a vend, under the whole service: told honestly, found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import Config
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.hardware.machine import Machine
from kiosk.model import Outcome, Purpose, Vend, VendRequest, new_request_id
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.serial.lock_rig import AWAY_S, BOARDS, LOCKERS, wall_config
from tests.simulated import open_board
from tests.stocking import full

RECOVERS_S = 5.0
"""A port must be found again within so many seconds after its cable is back."""


class Kiosk:
    """A service on a simulated wall of lockers, which the ledger knows to be full."""

    def __init__(self, config: Config) -> None:
        board = open_board(config)
        self.clock, self.world = board.clock, board.world
        self.machine = Machine.open(config, board)
        self.storage = Storage.of(Path(config.paths.state), board.clock)
        self.service = Service(config, self.machine, self.storage, board.clock)
        self._thread = threading.Thread(target=self.service.run)
        self._thread.start()
        self.service.changes.restock(full(self.service.stock()))

    @property
    def line(self) -> Any:
        return self.world.part("locks").line

    def ask(self, slot: str | None = None, purpose: Purpose = Purpose.VISITOR) -> Vend:
        request = VendRequest(id=new_request_id(), slot=slot, sku=None if slot else "NAL-4", purpose=purpose)
        self.service.vend(request)
        return self.service.find(request.id, 20)

    def leave(self) -> None:
        """Let every visitor take what there is and go."""
        self.clock.sleep(AWAY_S)

    def honest(self) -> bool:
        """Say whether the count is right wherever it says that it is, and doubtful wherever it may be wrong."""
        slots = self.service.stock().slots
        return all(one.on_hand <= self.world.inside(one.slot) <= one.on_hand + one.unresolved for one in slots)

    def close(self) -> None:
        self.service.stop()
        self._thread.join()
        self.storage.close()
        self.machine.close()


@contextmanager
def kiosk(folder: Path, controller: str) -> Iterator[Kiosk]:
    running = Kiosk(wall_config(folder, controller))
    try:
        yield running
    finally:
        running.close()


def pull_after(running: Kiosk, heard: Callable[[bytes], bool], after_s: float) -> None:
    """Pull the cable so long after a message arrived at the board for which `heard` is true."""
    timeline = running.world.part("locks").cabinet.timeline

    def listen(data: bytes) -> list[tuple[float, bytes]]:
        if heard(data):
            timeline.at(timeline.now() + after_s, lambda _: running.world.set_fault(Fault.CABLE_OUT, True, "locks"))
        return [(0.0, data)]

    running.line.mangle_heard = listen


def unlocks(data: bytes) -> bool:
    return data[0] == 0x8A or data[2] == 0x31


@pytest.mark.parametrize("after_s", [0.0, 0.03, 0.3, 0.9])
@pytest.mark.parametrize("controller", BOARDS)
def test_a_cable_pulled_in_a_vend(controller: str, after_s: float, tmp_path: Path, evidence: Evidence) -> None:
    with kiosk(tmp_path, controller) as running:
        pull_after(running, unlocks, after_s)
        vend = running.ask()
        first = vend.attempts[0]
        assert first.outcome in (Outcome.UNKNOWN, Outcome.PRESUMED)
        assert running.world.motions(first.slot) == 1
        running.leave()
        assert running.world.part("locks").line._master < 0, "the cable is out by now"
        assert running.honest()
        assert sum(running.world.motions(slot) for slot in LOCKERS) == 1, "nothing else moved"
        assert any("locks does not answer" in (part.fault() or "") for part in running.machine.controllers.values())

        running.line.mangle_heard = None
        running.world.set_fault(Fault.CABLE_OUT, False, "locks")
        port = running.machine.controllers["locks"].exchange.port  # type: ignore[attr-defined]
        assert port.wait_open(RECOVERS_S)
        again = running.ask()
        assert again.outcome is Outcome.PRESUMED
        assert again.slot != first.slot
        assert again.message == f"Locker {again.slot} is open. Take it and close the door."
        running.leave()
        assert running.honest()
        evidence.count("cable_pulls")


@pytest.mark.parametrize("controller", BOARDS)
def test_a_vend_without_a_cable_moves_and_counts_nothing(controller: str, tmp_path: Path, evidence: Evidence) -> None:
    with kiosk(tmp_path, controller) as running:
        running.world.set_fault(Fault.CABLE_OUT, True, "locks")
        vend = running.ask()
        assert {one.outcome for one in vend.attempts} == {Outcome.NOT_STARTED}
        assert all(slot.on_hand == 1 and not slot.unresolved for slot in running.service.stock().slots)
        assert not any(running.world.motions(slot) for slot in LOCKERS)
        evidence.count("cable_pulls")


@pytest.mark.parametrize("fault", [Fault.BOLT_STUCK, Fault.LOCK_SWITCH_STUCK, Fault.ITEM_LEFT, Fault.DOOR_LEFT_OPEN])
@pytest.mark.parametrize("controller", BOARDS)
def test_the_count_stays_honest_with_every_fault_of_a_locker(controller: str, fault: Fault, tmp_path: Path) -> None:
    with kiosk(tmp_path, controller) as running:
        running.world.set_fault(fault, True, "A1")
        running.ask("A1")
        running.leave()
        assert running.honest()
        vend = running.ask("A2")
        assert vend.message == "Locker A2 is open. Take it and close the door."
        running.leave()
        assert running.honest()


def test_a_test_turn_says_what_to_check(tmp_path: Path) -> None:
    with kiosk(tmp_path, "lock_board_8a") as running:
        running.world.set_fault(Fault.BOLT_STUCK, True, "A3")
        vend = running.ask("A3", Purpose.TEST)
        assert vend.message == "A3 did not open."
        assert vend.advice == (
            "A3: did not open. Check lock cable 3 of board 1 at locks, and whether the door is jammed."
        )
