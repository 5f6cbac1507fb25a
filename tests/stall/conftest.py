"""The library that has a disk not answer, compiled once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.quick_disk import scratch
from tests.stall.disk import build


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return build(tmp_path)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is slow only when a test says so."""
    with tempfile.TemporaryDirectory(dir=scratch(tmp_path)) as name:
        yield Path(name)
