"""Real daemons for the tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk_process import KioskProcess


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskProcess]:
    """One full kiosk for all tests of a file."""
    yield from running(KioskProcess(tmp_path_factory.mktemp("kiosk"), speed=50.0), fill=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[KioskProcess]:
    """A kiosk of its own, whose slots nobody has counted yet."""
    yield from running(KioskProcess(tmp_path, speed=50.0), fill=False)


def running(process: KioskProcess, *, fill: bool) -> Iterator[KioskProcess]:
    process.start()
    try:
        if fill:
            process.fill()
            process.vouch()
        yield process
    finally:
        status = process.stop()
    assert status == 0
