"""The whole service against a small physical world: thousands of kiosks, and every promise after every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.conftest import Evidence
from tests.model.bugs import BUGS, Bug
from tests.model.explore import FIND, explore

CASES = 260
LONG_CASES = 2600
CASES_FOR_A_BUG = 200

SEEDS_FOR_A_BUG = range(7, 20)


@pytest.fixture(scope="module")
def cores() -> Iterator[ProcessPoolExecutor]:
    """A process for each core: the seeds are explored side by side."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield pool


def hold(pool: ProcessPoolExecutor, numbers: range, cases: int, evidence: Evidence) -> None:
    """Have no promise broken in so many kiosks of each seed, and enough power cuts among them."""
    tallies = [explored.result() for explored in [pool.submit(explore, number, cases) for number in numbers]]
    for tally in tallies:
        evidence.count("model_cases", tally["cases"])
        evidence.count("model_cuts", tally["cuts"])
        assert tally["cases"] >= cases
        assert tally["cuts"] >= cases / 4, tally
        assert tally["vends"] >= cases / 4, tally


def test_no_promise_is_broken(cores: ProcessPoolExecutor, evidence: Evidence) -> None:
    """Visitors, staff, faults, full disks and power cuts, in any order."""
    hold(cores, range(8), CASES, evidence)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1040, 4))
def test_no_promise_is_broken_for_long(first: int, cores: ProcessPoolExecutor, evidence: Evidence) -> None:
    """The same, fifty times as many."""
    hold(cores, range(first, first + 4), LONG_CASES, evidence)


@pytest.mark.parametrize("name", BUGS)
def test_a_seeded_bug_is_found(name: str, evidence: Evidence) -> None:
    """A model that finds no bug proves nothing: each of these breaks a promise within a few hundred kiosks."""
    evidence.count("seeded_bugs")
    assert any(breaks(BUGS[name], number) for number in SEEDS_FOR_A_BUG), f"the model does not see: {name}"
    evidence.count("seeded_bugs_caught")


def breaks(bug: Bug, number: int) -> bool:
    """Say whether the model finds a promise that a kiosk with this bug breaks."""
    try:
        explore(number, CASES_FOR_A_BUG, bug, FIND)
    except AssertionError:
        return True
    return False
