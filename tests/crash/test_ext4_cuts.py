"""The daemon's own code on a real ext4 file system whose power is cut while it works. Needs root, or sudo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Evidence
from tests.crash.ext4 import cut
from tests.crash.test_replayed_cuts import CAUGHT_BY
from tests.kit.quick_disk import scratch

CUTS = 300
LONG_CUTS = 10_000

BUG_CUTS = {"motor before intent": 600, "retry on boot": 400}
"""A motor that runs ahead of its intent does so for a millisecond; an intent is open for about as long."""


def test_no_real_cut_breaks_a_promise(tmp_path: Path, evidence: Evidence) -> None:
    """Whatever the file system had not written is gone; what was acknowledged is there, and the count is honest."""
    judge(CUTS, 1, tmp_path, evidence)


@pytest.mark.long
def test_no_real_cut_of_many_breaks_a_promise(tmp_path: Path, evidence: Evidence) -> None:
    """The same for 10,000 cuts."""
    judge(LONG_CUTS, 2, tmp_path, evidence)


def judge(cuts: int, seed: int, tmp_path: Path, evidence: Evidence) -> None:
    found = cut(cuts, seed, "none", scratch(tmp_path))
    evidence.count("ext4_cuts", found.states)
    evidence.count("ext4_violations", found.violations)
    assert found.states == cuts
    assert found.models["serving"] >= cuts // 2, "too few cuts fell into a vend or a visit to mean anything"
    assert found.violations == 0, "\n".join(found.examples)


@pytest.mark.parametrize("bug", CAUGHT_BY)
def test_a_seeded_bug_is_caught_by_real_cuts(bug: str, tmp_path: Path, evidence: Evidence) -> None:
    """The five mistakes show on a real file system as well."""
    evidence.count("seeded_bugs")
    found = cut(BUG_CUTS.get(bug, 200), 3, bug, scratch(tmp_path), until=CAUGHT_BY[bug])
    evidence.count("seeded_bugs_caught", int(CAUGHT_BY[bug] in found.broken))
    assert CAUGHT_BY[bug] in found.broken, f"{found.states} cuts: {found.broken}"
