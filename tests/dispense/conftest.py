"""One ledger on a real file for each test, of a machine that somebody counted and found empty."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dispense.kept import HandClock, Kept
from tests.dispense.recording import Rig
from tests.dispense.running import Running
from tests.stocking import FAR


@pytest.fixture
def clock(tmp_path: Path) -> HandClock:
    return HandClock(tmp_path)


@pytest.fixture
def kept(tmp_path: Path, clock: HandClock) -> Iterator[Kept]:
    opened = Kept(tmp_path, clock=clock)
    opened.find_empty()
    yield opened
    opened.close()


@pytest.fixture
def running(tmp_path: Path, clock: HandClock) -> Iterator[Running]:
    started = Running(tmp_path, clock=clock)
    started.find_empty()
    yield started
    started.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    opened = Rig(tmp_path)
    opened.stock()
    yield opened
    opened.storage.close()


@pytest.fixture
def shop(running: Running) -> Running:
    """A kiosk with strips in two coils and socks in one."""
    running.put("B1", 5, "S1", expiry=FAR - datetime.timedelta(days=9))
    running.put("B2", 5, "S2", expiry=FAR)
    running.put("C1", 5, "K1")
    return running
