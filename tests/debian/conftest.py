"""Fresh machines for the tests of this folder, which `make test-os` runs. They need root."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.debian.machine import Machine
from tests.debian.root import KEPT, PROJECT, fresh
from tests.debian.told import tell

SUITES = ("bookworm", "trixie")
"""Debian 12 and 13."""


@contextmanager
def machine(suite: str) -> Iterator[Machine]:
    """A fresh machine that has booted; afterwards nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="machine-", dir=KEPT))
    try:
        with Machine(fresh(suite, folder)) as running:
            yield running
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove it, but for whatever should still be mounted there."""
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", str(folder)], check=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.debian)


@pytest.fixture(scope="session", autouse=True)
def alone() -> Iterator[None]:
    """Be the only one that starts machines from here, and leave nothing, however this ends: not even what was left."""
    if os.geteuid() != 0:
        pytest.exit("A machine in a container needs root: run `sudo make test-os`.", returncode=1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # pytest then ends what it began
    KEPT.mkdir(parents=True, exist_ok=True)
    held = os.open(KEPT, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pytest.exit(f"Somebody else runs machines in {KEPT} now.", returncode=1)
    for left in KEPT.glob("machine-*"):
        tell(f"Removing {left.relative_to(PROJECT)}, which an earlier run had to leave")
        _remove(left)
    yield
    os.close(held)


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen
