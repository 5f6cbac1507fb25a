"""One ledger on a real file for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dispense.kept import HandClock, Kept
from tests.dispense.running import Running


@pytest.fixture
def clock(tmp_path: Path) -> HandClock:
    return HandClock(tmp_path)


@pytest.fixture
def kept(tmp_path: Path, clock: HandClock) -> Iterator[Kept]:
    opened = Kept(tmp_path, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def running(tmp_path: Path, clock: HandClock) -> Iterator[Running]:
    started = Running(tmp_path, clock=clock)
    yield started
    started.close()
