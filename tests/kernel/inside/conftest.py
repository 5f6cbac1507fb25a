"""The tests of this folder run in the guest, on a real kernel's pins; on the host each tells how it ended there.

The same files are collected twice. On the host a test's own code never runs: the session boots the guest once with
all chosen tests, and each of them passes or fails with what pytest said of it inside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernel import session
from tests.kernel.chip import Chip
from tests.kernel.rig import Rig

HERE = Path(__file__).parent
INSIDE = session.RESULTS in os.environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not INSIDE:
        items[:] = [_told(item) if item.path.parent == HERE else item for item in items]


def _told(item: pytest.Item) -> pytest.Item:
    """Return a test of the same name that tells how `item` ended in the guest."""

    def tell(guest: session.Results) -> None:
        guest.tell(item.nodeid)

    told: pytest.Item = pytest.Function.from_parent(item.parent, name=item.name, callobj=tell)
    return told


@pytest.fixture(scope="session")
def guest(request: pytest.FixtureRequest, evidence: Any, tmp_path_factory: pytest.TempPathFactory) -> session.Results:
    """On the host: how all chosen tests ended in the guest."""
    chosen = [item.nodeid for item in request.session.items if item.path.parent == HERE]
    return session.run(chosen, tmp_path_factory.mktemp("share"), evidence)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if INSIDE:
        session.write_result(report)


if INSIDE:  # on the host it is the one of all tests

    @pytest.fixture(scope="session")
    def evidence() -> session.Evidence:
        return session.Evidence()


@pytest.fixture(scope="session")
def chip() -> Iterator[Chip]:
    """In the guest: the header's simulated GPIO chip."""
    with Chip() as chip:
        yield chip


@pytest.fixture(params=[pytest.param("lgpio", marks=pytest.mark.lgpio), "gpiod"])
def rig(chip: Chip, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """In the guest: the kiosk's board on that chip, with each back-end."""
    with Rig(chip, request.param) as rig:
        yield rig
