"""The whole service against a small physical world: thousands of kiosks, and every promise after every step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Evidence
from tests.model.bugs import BUGS, SOUND, Bug
from tests.model.living import TALLY
from tests.model.machine import Model

STEPS = 15
"""Things that happen to one kiosk."""

CASES = 260
LONG_CASES = 2600
CASES_FOR_A_BUG = 600

FIND = (Phase.generate,)
FIND_AND_SHRINK = (Phase.generate, Phase.shrink)


def explore(number: int, cases: int, bug: Bug = SOUND, phases: tuple[Phase, ...] = FIND_AND_SHRINK) -> None:
    """Live through so many kiosks, drawn from the seed `number`. Raises what the first broken promise raised."""

    class Kiosk(Model):
        pass

    Kiosk.bug = bug
    run_state_machine_as_test(
        seed(number)(Kiosk),
        settings=settings(
            max_examples=cases,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            derandomize=False,
            phases=phases,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def hold(number: int, cases: int, evidence: Evidence) -> None:
    """Have no promise broken in so many kiosks, and enough power cuts among them."""
    TALLY.clear()
    explore(number, cases)
    evidence.count("model_cases", TALLY["cases"])
    evidence.count("model_cuts", TALLY["cuts"])
    assert TALLY["cases"] >= cases
    assert TALLY["cuts"] >= cases / 4, TALLY
    assert TALLY["vends"] >= cases / 4, TALLY


@pytest.mark.parametrize("number", range(8))
def test_no_promise_is_broken(number: int, evidence: Evidence) -> None:
    """Visitors, staff, faults, full disks and power cuts, in any order."""
    hold(number, CASES, evidence)


@pytest.mark.long
@pytest.mark.parametrize("number", range(1000, 1040))
def test_no_promise_is_broken_long(number: int, evidence: Evidence) -> None:
    """The same, fifty times as many."""
    hold(number, LONG_CASES, evidence)


@pytest.mark.parametrize("name", BUGS)
def test_a_seeded_bug_is_found(name: str, evidence: Evidence) -> None:
    """A model that finds no bug proves nothing: each of these breaks a promise within a few hundred kiosks."""
    evidence.count("seeded_bugs")
    with pytest.raises(AssertionError):
        explore(7, CASES_FOR_A_BUG, BUGS[name], FIND)
    evidence.count("seeded_bugs_caught")
