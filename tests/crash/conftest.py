"""What the power-cut tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import recording


@pytest.fixture(scope="session")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that records what a program does to its files."""
    return recording.build(tmp_path_factory.mktemp("recorder"))
