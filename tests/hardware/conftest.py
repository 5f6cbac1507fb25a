"""Fixtures of the hardware tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardware.machine import Machine, machine


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Machine]:
    """A simulated machine in which whoever turned a motor jumps from event to event."""
    with machine(tmp_path) as running:
        yield running
