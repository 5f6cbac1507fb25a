"""Fresh machines for the tests of this folder, which `make test-os` runs. They need root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.debian.machine import Machine
from tests.debian.root import KEPT, fresh

SUITES = ("bookworm", "trixie")
"""Debian 12 and 13."""


@contextmanager
def machine(suite: str) -> Iterator[Machine]:
    """A fresh machine that has booted; afterwards nothing is left of it."""
    if os.geteuid() != 0:
        pytest.fail("A machine in a container needs root: run `sudo make test-os`.", pytrace=False)
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="machine-", dir=KEPT))
    try:
        with Machine(fresh(suite, folder)) as running:
            yield running
    finally:
        shutil.rmtree(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.debian)


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen
