"""The library that has a disk not answer, compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stall.disk import build


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return build(tmp_path)
